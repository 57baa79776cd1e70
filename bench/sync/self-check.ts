import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { percentile } from '../figures.js';
import type { Ground } from '../ground.js';
import { pause, Program } from '../program.js';
import { openBus } from './bus.js';
import { openCards } from './cards.js';
import { Locator } from './locate.js';
import { delayed, interleaved, noise, RATE, writeWav } from './signal.js';
import { follow, skewsOf } from './skew.js';

export interface RigError {
  readonly windows: number;
  /** How far what the rig says is from what is true, in microseconds. */
  readonly p50Us: number;
  readonly p95Us: number;
  readonly maxUs: number;
}

const SECONDS = 12;
const PPM = 60;
/** Nothing that resamples leaves the samples where they were. */
const FRACTION = 0.37;

/**
 * Two aplay that know nothing of each other, started apart, on cards that drift: what the rig should say follows from when each card
 * started, and from a part of a sample by which one of them gets the music later. The difference to what it does say is its own error.
 */
export async function checkCards(ground: Ground): Promise<RigError> {
  const dir = join(ground.dir, 'self-check');
  await mkdir(dir, { recursive: true });
  const music = noise(77, SECONDS);
  const later = delayed(music, FRACTION);
  await writeWav(join(dir, 'one.wav'), [music, music]);
  await writeWav(join(dir, 'two.wav'), [later, later]);
  const cards = await openCards(dir, [{ name: 'one' }, { name: 'two', ppm: PPM }]);
  const play = (card: string): Program =>
    ground.own(
      Program.spawn('aplay', ['-q', '-D', card, '--buffer-time=400000', join(dir, `${card}.wav`)], cards.env),
    );
  const one = play('one');
  await pause(300 + Math.random() * 200);
  const two = play('two');
  await pause((SECONDS - 2) * 1000);
  await Promise.all([one.stop(), two.stop()]);
  const [first, second] = await Promise.all([cards.heard('one'), cards.heard('two')]);
  if (first.length !== 1 || second.length !== 1)
    throw new Error(`aplay was interrupted or did not run (apt install alsa-utils): ${one.log}${two.log}`);
  const locator = new Locator(music);
  const skews = skewsOf(follow(first, locator), follow(second, locator));
  const errors = skews.map(({ atNs, ms }) => {
    const played = ((atNs - second[0]!.startNs) * (1 + PPM * 1e-6) - (atNs - first[0]!.startNs)) / 1e6;
    return Math.abs(ms - (played - (FRACTION / RATE) * 1000)) * 1000;
  });
  return rigError(errors);
}

/** The same for PulseAudio: one stream that has the channels of both rooms. What is heard must not differ at all. */
export async function checkBus(ground: Ground): Promise<RigError> {
  const dir = join(ground.dir, 'bus-check');
  await mkdir(dir, { recursive: true });
  const music = noise(78, SECONDS);
  const later = delayed(music, FRACTION);
  const raw = join(dir, 'music.raw');
  await writeFile(raw, interleaved([music, music, later, later]));
  const bus = await openBus(['one', 'two']);
  try {
    await bus.listen();
    const args = ['--playback', '--raw', '-d', bus.sink, ...bus.format, raw];
    const player = ground.own(Program.spawn('pacat', args, bus.env));
    await pause((SECONDS - 2) * 1000);
    const [first = [], second = []] = await bus.heard();
    await player.stop();
    const locator = new Locator(music);
    const skews = skewsOf(follow(first, locator), follow(second, locator));
    return rigError(skews.map(({ ms }) => Math.abs(ms + (FRACTION / RATE) * 1000) * 1000));
  } finally {
    await bus.close();
  }
}

function rigError(errors: readonly number[]): RigError {
  if (errors.length < 8) throw new Error('the rig did not find its own signal again');
  return {
    windows: errors.length,
    p50Us: percentile(errors, 0.5),
    p95Us: percentile(errors, 0.95),
    maxUs: Math.max(...errors),
  };
}
