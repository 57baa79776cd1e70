import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The track that is always there: no scan finds it, and no search. */
export const TONE_ID = 'alarm-tone';
export const TONE_SECONDS = 60;

const RATE = 16_000;
const PATTERN_SECONDS = 4;
/** A bell: three rising notes, and rest. Start in seconds, Hz. */
const NOTES: readonly (readonly [number, number])[] = [
  [0, 659.26],
  [0.35, 830.61],
  [0.7, 987.77],
  [1.6, 659.26],
  [1.95, 830.61],
  [2.3, 987.77],
];
const NOTE_SECONDS = 1.2;
/** -6 dB at most: how loud it is says the alarm. */
const PEAK = 16_000;

/** One minute of bells as WAV: 16 kHz, 16 bit, mono. */
export function toneWav(): Buffer {
  const pattern = new Float32Array(RATE * PATTERN_SECONDS);
  for (const [start, hz] of NOTES) strike(pattern, Math.round(start * RATE), hz);
  const loudest = pattern.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const bytes = Buffer.alloc(pattern.length * 2);
  pattern.forEach((sample, at) => bytes.writeInt16LE(Math.round((sample / loudest) * PEAK), at * 2));
  const samples = Buffer.concat(Array.from({ length: TONE_SECONDS / PATTERN_SECONDS }, () => bytes));
  return Buffer.concat([header(samples.length), samples]);
}

function strike(mix: Float32Array, start: number, hz: number): void {
  const count = Math.round(NOTE_SECONDS * RATE);
  for (let n = 0; n < count && start + n < mix.length; n++) {
    const t = n / RATE;
    const envelope = Math.min(1, t * 200) * Math.exp(-4 * t) * (1 - n / count);
    const phase = 2 * Math.PI * hz * t;
    mix[start + n] = (mix[start + n] ?? 0) + envelope * (Math.sin(phase) + 0.3 * Math.sin(2 * phase));
  }
}

function header(size: number): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + size, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(size, 40);
  return head;
}

/**
 * Where the tone lies: in the first of these folders that has it or can be written, so that there is one also on a disk that is full or
 * cannot be written. Undefined when there is nowhere for it.
 */
export async function keepTone(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) if (await isThere(pathIn(folder))) return pathIn(folder);
  const wav = toneWav();
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(pathIn(folder), wav);
      return pathIn(folder);
    } catch {
      // The next folder may be on another disk.
      continue;
    }
  }
  return undefined;
}

const pathIn = (folder: string): string => join(folder, `${TONE_ID}.wav`);

/** Whole, that is: one that a power cut tore is made anew. */
async function isThere(path: string): Promise<boolean> {
  const size = 44 + TONE_SECONDS * RATE * 2;
  return stat(path).then(
    (found) => found.size === size,
    () => false,
  );
}
