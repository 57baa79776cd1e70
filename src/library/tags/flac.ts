import { pictureId } from './picture-id.js';
import type { ByteFile } from './byte-file.js';
import { cleanIds, cleanNumber, cleanText, cleanTexts, cleanTotal, cleanYear } from './repair.js';
import type { FileTags, IdName } from './tag-wire.js';

const STREAMINFO = 0;
const VORBIS_COMMENT = 4;
const PICTURE = 6;
const HEAD = 16 * 1024;

interface StreamInfo {
  readonly minFrame: number;
  readonly blockSize: number;
  readonly rate: number;
  readonly bits: number;
  readonly channels: number;
  readonly samples: number;
}

function streamInfo(block: Buffer): StreamInfo {
  return {
    blockSize: block.readUInt16BE(2),
    minFrame: block.readUIntBE(4, 3),
    rate: block.readUIntBE(10, 3) >> 4,
    channels: ((block[12]! >> 1) & 7) + 1,
    bits: (((block[12]! & 1) << 4) | (block[13]! >> 4)) + 1,
    samples: (block[13]! & 0x0f) * 2 ** 32 + block.readUInt32BE(14),
  };
}

/** Vorbis comments by upper-case name, in file order. */
function comments(block: Buffer): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let at = 4 + block.readUInt32LE(0);
  const count = block.readUInt32LE(at);
  at += 4;
  for (let n = 0; n < count && at + 4 <= block.length; n++) {
    const length = block.readUInt32LE(at);
    at += 4;
    if (at + length > block.length) break;
    const text = block.toString('utf8', at, at + Math.min(length, 4096));
    at += length;
    const equals = text.indexOf('=');
    if (equals <= 0) continue;
    const name = text.slice(0, equals).toUpperCase();
    const values = found.get(name);
    if (values) values.push(text.slice(equals + 1));
    else found.set(name, [text.slice(equals + 1)]);
  }
  return found;
}

/** Where the picture's own bytes are, inside a PICTURE block. */
function pictureRange(file: ByteFile, at: number): { start: number; length: number } {
  const mimeLength = file.read(at + 4, 4).readUInt32BE(0);
  const textLength = file.read(at + 8 + mimeLength, 4).readUInt32BE(0);
  const lengthAt = at + 8 + mimeLength + 4 + textLength + 16;
  return { start: lengthAt + 4, length: file.read(lengthAt, 4).readUInt32BE(0) };
}

/** Fewer bytes than the smallest frames would need: the end is missing. */
function isShort(info: StreamInfo, audioBytes: number): boolean {
  return info.blockSize > 0 && Math.floor(info.samples / info.blockSize) * info.minFrame > audioBytes;
}

const bitrate = (audioBytes: number, info: StreamInfo): number =>
  Math.max(0, Math.round((audioBytes * 8 * info.rate) / info.samples / 1000));

const idsOf = (first: (name: string) => string | undefined): FileTags['ids'] =>
  cleanIds<IdName>({
    release: first('MUSICBRAINZ_ALBUMID'),
    release_group: first('MUSICBRAINZ_RELEASEGROUPID'),
    // What Vorbis comments call the track is the recording.
    recording: first('MUSICBRAINZ_TRACKID'),
    track: first('MUSICBRAINZ_RELEASETRACKID'),
    artist: first('MUSICBRAINZ_ARTISTID'),
    album_artist: first('MUSICBRAINZ_ALBUMARTISTID'),
  });

/**
 * Reads a FLAC file's blocks, from `start` (after any ID3v2 tag). Own code because most libraries are FLAC, and this takes a tenth
 * of the time of the general reader: pictures are hashed by their head, never loaded.
 */
export function readFlac(file: ByteFile, start: number): FileTags {
  let at = start + 4;
  let info: StreamInfo | undefined;
  let tags = new Map<string, string[]>();
  let picture: string | undefined;
  for (let last = false; !last;) {
    const header = file.read(at, 4);
    last = (header[0]! & 0x80) !== 0;
    const kind = header[0]! & 0x7f;
    const length = header.readUIntBE(1, 3);
    at += 4;
    if (kind === STREAMINFO) info = streamInfo(file.read(at, 34));
    else if (kind === VORBIS_COMMENT && length >= 8) tags = comments(file.read(at, length));
    else if (kind === PICTURE && picture === undefined) {
      const range = pictureRange(file, at);
      picture = pictureId(range.length, file.peek(range.start, Math.min(range.length, HEAD)));
    }
    at += length;
  }
  if (!info || info.rate === 0) throw new Error('the FLAC header says nothing about the sound');
  const first = (...names: string[]): string | undefined =>
    names.flatMap((name) => tags.get(name) ?? []).find((value) => value.trim() !== '');
  const warning = isShort(info, file.size - at) ? 'the file is shorter than its header says' : undefined;
  return {
    title: cleanText(first('TITLE')),
    artists: cleanTexts(tags.get('ARTIST') ?? tags.get('ARTISTS')),
    album: cleanText(first('ALBUM')),
    album_artist: cleanTexts(tags.get('ALBUMARTIST') ?? tags.get('ALBUM ARTIST')).join(', ') || undefined,
    compilation: /^(1|true|yes)$/i.test(first('COMPILATION', 'ITUNESCOMPILATION') ?? ''),
    year: cleanYear(first('DATE', 'YEAR', 'ORIGINALDATE')),
    disc: cleanNumber(first('DISCNUMBER', 'DISC'), 999),
    track: cleanNumber(first('TRACKNUMBER', 'TRACK')),
    disc_total: cleanTotal(first('DISCNUMBER', 'DISC'), first('DISCTOTAL', 'TOTALDISCS')),
    track_total: cleanTotal(first('TRACKNUMBER', 'TRACK'), first('TRACKTOTAL', 'TOTALTRACKS')),
    ids: idsOf(first),
    duration_seconds: info.samples / info.rate,
    codec: 'flac',
    lossless: true,
    sample_rate_hz: info.rate,
    bits_per_sample: info.bits,
    channels: info.channels,
    bitrate_kbps: info.samples > 0 ? bitrate(file.size - at, info) : undefined,
    picture_id: picture,
    warning,
  };
}
