import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { codeOf, toError } from '../base/index.js';
import type { Problem } from './problem.js';
import { readSettingsText, unread, type Written } from './read-text.js';

/** Long before that, something is wrong. */
const MAX_BYTES = 256 * 1024;

type Unread = Omit<Problem, 'where'> & { readonly line?: number };

/** Never throws: what is wrong with the file is among the problems. */
export function readSettingsFile(file: string): Written {
  const read = readText(file);
  if (typeof read === 'string') return readSettingsText(read, file);
  const { line, ...words } = read;
  return unread(file, [{ where: line === undefined ? file : `${file}:${line}:1`, ...words }]);
}

function readText(file: string): string | Unread {
  try {
    const bytes = readBytes(file);
    return Buffer.isBuffer(bytes) ? textIn(bytes) : bytes;
  } catch (error) {
    return unreadable(file, error);
  }
}

/** Why a file cannot be looked at, with what helps. */
export function unreadable(file: string, error: unknown): Omit<Problem, 'where'> {
  const { code, message } = toError(error) as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM')
    return {
      reason: 'the user that Tutti runs as may not read it.',
      suggestion: `Let that user read it and its folder: sudo chmod a+r ${file}`,
    };
  if (code === 'ELOOP') return { reason: 'it is a link that leads in a circle.' };
  return { reason: `the file cannot be read (${message}).` };
}

function readBytes(file: string): Buffer | Unread {
  // A pipe into which nobody writes would hold up the whole program.
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(handle);
    if (found.isDirectory())
      return { reason: 'it is a folder, not a file.', suggestion: `Name the file in it: ${file}/tutti.yaml` };
    if (!found.isFile() && !found.isFIFO()) return { reason: 'it is no file.' };
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let waited = 0; ;) {
      const more = readNow(handle, bytes, length);
      if (more === undefined) {
        if ((waited += STEP_MS) > MOST_MS) return { reason: 'it is a pipe, and nothing comes out of it.' };
        pause();
        continue;
      }
      length += more;
      if (more === 0 && length === 0 && found.isFIFO())
        return { reason: 'it is a pipe, and nothing comes out of it.' };
      if (more === 0) return bytes.subarray(0, length);
      if (length > MAX_BYTES)
        return {
          reason: `the file is far too large for settings, which have at most ${MAX_BYTES / 1024} KB.`,
          suggestion: 'Look whether another file was copied over it.',
        };
    }
  } finally {
    closeSync(handle);
  }
}

/** How long a pipe is waited for: as long as a command takes that writes into it. */
const MOST_MS = 2_000;
const STEP_MS = 20;

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STEP_MS);
}

/** Undefined: not now. */
function readNow(handle: number, bytes: Buffer, at: number): number | undefined {
  try {
    return readSync(handle, bytes, at, bytes.length - at, null);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return undefined;
    throw error;
  }
}

const SAVE = 'Save it as UTF-8, in the editor under "Save as", "Encoding".';

/** Only UTF-8 is text here: what another encoding makes of a name or a password would be wrong in silence. */
function textIn(bytes: Buffer): string | Unread {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const zeros = bytes.subarray(0, 64).filter((byte) => byte === 0).length;
  if (marked || (bytes.length > 3 && zeros * 3 > Math.min(64, bytes.length)))
    return { reason: 'the file is stored as UTF-16.', suggestion: SAVE };
  if (bytes.includes(0)) return { reason: 'the file holds bytes that are no text.' };
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const reason = 'this line holds letters that are not stored as UTF-8.';
    return { reason, suggestion: SAVE, line: foreignLine(bytes) };
  }
}

function foreignLine(bytes: Buffer): number {
  let line = 1;
  for (let at = 0; at < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, at);
    const next = end < 0 ? bytes.length : end + 1;
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at, next));
    } catch {
      return line;
    }
    at = next;
  }
  return line;
}
