import { hashId } from '../names.js';

/** How much of a picture its id looks at. */
export const PICTURE_HEAD = 16 * 1024;

/** The id of a picture by its content: length and the first 16 kB. The same picture in twelve tracks, or beside them as a file, is one. */
export function pictureId(length: number, head: Uint8Array): string | undefined {
  if (length < 16 || !imageMime(head)) return undefined;
  return hashId('im', String(length), head.subarray(0, PICTURE_HEAD));
}

/** The type of a picture that browsers draw, by its first bytes. Nothing else is ever served as one. */
export function imageMime(head: Uint8Array): string | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 16));
  if (start.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'image/jpeg';
  if (start.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'image/png';
  if (start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP')
    return 'image/webp';
  if (start.toString('latin1', 0, 4) === 'GIF8') return 'image/gif';
  return undefined;
}
