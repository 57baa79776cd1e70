import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { MESSAGE } from '../../drivers/snapcast/wire.js';
import { SnapControl } from '../../drivers/snapserver/client.js';
import { snapserver } from '../../drivers/snapserver/index.js';
import { systemClock } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { FakeSnapclient } from '../fakes/fake-snapclient.js';
import { Radio } from '../fakes/radio.js';
import { startSnapclient, TO_FILE } from '../fakes/real-snapclient.js';
import { startSnapserver, type RunningSnapserver } from '../fakes/real-snapserver.js';
import { until } from '../until.js';

const RATE = 48_000;
const SPACING = 4801;
const LOUD = 20_000;
const BUFFER_US = 1e6;
/** How exactly it is known when snapserver reads. */
const KNOWN_US = 100_000;
const Anything = z.unknown();
const Config = z.object({
  client: z.object({
    config: z.object({
      latency: z.number(),
      volume: z.object({ percent: z.number(), muted: z.boolean() }),
    }),
  }),
});

/** snapserver dies of a Hello that lacks any of these. */
const HELLO = {
  ID: 'ear',
  MAC: 'ear',
  HostName: 'ear',
  Version: '0.26.0',
  Instance: 1,
  ClientName: 'Ear',
  Arch: 'x86_64',
  OS: 'Debian',
  SnapStreamProtocolVersion: 2,
};

