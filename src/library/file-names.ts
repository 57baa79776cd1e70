/**
 * Names as the file system has them: bytes. Not every name is valid UTF-8, so paths stay Buffers until they are shown.
 * Folders are relative to the music folder, without a leading or trailing slash; the music folder itself is empty.
 */
export type Bytes = Buffer;

export const ROOT: Bytes = Buffer.alloc(0);
const SLASH = Buffer.from('/');
const utf8 = new TextDecoder('utf-8', { fatal: true });

export function bytes(value: unknown): Bytes {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new TypeError('bytes expected');
}

export const toBytes = (text: string): Bytes => Buffer.from(text, 'utf8');

export function joinBytes(folder: Uint8Array, name: Uint8Array): Bytes {
  if (folder.length === 0) return Buffer.from(name);
  return name.length === 0 ? Buffer.from(folder) : Buffer.concat([folder, SLASH, name]);
}

/** Folder and name of a path; a path without a slash is in the music folder itself. */
export function splitPath(path: Bytes): { folder: Bytes; name: Bytes } {
  const slash = path.lastIndexOf(0x2f);
  return slash < 0
    ? { folder: ROOT, name: path }
    : { folder: path.subarray(0, slash), name: path.subarray(slash + 1) };
}

/** The text of a name, or undefined when the bytes are no text. */
export function exactText(name: Uint8Array): string | undefined {
  try {
    return utf8.decode(name);
  } catch {
    return undefined;
  }
}

/** A name for people: composed, with a mark where bytes are no text, without control characters. */
export function shownText(name: Uint8Array): string {
  return Buffer.from(name)
    .toString('utf8')
    .normalize('NFC')
    .replace(/\p{Cc}/gu, '\u{fffd}');
}

/** Lower case, without the dot. */
export function extensionOf(name: Uint8Array): string {
  const text = Buffer.from(name).toString('latin1');
  const dot = text.lastIndexOf('.');
  return dot <= 0 ? '' : text.slice(dot + 1).toLowerCase();
}

/** First byte after every path inside `folder`: ranges of the index are `folder/` up to this. */
export function insideRange(folder: Bytes): { from: Bytes; to: Bytes } {
  if (folder.length === 0) return { from: Buffer.from([0]), to: Buffer.alloc(64, 0xff) };
  return { from: Buffer.concat([folder, SLASH]), to: Buffer.concat([folder, Buffer.from('0')]) };
}
