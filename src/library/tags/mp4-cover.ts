import type { ByteFile } from './byte-file.js';

interface Atom {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

const MAX_ATOMS = 4096;

/** The atoms between two positions; an atom may claim to end behind the file. */
function* atoms(file: ByteFile, from: number, to: number): Generator<Atom> {
  let at = from;
  for (let n = 0; at + 8 <= to && n < MAX_ATOMS; n++) {
    const header = file.peek(at, 16);
    if (header.length < 8) return;
    let size = header.readUInt32BE(0);
    let start = at + 8;
    if (size === 1 && header.length === 16) {
      size = Number(header.readBigUInt64BE(8));
      start = at + 16;
    } else if (size === 0) size = to - at;
    if (size < 8) return;
    yield { name: header.toString('latin1', 4, 8), start, end: at + size };
    at += size;
  }
}

function find(file: ByteFile, within: Atom, path: readonly string[]): Atom | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return within;
  for (const atom of atoms(file, within.start + (within.name === 'meta' ? 4 : 0), within.end))
    if (atom.name === name) return find(file, atom, rest);
  return undefined;
}

const whole = (file: ByteFile): Atom => ({ name: 'file', start: 0, end: file.size });

/** Where the cover picture's own bytes are in an MP4 file. */
export function mp4Cover(file: ByteFile): { start: number; length: number } | undefined {
  const data = find(file, whole(file), ['moov', 'udta', 'meta', 'ilst', 'covr', 'data']);
  if (!data || data.end > file.size || data.end - data.start <= 8) return undefined;
  return { start: data.start + 8, length: data.end - data.start - 8 };
}

/** Whether an atom of the top level ends behind the file: the end is missing. */
export function mp4IsShort(file: ByteFile): boolean {
  for (const atom of atoms(file, 0, file.size)) if (atom.end > file.size) return true;
  return false;
}