let dir: string;
let server: RunningSnapserver;
let ends: (() => Promise<void> | void)[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-snapserver-sound-'));
  server = await startSnapserver();
  ends = [() => rm(dir, { recursive: true, force: true }), () => server.stop()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** A stock snapclient that plays into a file, and its player. */
async function player(): Promise<{ link: DrivenLink; heard: () => Promise<Int16Array> }> {
  const file = join(dir, 'heard.pcm');
  const client = await startSnapclient({ port: server.streamPort, id: 'kitchen', player: TO_FILE(file) });
  ends.push(() => client.stop());
  const options = {
    host: '127.0.0.1',
    port: server.controlPort,
    client_id: 'kitchen',
    source: `tcp://127.0.0.1:${server.sourcePort}`,
  };
  const link = await DrivenLink.connect({ definition: snapserver, options, runtimeDir: dir });
  ends.push(() => link.close());
  return {
    link,
    async heard() {
      const bytes = await readFile(file);
      return Int16Array.from({ length: Math.floor(bytes.length / 4) }, (_, n) => bytes.readInt16LE(n * 4));
    },
  };
}

/** Somebody else's remote control. */
async function somebody(): Promise<SnapControl> {
  const target = { host: '127.0.0.1', port: server.controlPort };
  const control = await SnapControl.open(target, systemClock, AbortSignal.timeout(5000));
  ends.push(() => control.close());
  return control;
}

/** Sixteen-bit samples as a WAVE file. */
async function wave(
  name: string,
  frames: number,
  sample: (n: number) => readonly [number, number],
): Promise<Media> {
  const bytes = Buffer.alloc(44 + frames * 4);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + frames * 4, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(2, 22);
  bytes.writeUInt32LE(RATE, 24);
  bytes.writeUInt32LE(RATE * 4, 28);
  bytes.writeUInt16LE(4, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(frames * 4, 40);
  for (let n = 0; n < frames; n++)
    sample(n).forEach((value, side) => bytes.writeInt16LE(value, 44 + n * 4 + side * 2));
  const path = join(dir, `${name}.wav`);
  await writeFile(path, bytes);
  return { ref: name, path, title: name, live: false, duration_seconds: frames / RATE };
}

/** Clicks of one sample, evenly spaced over items that follow each other, and a hum between them. */
const clicks = (name: string, frames: number, first = 0): Promise<Media> =>
  wave(name, frames, (n) => {
    const value = (first + n) % SPACING === 0 ? LOUD : 100 + ((first + n) % 50);
    return [value, value];
  });

function spacings(samples: Int16Array): number[] {
  const at: number[] = [];
  samples.forEach((sample, n) => {
    if (sample > LOUD / 2) at.push(n);
  });
  return at.slice(1).map((place, n) => place - at[n]!);
}

it('two items come out of a stock snapclient as one, whole', async () => {
  const frames = [100_003, 90_001] as const;
  const [first, second] = [await clicks('one', frames[0]), await clicks('two', frames[1], frames[0])];
  const { link, heard } = await player();
  await link.run({ type: 'load', media: first, next: second, position_seconds: 0, playing: true });
  await link.next('ended', 'the end', ({ ref }) => ref === 'two');
  const count = Math.floor((frames[0] + frames[1] - 1) / SPACING);
  await until('the last click', async () => spacings(await heard()).length >= count);
  // The client itself drops and doubles single samples to keep its time.
  for (const spacing of spacings(await heard())) expect(Math.abs(spacing - SPACING)).toBeLessThan(10);
  expect(spacings(await heard())).toHaveLength(count);
});

it('an internet radio is heard', async () => {
  const radio = await Radio.start();
  ends.push(() => radio.close());
  const { link, heard } = await player();
  const media = { ref: 'radio', url: radio.url, title: 'Radio', live: true };
  await link.run({ type: 'load', media, position_seconds: 0, playing: true });
  await until('sound', async () => (await heard()).slice(-RATE / 4).some((sample) => sample > 1000));
});

it('is heard about where its facts say, by the timestamps of snapserver', async () => {
  const ramp = await wave('ramp', 8 * RATE, (n) => [n % 32_768, 1 + Math.floor(n / 32_768)]);
  const { link } = await player();
  const ear = await FakeSnapclient.connect(server.streamPort);
  ends.push(() => ear.close());
  ear.say(MESSAGE.hello, HELLO);
  let aheadUs = -Infinity;
  ear.socket.on('data', () => {
    const sent = ear.messages.at(-1)?.sent_us ?? 0;
    if (sent > 0) aheadUs = Math.max(aheadUs, sent - systemClock.nowUs());
  });
  for (const position_seconds of [0, 2.5]) {
    const before = ear.chunks.length;
    await link.run({ type: 'load', media: ramp, position_seconds, playing: true });
    await link.next('playback', 'playing', ({ status }) => status === 'playing');
    await link.reaches(position_seconds + 0.7);
    const fact = link.last('playback')!;
    const offUs = ear.chunks.slice(before).flatMap(({ at_us, bytes }) => {
      const [low, high] = [bytes.readInt16LE(0), bytes.readInt16LE(2)];
      const seconds = (low + (high - 1) * 32_768) / RATE;
      if (high === 0 || seconds < position_seconds + 0.1) return [];
      return [at_us - aheadUs + BUFFER_US - (fact.at_us + (seconds - fact.position_seconds) * 1e6)];
    });
    expect(offUs.length).toBeGreaterThan(10);
    for (const off of offUs) expect(Math.abs(off)).toBeLessThan(KNOWN_US);
  }
});

it('volume, mute, latency and stream go both ways', async () => {
  const { link } = await player();
  const other = await somebody();
  const config = async (): Promise<z.infer<typeof Config>['client']['config']> =>
    (await other.request('Client.GetStatus', { id: 'kitchen' }, Config)).client.config;
  await link.run({ type: 'volume', volume: 0.37 });
  await link.run({ type: 'mute', muted: true });
  await link.run({ type: 'latency', latency_ms: -40 });
  expect(await config()).toEqual({ latency: -40, volume: { percent: 37, muted: true } });
  link.forget();
  const volume = { percent: 81, muted: false };
  await other.request('Client.SetVolume', { id: 'kitchen', volume }, Anything);
  await link.next('volume', 'the knob', (fact) => fact.volume === 0.81 && !fact.muted);
  await link.run({ type: 'output', output_id: 'Other', active: true });
  const active = (name: string) => (fact: { outputs: readonly { name: string; active: boolean }[] }) =>
    fact.outputs.some((output) => output.name === name && output.active);
  await link.next('outputs', 'the other stream', active('Other'));
  const Groups = z.object({
    server: z.object({ groups: z.array(z.object({ id: z.string(), stream_id: z.string() })) }),
  });
  const { server: now } = await other.request('Server.GetStatus', undefined, Groups);
  expect(now.groups[0]?.stream_id).toBe('Other');
  const back = { id: now.groups[0]?.id, stream_id: 'Tutti' };
  await other.request('Group.SetStream', back, Anything);
  await link.next('outputs', 'ours', active('Tutti'));
});

it('a snapclient that goes and comes is off line and on line', async () => {
  const { link } = await player();
  const second = await startSnapclient({ port: server.streamPort, id: 'bath' });
  const options = { host: '127.0.0.1', port: server.controlPort, client_id: 'bath' };
  const bath = await DrivenLink.connect({ definition: snapserver, options, runtimeDir: dir });
  await second.stop();
  expect((await bath.link.closed).message).toContain('left');
  const again = DrivenLink.connect({ definition: snapserver, options, runtimeDir: dir });
  const third = await startSnapclient({ port: server.streamPort, id: 'bath' });
  ends.push(() => third.stop());
  await (await again).close();
  await link.link.probe(AbortSignal.timeout(5000));
});
