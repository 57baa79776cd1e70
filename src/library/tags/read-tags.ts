import { parseFromTokenizer, type IAudioMetadata } from 'music-metadata';
import { EndOfStreamError } from 'strtok3';
import { toError } from '../../base/index.js';
import { extensionOf } from '../file-names.js';
import { ByteFile, FileTokenizer } from './byte-file.js';
import { readFlac } from './flac.js';
import { chunkIsShort, mp3IsShort } from './length-checks.js';
import { mp4Cover, mp4IsShort } from './mp4-cover.js';
import { pictureId, PICTURE_HEAD } from './picture-id.js';
import { cleanIds, cleanNumber, cleanText, cleanTexts, cleanYear } from './repair.js';
import { AUDIO_EXTENSIONS, describeOther, id3Length, MIME, NAMED, sniff, type Container } from './sniff.js';
import type { FileTags, IdName, TagResult } from './tag-wire.js';

const LOSSLESS = new Set(['flac', 'alac', 'wav', 'aiff']);
/** Where ID3v2.3 puts artists; a slash in them is part of a name (AC/DC) far more often than a separator. */
const SLASHED: Readonly<Record<string, string>> = { TPE1: 'artists', TPE2: 'albumartist' };

/** Reads one file. Never throws: what cannot be read has a reason, in words. */
export async function readTags(path: Uint8Array): Promise<TagResult> {
  let file: ByteFile | undefined;
  try {
    file = new ByteFile(path);
    return await readOpen(file, extensionOf(path));
  } catch (error) {
    return { reason: inWords(toError(error)) };
  } finally {
    file?.close();
  }
}

async function readOpen(file: ByteFile, extension: string): Promise<TagResult> {
  const head = file.peek(0, 4096);
  const skip = id3Length(head);
  const container = sniff(skip > 0 ? file.peek(skip, 64) : head) ?? guess(file, extension, skip, head);
  if (!container) return { reason: describeOther(Buffer.from(head)) };
  const named = AUDIO_EXTENSIONS[extension];
  const tags = container === 'flac' ? readFlac(file, skip) : await readOther(file, container, skip);
  if (typeof tags === 'string') return { reason: tags };
  if (named !== undefined && named !== container)
    tags.warning = `the file is named .${extension} but is ${NAMED[container]}`;
  return { tags };
}

/** An MP3 may begin with rubbish before its first frame; everything else begins with its name. */
function guess(file: ByteFile, extension: string, skip: number, head: Buffer): Container | undefined {
  if (extension !== 'mp3' && extension !== 'aac') return undefined;
  if (describeOther(Buffer.from(head)) !== 'the file holds no audio that can be recognised') return undefined;
  const window = Buffer.from(file.peek(skip, 8192));
  for (let at = 0; at + 4 <= window.length; at++) {
    if (window[at] !== 0xff) continue;
    const found = sniff(window.subarray(at, at + 12));
    if (found === 'mp3' || found === 'adts') return found;
  }
  return undefined;
}

async function readOther(file: ByteFile, container: Container, skip: number): Promise<FileTags | string> {
  // Covers of MP4 files are hashed where they lie; in the other containers the reader holds the tag in memory anyway.
  const skipCovers = container === 'mp4';
  const parse = (duration: boolean): Promise<IAudioMetadata> =>
    parseFromTokenizer(new FileTokenizer(file, MIME[container], container === 'mp3'), {
      duration,
      skipCovers,
    });
  let found = await parse(false);
  if (!found.format.duration && (container === 'mp3' || container === 'adts' || container === 'ogg'))
    found = await parse(true);
  const codec = codecOf(found, container);
  if (codec === undefined || (!found.format.duration && !found.format.sampleRate))
    return container === 'mp4'
      ? 'the file holds no audio that can be played'
      : 'the file has a header but no sound';
  return toTags(found, codec, pictureOf(found, file, container), shortness(file, container, skip, found));
}

function shortness(
  file: ByteFile,
  container: Container,
  skip: number,
  found: IAudioMetadata,
): string | undefined {
  // Of the reader's own warnings only those about Ogg are to be trusted: it warns of good WAV and AIFF files too.
  const damage = container === 'ogg' ? found.quality.warnings[0]?.message : undefined;
  if (damage !== undefined) return `the file looks damaged: ${cleanText(damage) ?? 'unknown'}`;
  return isShort(file, container, skip) ? 'the file is shorter than its header says' : undefined;
}

