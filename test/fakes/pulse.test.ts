import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPulse, type Pulse } from './pulse.js';

const run = promisify(execFile);
const RATE = 44_100;
let pulse: Pulse;
let folder = '';

beforeAll(async () => {
  pulse = await startPulse(['kitchen', 'bath']);
  folder = await mkdtemp(join(tmpdir(), 'tutti-tone-'));
});
afterAll(async () => {
  await pulse.close();
  await rm(folder, { recursive: true, force: true });
});

/** Plays one second of a sine whose samples from `silentFrom` on are missing for 5 ms. */
async function playTone(silentFrom?: number): Promise<void> {
  const pcm = Buffer.alloc(RATE * 4);
  for (let n = 0; n < RATE; n++) {
    const missing = silentFrom !== undefined && n >= silentFrom && n < silentFrom + 0.005 * RATE;
    const sample = missing ? 0 : Math.round(8000 * Math.sin((2 * Math.PI * 441 * n) / RATE));
    pcm.writeInt16LE(sample, n * 4);
    pcm.writeInt16LE(sample, n * 4 + 2);
  }
  await writeFile(join(folder, 'tone.raw'), pcm);
  const format = ['--raw', '--format=s16le', `--rate=${RATE}`, '--channels=2'];
  const args = ['--playback', ...format, '-d', 'kitchen', join(folder, 'tone.raw')];
  await run('pacat', args, { env: { ...process.env, ...pulse.env } });
}

it('captures what a program plays, in the sink it plays to, without a break', async () => {
  const [kitchen, bath] = await Promise.all([pulse.capture('kitchen'), pulse.capture('bath')]);
  await playTone();
  const [heard, elsewhere] = [await kitchen.stop(), await bath.stop()];
  expect(heard.sounding().seconds).toBeGreaterThan(0.9);
  expect(heard.breaksOfSine(441)).toEqual([]);
  expect(heard.longestGapMs()).toBeLessThan(1);
  expect(heard.sounding().level(441)).toBeCloseTo(8000 / 32_768, 2);
  expect(elsewhere.sounding().seconds).toBe(0);
});

it('sees a gap of 5 ms', async () => {
  const kitchen = await pulse.capture('kitchen');
  await playTone(20_010);
  const heard = await kitchen.stop();
  expect(heard.longestGapMs()).toBeGreaterThan(4.5);
  expect(heard.breaksOfSine(441).length).toBeGreaterThan(0);
});
