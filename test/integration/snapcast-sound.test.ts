import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import type { DrivenLink } from '../contracts/driven-link.js';
import { startSnapclient, TO_FILE } from '../fakes/real-snapclient.js';
import { until } from '../until.js';
import { SnapRig } from './snapcast-rig.js';

const RATE = 48_000;
/** From one click to the next, in samples; no divisor of a chunk. */
const SPACING = 4801;
const LOUD = 20_000;

let dir: string;
let rig: SnapRig;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-snap-'));
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

/** Clicks of one sample, evenly spaced over items that follow each other; between them a hum that is never quite silent. */
async function clicks(name: string, frames: number, first = 0): Promise<Media> {
  const sound = Buffer.alloc(frames * 4);
  for (let n = 0; n < frames; n++) {
    const value = (first + n) % SPACING === 0 ? LOUD : 100 + ((first + n) % 50);
    sound.writeInt16LE(value, n * 4);
    sound.writeInt16LE(value, n * 4 + 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + sound.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 4, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(sound.length, 40);
  const path = join(dir, `${name}.wav`);
  await writeFile(path, Buffer.concat([head, sound]));
  return { ref: name, path, title: name, live: false, duration_seconds: frames / RATE };
}

interface Room {
  readonly link: DrivenLink;
  heard(): Promise<Int16Array>;
  /** How often it had to begin anew, and how often it wanted sound and had none. */
  troubles(): readonly [number, number];
}

async function room(name: string): Promise<Room> {
  const file = join(dir, `${name}.pcm`);
  const client = await startSnapclient({ port: rig.server.port, id: name, player: TO_FILE(file) });
  rig.with({ close: () => client.stop() });
  const link = await rig.link(name, { volume: 1, muted: false });
  const heard = async (): Promise<Int16Array> => {
    const bytes = await readFile(file);
    return Int16Array.from({ length: Math.floor(bytes.length / 4) }, (_, n) => bytes.readInt16LE(n * 4));
  };
  const count = (words: string): number => client.words.split(words).length - 1;
  return { link, heard, troubles: () => [count('Codec: '), count('No chunks available')] };
}

/** Samples between neighbouring clicks. */
function spacings(samples: Int16Array): number[] {
  const at: number[] = [];
  samples.forEach((sample, n) => {
    if (sample > LOUD / 2) at.push(n);
  });
  return at.slice(1).map((place, n) => place - at[n]!);
}

/** The longest silence between the first sound and the last, in samples. */
function longestSilence(samples: Int16Array): number {
  const to = samples.findLastIndex((sample) => sample !== 0);
  let [longest, run] = [0, 0];
  for (let n = samples.findIndex((sample) => sample !== 0); n < to; n++) {
    run = samples[n] === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

const inMs = (ms: number): number => systemClock.nowUs() + ms * 1000;

for (const codec of ['pcm', 'flac'] as const) {
  it(`a stock snapclient plays two items as one, as ${codec}, to the sample`, async () => {
    rig = await SnapRig.start({ codec });
    const frames = [100_003, 90_001] as const;
    const [first, second] = [await clicks('one', frames[0]), await clicks('two', frames[1], frames[0])];
    const kitchen = await room('kitchen');
    // Long enough for a slow machine to open it: what begins late begins further on, and its first clicks are not heard.
    const at_us = inMs(4000);
    await kitchen.link.run({
      type: 'load',
      media: first,
      next: second,
      position_seconds: 0,
      playing: true,
      at_us,
    });
    await kitchen.link.next('ended', 'the end', ({ ref }) => ref === 'two');
    const count = Math.floor((frames[0] + frames[1] - 1) / SPACING);
    await until('the last click', async () => spacings(await kitchen.heard()).length >= count);
    const heard = await kitchen.heard();
    expect(spacings(heard)).toEqual(Array<number>(count).fill(SPACING));
    expect(longestSilence(heard)).toBe(0);
  });
}

/** What a busy machine does to the clock of the client is its own affair: it drops and doubles samples to keep up. */
it('a stock snapclient never wants for sound while two others are regrouped a hundred times', async () => {
  rig = await SnapRig.start();
  const [music, other] = [await clicks('music', 120 * RATE), await clicks('other', 120 * RATE)];
  const [stays, ...movers] = [await room('stays'), await room('b'), await room('c')];
  const cue = { position_seconds: 0, at_us: inMs(800) };
  await stays.link.run({ type: 'load', media: music, playing: true, ...cue });
  await stays.link.next('playback', 'playing', ({ rate }) => rate === 1);
  const before = stays.troubles();
  for (let n = 0; n < 50; n++) {
    const media = n % 2 === 0 ? music : other;
    for (const { link } of movers) {
      await link.run({ type: 'load', media, playing: true, ...cue });
      await link.next(
        'playback',
        `playing after move ${n}`,
        ({ ref, rate }) => ref === media.ref && rate === 1,
      );
    }
  }
  expect(stays.troubles()).toEqual(before);
  expect(spacings(await stays.heard()).length).toBeGreaterThan(10);
}, 120_000);

it('volume and mute are heard', async () => {
  rig = await SnapRig.start();
  const music = await clicks('music', 60 * RATE);
  const kitchen = await room('kitchen');
  await kitchen.link.run({ type: 'load', media: music, position_seconds: 0, playing: true });
  const loudest = async (what: string, test: (peak: number) => boolean): Promise<void> => {
    await until(what, async () => {
      const lately = (await kitchen.heard()).slice(-RATE / 4);
      return test(lately.reduce((peak, sample) => Math.max(peak, sample), 0));
    });
  };
  await loudest('full volume', (peak) => peak === LOUD);
  await kitchen.link.run({ type: 'volume', volume: 0.5 });
  await loudest('less', (peak) => peak > 0 && peak < LOUD / 2);
  await kitchen.link.run({ type: 'mute', muted: true });
  await loudest('nothing', (peak) => peak === 0);
  await kitchen.link.run({ type: 'mute', muted: false });
  await loudest('as before', (peak) => peak > 0 && peak < LOUD / 2);
});