function isShort(file: ByteFile, container: Container, skip: number): boolean {
  if (container === 'mp3') return mp3IsShort(file, skip);
  if (container === 'mp4') return mp4IsShort(file);
  return (container === 'wav' || container === 'aiff') && chunkIsShort(file, container === 'aiff');
}

function pictureOf(found: IAudioMetadata, file: ByteFile, container: Container): string | undefined {
  if (container === 'mp4') {
    const cover = mp4Cover(file);
    return cover && pictureId(cover.length, file.peek(cover.start, Math.min(cover.length, PICTURE_HEAD)));
  }
  const picture = found.common.picture?.[0];
  return picture && pictureId(picture.data.length, picture.data);
}

function codecOf(found: IAudioMetadata, container: Container): string | undefined {
  const said = (found.format.codec ?? '').toLowerCase();
  switch (container) {
    case 'flac':
      return 'flac';
    case 'mp3':
      return said === '' ? undefined : 'mp3';
    case 'adts':
      return said === '' ? undefined : 'aac';
    case 'mp4':
      return said.includes('alac')
        ? 'alac'
        : /aac|mp4a/.test(said)
          ? 'aac'
          : said.includes('flac')
            ? 'flac'
            : undefined;
    case 'ogg':
      return ['opus', 'vorbis', 'flac', 'speex'].find((name) => said.includes(name));
    case 'wav':
      return said === '' ? undefined : 'wav';
    case 'aiff':
      return found.format.sampleRate ? 'aiff' : undefined;
    default:
      return container satisfies never;
  }
}

function toTags(
  found: IAudioMetadata,
  codec: string,
  picture: string | undefined,
  warning: string | undefined,
): FileTags {
  const { common, format } = found;
  const rejoined = rejoin(found);
  const lossless = LOSSLESS.has(codec);
  const artists = cleanTexts(rejoined['artists'] ?? common.artists ?? (common.artist ? [common.artist] : []));
  const albumArtists = cleanTexts(rejoined['albumartist'] ?? common.albumartists ?? [common.albumartist]);
  return {
    title: cleanText(common.title),
    artists,
    album: cleanText(common.album),
    album_artist: albumArtists.join(', ') || undefined,
    compilation: common.compilation === true,
    year: cleanYear(common.year ?? common.date),
    disc: cleanNumber(common.disk.no, 999),
    track: cleanNumber(common.track.no),
    disc_total: cleanNumber(common.disk.of, 999),
    track_total: cleanNumber(common.track.of),
    ids: cleanIds<IdName>({
      release: common.musicbrainz_albumid,
      release_group: common.musicbrainz_releasegroupid,
      recording: common.musicbrainz_recordingid,
      track: common.musicbrainz_trackid,
      artist: common.musicbrainz_artistid,
      album_artist: common.musicbrainz_albumartistid,
    }),
    duration_seconds: Number.isFinite(format.duration) ? Math.max(0, format.duration ?? 0) : 0,
    codec,
    lossless,
    sample_rate_hz: cleanNumber(format.sampleRate, 10_000_000),
    bits_per_sample: lossless ? cleanNumber(format.bitsPerSample, 64) : undefined,
    channels: cleanNumber(format.numberOfChannels, 64),
    bitrate_kbps: format.bitrate !== undefined ? Math.round(format.bitrate / 1000) : undefined,
    picture_id: picture,
    warning,
  };
}

/** ID3v2.3 values that the reader took apart at slashes, put together again. */
function rejoin(found: IAudioMetadata): Readonly<Record<string, string[]>> {
  const joined: Record<string, string[]> = {};
  for (const { id, value } of found.native['ID3v2.3'] ?? []) {
    const field = SLASHED[id];
    if (field !== undefined && typeof value === 'string')
      joined[field] = [[...(joined[field] ?? []), value].join('/')];
  }
  return joined;
}

function inWords(error: Error): string {
  if (error instanceof EndOfStreamError) return 'the file ends in the middle of its header';
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read by the server (permissions)';
  if (code === 'ENOENT') return 'the file is gone';
  if (code === 'ELOOP') return 'the file is a link';
  if (code === 'EIO') return 'the disk reports an error while reading the file';
  return `the file cannot be read: ${cleanText(error.message)?.slice(0, 200) ?? 'unknown error'}`;
}
