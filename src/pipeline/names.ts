/** Names of Windows devices, with any extension: FAT and SMB refuse them, or worse. */
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])$/i;
/** What FAT and SMB refuse in a name, and what nobody sees: controls, marks of direction, zero width. */
const REFUSED = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff/\\:*?"<>|]/gu;
const INVISIBLE = /^[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]$/u;

/** ext4, exFAT and FAT agree on this: 255 bytes of UTF-8 are never more than 255 UTF-16 units. */
export const MAX_NAME_BYTES = 255;

export interface NameOptions {
  /** Without its dot; never cut off. */
  readonly extension?: string;
  /** Of the whole name in UTF-8; at most and by default 255. */
  readonly maxBytes?: number;
  /** What it is called when nothing is left of the text. */
  readonly fallback?: string;
}

/**
 * A text as one name of a file or folder that every file system takes (ext4, FAT32, exFAT, NTFS, SMB): NFC, no separators, no characters that FAT refuses,
 * no dots or spaces at its ends, no name of a Windows device, not empty, not longer than `maxBytes`.
 */
export function safeName(text: string, options: NameOptions = {}): string {
  const { extension, fallback = '_' } = options;
  const tail = extension === undefined ? '' : `.${extension}`;
  const room = Math.min(options.maxBytes ?? MAX_NAME_BYTES, MAX_NAME_BYTES) - Buffer.byteLength(tail);
  const clean = trimEnds(
    wellFormed(text)
      .normalize('NFC')
      .replace(REFUSED, (char) => (INVISIBLE.test(char) ? '' : '_')),
  );
  const stem = trimEnds(cutBytes(clean === '' ? fallback : clean, room));
  return unreserved(stem === '' ? '_' : stem, room) + tail;
}

/** Two names that are the same name for a file system without case, composed or not. */
export function nameKey(name: string): string {
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

/** At most so many bytes of UTF-8, cut where a character ends. */
export function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let cut = '';
  let used = 0;
  for (const char of text) {
    used += Buffer.byteLength(char);
    if (used > maxBytes) break;
    cut += char;
  }
  return cut;
}

/** `Intro.flac`, `Intro (2).flac`...: the first of these that `taken` does not know, as long as a name may be. */
export function freeName(text: string, taken: (key: string) => boolean, options: NameOptions = {}): string {
  const wanted = safeName(text, options);
  if (!taken(nameKey(wanted))) return wanted;
  const maxBytes = Math.min(options.maxBytes ?? MAX_NAME_BYTES, MAX_NAME_BYTES);
  const tail = options.extension === undefined ? '' : `.${options.extension}`;
  const stem = wanted.slice(0, wanted.length - tail.length);
  for (let n = 2; ; n++) {
    const mark = ` (${n})`;
    const room = maxBytes - Buffer.byteLength(mark + tail);
    const name = trimEnds(cutBytes(stem, room)) + mark + tail;
    if (!taken(nameKey(name))) return name;
  }
}

/** Why a name would not do on FAT or SMB; undefined when it does. A second opinion on `safeName`, for tests and for names of others. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'it is empty or names a folder above';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'it is longer than 255 bytes';
  if (/[\p{Cc}/\\:*?"<>|]/u.test(name)) return 'it has characters that FAT refuses';
  if (/[. ]$/.test(name)) return 'it ends in a dot or a space';
  if (RESERVED.test(name.split('.')[0]!.trim())) return 'Windows has a device of this name';
  return name === name.normalize('NFC') ? undefined : 'it is not composed';
}

const trimEnds = (text: string): string => text.replace(/^[\s.]+|[\s.]+$/gu, '');

/** Halves of a surrogate pair become the mark for what is no text. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** What stands before the first dot decides: `nul.tar` is a device too. */
function unreserved(stem: string, room: number): string {
  if (!RESERVED.test(stem.split('.')[0]!.trim())) return stem;
  return trimEnds(cutBytes(`_${stem}`, room));
}
