import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Ground } from '../../bench/ground.js';
import { pause, Program } from '../../bench/program.js';
import { firstSound, silences } from '../../bench/sync/capture.js';
import { openCards, type Cards } from '../../bench/sync/cards.js';
import { checkBus, checkCards } from '../../bench/sync/self-check.js';
import { noise, RATE, writeWav } from '../../bench/sync/signal.js';
import { until } from '../until.js';

let ground: Ground;
beforeEach(async () => {
  ground = await Ground.open();
});
afterEach(async () => {
  await ground.close();
});

async function playing(seconds: number, gapSeconds = 0): Promise<{ cards: Cards; program: Program }> {
  const dir = join(ground.dir, 'cards');
  await mkdir(dir);
  const cards = await openCards(dir, [{ name: 'kitchen' }]);
  const music = noise(5, seconds);
  music.fill(0, RATE, RATE + Math.round(gapSeconds * RATE));
  const wav = join(dir, 'music.wav');
  await writeWav(wav, [music, music]);
  const args = ['-q', '-D', 'kitchen', '--buffer-time=200000', wav];
  return { cards, program: ground.own(Program.spawn('aplay', args, cards.env)) };
}

it('finds two programs as far apart as they were started, on clocks that drift', async () => {
  const error = await checkCards(ground);
  console.info(`the rig's own error: p95 ${error.p95Us.toFixed(2)} us, at most ${error.maxUs.toFixed(2)} us`);
  expect(error.p95Us).toBeLessThan(20);
});

it('hears the rooms of one PulseAudio at the same moment', async () => {
  const error = await checkBus(ground);
  console.info(`the rig's own error on PulseAudio: p95 ${error.p95Us.toFixed(2)} us`);
  expect(error.p95Us).toBeLessThan(20);
});

it('plays every sample, and nothing but what it was given', async () => {
  const { cards, program } = await playing(2, 0.005);
  await program.ended;
  const [segment, ...more] = await cards.heard('kitchen');
  expect(more).toEqual([]);
  expect(segment?.samples.length).toBe(2 * RATE);
  const [gap, ...others] = silences([segment!], 1);
  expect(others).toEqual([]);
  expect((gap!.toNs - gap!.fromNs) / 1e6).toBeCloseTo(5, 1);
});

it('runs dry when a program is frozen, and says so', async () => {
  const { cards, program } = await playing(10);
  await until('it sounds', async () => firstSound(await cards.heard('kitchen')) !== undefined);
  await pause(300);
  process.kill(program.pid, 'SIGSTOP');
  await pause(600);
  process.kill(program.pid, 'SIGCONT');
  await until('it plays on', async () => (await cards.heard('kitchen')).length > 1);
  await pause(300);
  await program.stop();
  expect(await cards.underruns('kitchen')).toBeGreaterThanOrEqual(1);
  const gaps = silences(await cards.heard('kitchen'), 1).map(({ fromNs, toNs }) => (toNs - fromNs) / 1e6);
  expect(Math.max(...gaps)).toBeGreaterThan(300);
});

it('takes one program at a time', async () => {
  const { cards } = await playing(10);
  await until('it sounds', async () => firstSound(await cards.heard('kitchen')) !== undefined);
  const other = ground.own(Program.spawn('aplay', ['-q', '-D', 'kitchen', '/dev/zero'], cards.env));
  await other.ended;
  expect(other.log).toContain('busy');
});
