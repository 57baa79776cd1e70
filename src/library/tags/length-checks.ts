import type { ByteFile } from './byte-file.js';

/** Whether an MP3 with a Xing/Info header is clearly shorter than that header says. `start` = first byte after the ID3v2 tag. */
export function mp3IsShort(file: ByteFile, start: number): boolean {
  const head = file.peek(start, 512);
  const at = Math.max(head.indexOf('Xing'), head.indexOf('Info'));
  if (at < 0 || at + 16 > head.length) return false;
  const flags = head.readUInt32BE(at + 4);
  if ((flags & 2) === 0) return false;
  const said = head.readUInt32BE(at + 8 + (flags & 1 ? 4 : 0));
  return said > 0 && file.size - start < said * 0.97 - 4096;
}

/** Whether a WAV or AIFF file ends before the length that its first chunk tells. A recorder that streamed may have left that open. */
export function chunkIsShort(file: ByteFile, bigEndian: boolean): boolean {
  const head = file.peek(0, 8);
  if (head.length < 8) return true;
  const said = bigEndian ? head.readUInt32BE(4) : head.readUInt32LE(4);
  return said < 0xffff0000 && said + 8 > file.size + 1;
}
