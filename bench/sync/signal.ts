import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What every card of the rig runs at. */
export const RATE = 48_000;
const LOW_HZ = 150;
const HIGH_HZ = 6000;
/** Root mean square; noise peaks stay below full scale. */
const LOUDNESS = 5000;

/** Second-order filter, direct form, as in the RBJ cookbook. */
export function biquad(kind: 'low' | 'high', hertz: number, q: number, rate: number): (x: number) => number {
  const w = (2 * Math.PI * hertz) / rate;
  const alpha = Math.sin(w) / (2 * q);
  const side = kind === 'low' ? 1 - Math.cos(w) : 1 + Math.cos(w);
  const a0 = 1 + alpha;
  const b0 = side / 2 / a0;
  const b1 = (kind === 'low' ? side : -side) / a0;
  const a1 = (-2 * Math.cos(w)) / a0;
  const a2 = (1 - alpha) / a0;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return (x) => {
    const y = b0 * (x + x2) + b1 * x1 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  };
}

/** The two Q values of a Butterworth filter of fourth order. */
export const BUTTERWORTH = [0.5412, 1.3066] as const;

/** Noise from 150 to 6000 Hz that never repeats and is the same for the same seed: every 50 ms of it are found again for certain. */
export function noise(seed: number, seconds: number, rate = RATE): Int16Array {
  const filters = BUTTERWORTH.flatMap((q) => [
    biquad('high', LOW_HZ, q, rate),
    biquad('low', HIGH_HZ, q, rate),
  ]);
  const gain = LOUDNESS * Math.sqrt(3 * (rate / 2 / (HIGH_HZ - LOW_HZ)));
  const random = randomOf(seed);
  const samples = new Int16Array(Math.round(seconds * rate));
  for (let n = 0; n < samples.length; n++) {
    let x = (random() * 2 - 1) * gain;
    for (const filter of filters) x = filter(x);
    samples[n] = Math.max(-32_767, Math.min(32_767, Math.round(x)));
  }
  return samples;
}

/** Mulberry32: 0 <= x < 1. */
function randomOf(seed: number): () => number {
  let state = (seed * 0x9e37_79b9) >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Raw 16 bit, as a card takes it. */
export function interleaved(channels: readonly Int16Array[]): Buffer {
  const count = channels.length;
  const body = new Int16Array((channels[0]?.length ?? 0) * count);
  channels.forEach((samples, channel) => {
    for (let n = 0; n < samples.length; n++) body[n * count + channel] = samples[n]!;
  });
  return Buffer.from(body.buffer);
}

/** A WAV of 16 bit; each element of `channels` is one channel. */
export async function writeWav(path: string, channels: readonly Int16Array[], rate = RATE): Promise<void> {
  const count = channels.length;
  const frames = channels[0]?.length ?? 0;
  const header = Buffer.alloc(44);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(36 + frames * count * 2, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(count, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * count * 2, 28);
  header.writeUInt16LE(count * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(frames * count * 2, 40);
  await writeFile(path, Buffer.concat([header, interleaved(channels)]));
}

/** The same on both channels, as a FLAC with the tags a library wants. */
export async function writeFlac(
  path: string,
  samples: Int16Array,
  tags: Readonly<Record<string, string>>,
  rate = RATE,
): Promise<void> {
  const wav = `${path}.wav`;
  await writeWav(wav, [samples, samples], rate);
  const named = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
  try {
    await run('ffmpeg', ['-nostdin', '-loglevel', 'error', '-y', '-i', wav, ...named, path]);
  } catch (cause) {
    throw new Error('making a FLAC with ffmpeg failed (apt install ffmpeg)', { cause });
  } finally {
    await rm(wav, { force: true });
  }
}

/** The same sound later by a part of a sample (0 .. 1), by a windowed sinc. */
export function delayed(samples: Int16Array, fraction: number): Int16Array {
  const reach = 32;
  const taps = Float64Array.from({ length: 2 * reach }, (_, n) => {
    const x = n - reach + 1 - fraction;
    const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / (reach + 1)));
  });
  return samples.map((_, n) => {
    let sum = 0;
    for (let k = 0; k < taps.length; k++) sum += taps[k]! * (samples[n - (k - reach + 1)] ?? 0);
    return Math.round(sum);
  });
}
