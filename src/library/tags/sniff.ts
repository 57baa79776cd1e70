/** What a file is by its first bytes. */
export type Container = 'flac' | 'mp3' | 'mp4' | 'adts' | 'ogg' | 'wav' | 'aiff';

export const AUDIO_EXTENSIONS: Readonly<Record<string, Container>> = {
  flac: 'flac',
  mp3: 'mp3',
  m4a: 'mp4',
  m4b: 'mp4',
  mp4: 'mp4',
  alac: 'mp4',
  aac: 'adts',
  opus: 'ogg',
  ogg: 'ogg',
  oga: 'ogg',
  wav: 'wav',
  wave: 'wav',
  aif: 'aiff',
  aiff: 'aiff',
  aifc: 'aiff',
};

export const MIME: Readonly<Record<Container, string>> = {
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  mp4: 'audio/mp4',
  adts: 'audio/aac',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
  aiff: 'audio/aiff',
};

export const NAMED: Readonly<Record<Container, string>> = {
  flac: 'FLAC',
  mp3: 'MP3',
  mp4: 'MP4/M4A',
  adts: 'AAC',
  ogg: 'Ogg',
  wav: 'WAV',
  aiff: 'AIFF',
};

/** Length of an ID3v2 tag at the start, header and footer included; 0 when there is none. */
export function id3Length(head: Buffer): number {
  if (head.length < 10 || head.toString('latin1', 0, 3) !== 'ID3') return 0;
  const size = (head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!;
  return 10 + (size >>> 0) + (head[5]! & 0x10 ? 10 : 0);
}

/** The container that these bytes (at least 12, after any ID3v2 tag) begin. */
export function sniff(head: Buffer): Container | undefined {
  const at = (from: number, to: number): string => head.toString('latin1', from, to);
  if (at(0, 4) === 'fLaC') return 'flac';
  if (at(0, 4) === 'OggS') return 'ogg';
  if ((at(0, 4) === 'RIFF' || at(0, 4) === 'RF64') && at(8, 12) === 'WAVE') return 'wav';
  if (at(0, 4) === 'FORM' && (at(8, 12) === 'AIFF' || at(8, 12) === 'AIFC')) return 'aiff';
  if (at(4, 8) === 'ftyp') return 'mp4';
  if (head.length >= 4 && head[0] === 0xff && (head[1]! & 0xe0) === 0xe0) {
    const layer = (head[1]! >> 1) & 3;
    if (layer === 0) return (head[1]! & 0xf0) === 0xf0 ? 'adts' : undefined;
    const version = (head[1]! >> 3) & 3;
    const bitrate = head[2]! >> 4;
    const rate = (head[2]! >> 2) & 3;
    return version === 1 || bitrate === 15 || rate === 3 ? undefined : 'mp3';
  }
  return undefined;
}

/** What a file that is no audio looks like, in words. */
export function describeOther(head: Buffer): string {
  if (head.length === 0) return 'the file is empty';
  const text = head.toString('latin1').trimStart().toLowerCase();
  if (/^(<!doctype html|<html|<head|<body)/.test(text)) return 'the file is a web page, not audio';
  if (text.startsWith('<?xml')) return 'the file is XML, not audio';
  if (head.subarray(0, 4).equals(Buffer.from([0x1a, 0x45, 0xdf, 0xa3])))
    return 'the file is Matroska or WebM, which is not taken';
  if (text.startsWith('%pdf')) return 'the file is a PDF, not audio';
  if (text.startsWith('pk\u0003\u0004')) return 'the file is a ZIP archive, not audio';
  if (head.every((byte) => byte === 0)) return 'the file holds only zeros';
  return 'the file holds no audio that can be recognised';
}
