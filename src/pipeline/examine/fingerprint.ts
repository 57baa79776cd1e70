import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '../../base/index.js';
import { type ProgramRun, runProgram } from './program.js';

const TIMEOUT_MS = 120_000;
/** 120 seconds of sound, which is what fpcalc looks at. */
const Answer = z.object({ duration: z.number().min(0), fingerprint: z.array(z.int()).max(2000) });

export interface Fingerprint {
  /** What fpcalc takes the length to be. */
  readonly seconds: number;
  /** Base64 of 32-bit values, the low byte first, about eight for a second. */
  readonly value: string;
}

/** How a file sounds, the same for all codecs. Undefined when fpcalc cannot say. Exit 3 with an answer is what Debian 12 does with good files. */
export async function fingerprint(
  folder: string,
  path: string,
  parts: Pick<ProgramRun, 'clock' | 'signal'> & { readonly fpcalc: string },
): Promise<Fingerprint | undefined> {
  const args = ['-json', '-raw', '-signed', '-length', '120', join(folder, path)];
  try {
    const { clock, signal, fpcalc } = parts;
    const { code, stdout } = await runProgram({
      clock,
      signal,
      program: fpcalc,
      args,
      timeoutMs: TIMEOUT_MS,
    });
    if (code !== 0 && code !== 3) return undefined;
    const { duration, fingerprint: values } = Answer.parse(JSON.parse(stdout));
    return { seconds: duration, value: Buffer.from(Int32Array.from(values).buffer).toString('base64') };
  } catch (error) {
    if (error instanceof AppError && parts.signal.aborted) throw error;
    return undefined;
  }
}

const MAX_SHIFT = 24;
/** About two seconds of music that moves. */
const LEAST_VALUES = 16;

/** 0..1: the share of equal bits where two fingerprints fit best, shifted by at most three seconds. Unrelated music has about 0.5. */
export function similarity(a: string, b: string): number {
  const one = values(a);
  const other = values(b);
  let best = 0;
  for (let shift = -MAX_SHIFT; shift <= MAX_SHIFT; shift++) {
    const from = Math.max(0, shift);
    const length = Math.min(one.length - from, other.length - (from - shift));
    if (length < Math.min(one.length, other.length) / 2 || length <= 0) continue;
    let different = 0;
    for (let n = 0; n < length; n++) different += bits((one[from + n] ?? 0) ^ (other[from - shift + n] ?? 0));
    best = Math.max(best, 1 - different / (length * 32));
  }
  return best;
}

/** A tone or a silence all along gives one value again and again: such a fingerprint is like many others. */
export const isTelling = (print: string): boolean => new Set(values(print)).size >= LEAST_VALUES;

function values(base64: string): Int32Array {
  const bytes = Buffer.from(base64, 'base64');
  return Int32Array.from({ length: Math.floor(bytes.length / 4) }, (_, n) => bytes.readInt32LE(n * 4));
}

function bits(value: number): number {
  let count = 0;
  for (let left = value >>> 0; left !== 0; left &= left - 1) count++;
  return count;
}
