import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { silentLogger as silent } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { startPulse, type Capture, type Pulse } from '../fakes/pulse.js';
import type { Recording } from '../fakes/recording.js';
import { bundle } from './bundle.js';
import { killMpvs, mpvsOf, until } from './local-rig.js';

const run = promisify(execFile);
const HERTZ = 441;
/** Where other programs take all processors, any sound card runs dry. A fault of the driver is there every time. */
const BUSY = { retry: 2 };
const OPTIONS = { ao: 'pulse', output: 'pulse/kitchen' };

let pulse: Pulse;
let folder = '';
let runtimeDir = '';
let links: DrivenLink[] = [];

beforeAll(async () => {
  pulse = await startPulse(['kitchen', 'bath']);
  Object.assign(process.env, pulse.env);
  folder = await mkdtemp(join(tmpdir(), 'tutti-tone-'));
  for (const [part, from, to] of [
    ['one', 0, 2],
    ['two', 2, 4],
    ['three', 4, 6],
    ['long', 0, 12],
  ] as const) {
    await tone(`${part}.flac`, from, to);
  }
});

afterAll(async () => {
  for (const name of Object.keys(pulse.env)) Reflect.deleteProperty(process.env, name);
  await pulse.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  runtimeDir = await mkdtemp(join(tmpdir(), 'tutti-run-'));
});

afterEach(async () => {
  for (const link of links) await link.close();
  links = [];
  await killMpvs(runtimeDir);
  await rm(runtimeDir, { recursive: true, force: true });
});

/** The seconds `from`..`to` of one endless sine. */
async function tone(name: string, from: number, to: number, rate = 44_100): Promise<void> {
  const sine = `sine=frequency=${HERTZ}:sample_rate=${rate}:duration=${to}`;
  const cut = `atrim=start_sample=${from * rate}:end_sample=${to * rate},asetpts=N/SR/TB`;
  const source = ['-f', 'lavfi', '-i', `${sine},${cut}`, '-ac', '2', '-sample_fmt', 's16'];
  await run('ffmpeg', ['-v', 'error', '-y', ...source, join(folder, name)]);
}

function media(name: string): Media {
  return { ref: `ref-${name}`, path: join(folder, `${name}.flac`), title: name, live: false };
}

async function connect(memory?: unknown): Promise<DrivenLink> {
  const link = await DrivenLink.connect({ definition: local, options: OPTIONS, runtimeDir, memory });
  links.push(link);
  return link;
}

function playing(link: DrivenLink, name: string): Promise<unknown> {
  const { ref } = media(name);
  return link.next('playback', `${name} plays`, (fact) => fact.ref === ref && fact.status === 'playing');
}

/** The recording, once everything that was written has been heard. */
async function heard(capture: Capture, seconds: number): Promise<Recording> {
  await until('the capture to be long enough', () => capture.bytes > seconds * 44_100 * 4, 30_000);
  return capture.stop();
}

it('plays three files that were one as one, without a sample lost or added', BUSY, async () => {
  const capture = await pulse.capture('kitchen');
  const link = await connect();
  await link.run({
    type: 'load',
    media: media('one'),
    next: media('two'),
    position_seconds: 0,
    playing: true,
  });
  await playing(link, 'two');
  await link.run({ type: 'preload', next: media('three') });
  await playing(link, 'three');
  await link.next('ended', 'the end', (fact) => fact.ref === media('three').ref);
  const sound = (await heard(capture, capture.bytes / 44_100 / 4 + 0.3)).sounding();
  expect(sound.breaksOfSine(HERTZ)).toEqual([]);
  expect(sound.longestGapMs()).toBeLessThan(1);
  // A null sink swallows the first 3-4 ms of any stream.
  expect(sound.seconds).toBeGreaterThan(5.99);
  expect(sound.seconds).toBeLessThan(6.001);
});

it('does not disturb what is heard when the next one changes', BUSY, async () => {
  const capture = await pulse.capture('kitchen');
  const link = await connect();
  await link.run({ type: 'load', media: media('long'), position_seconds: 0, playing: true });
  await playing(link, 'long');
  for (const name of ['one', 'two', 'three']) await link.run({ type: 'preload', next: media(name) });
  await link.run({ type: 'preload' });
  await link.reaches(1.5);
  const sound = await capture.stop();
  expect(sound.breaksOfSine(HERTZ)).toEqual([]);
});

it('says that the next one plays when it is heard, not when it is written', async () => {
  const link = await connect();
  await link.run({
    type: 'load',
    media: media('one'),
    next: media('two'),
    position_seconds: 0,
    playing: true,
  });
  await playing(link, 'one');
  await link.reaches(1.5);
  const end = link.last('playback');
  await playing(link, 'two');
  const next = link.last('playback');
  const due = (end?.at_us ?? 0) + (2 - (end?.position_seconds ?? 0)) * 1e6;
  expect(((next?.at_us ?? 0) - due) / 1e6 - (next?.position_seconds ?? 0)).toBeCloseTo(0, 1);
});

it(
  'plays on without a gap when the server is killed, and is taken up by the next one at the same place',
  BUSY,
  async () => {
    const program = await bundle(fileURLToPath(new URL('local-server.ts', import.meta.url)));
    const capture = await pulse.capture('kitchen');
    const { ref, path } = media('long');
    const next = media('one');
    const task = { runtimeDir, options: OPTIONS, path, ref, nextPath: next.path, nextRef: next.ref };
    const server = spawn(process.execPath, [program, JSON.stringify(task)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => server.once('close', resolve));
    for await (const line of createInterface(server.stdout)) if (line.includes('"playing"')) break;
    server.kill('SIGKILL');
    await gone;
    await rm(dirname(program), { recursive: true });

    const pids = await mpvsOf(runtimeDir);
    const link = await connect();
    const playback = await link.next('playback', 'what was found playing');
    expect(playback).toMatchObject({ ref, status: 'playing', rate: 1 });
    expect(await mpvsOf(runtimeDir)).toEqual(pids);

    await link.reaches(2.5);
    link.forget();
    await link.run({ type: 'pause' });
    const paused = await link.next('playback', 'paused', (fact) => fact.status === 'paused');
    expect(paused.position_seconds).toBeCloseTo(link.projected(), 1);
    const sound = (await heard(capture, paused.position_seconds)).sounding();
    expect(sound.breaksOfSine(HERTZ)).toEqual([]);
    expect(sound.longestGapMs()).toBeLessThan(1);
    expect(sound.seconds).toBeCloseTo(paused.position_seconds, 1);
  },
);

it('moves to another output while it plays', async () => {
  const link = await connect();
  await link.run({ type: 'load', media: media('long'), position_seconds: 0, playing: true });
  await playing(link, 'long');
  const bath = await pulse.capture('bath');
  await link.run({ type: 'output', output_id: 'pulse/bath', active: true });
  const active = await link.next('outputs', 'the other output', (fact) =>
    fact.outputs.some(({ output_id, active }) => output_id === 'pulse/bath' && active),
  );
  expect(active.outputs.filter((output) => output.active)).toHaveLength(1);
  expect(active.outputs.map(({ output_id }) => output_id)).toEqual(['auto', 'pulse/kitchen', 'pulse/bath']);
  await until(
    'sound in the bath',
    async () => (await pulse.pactl('list', 'short', 'sink-inputs')).split('\n').length > 2,
  );
  const before = bath.bytes;
  const sound = await heard(bath, before / 44_100 / 4 + 1.5);
  expect(sound.level(HERTZ, sound.seconds - 0.5)).toBeGreaterThan(0.05);
});

it('finds the output again after mpv has died', async () => {
  const link = await connect();
  await link.run({ type: 'output', output_id: 'pulse/bath', active: true });
  await link.run({ type: 'volume', volume: 0.25 });
  await link.next('memory', 'the volume remembered', ({ value }) =>
    JSON.stringify(value).includes('"volume":25'),
  );
  await killMpvs(runtimeDir);
  await link.link.closed;
  const again = await connect(link.memory);
  expect(again.last('volume')).toMatchObject({ volume: 0.25, muted: false });
  expect(again.last('outputs')?.outputs.find((output) => output.active)?.output_id).toBe('pulse/bath');
});

it('is found on a machine with an output that is real, and named', async () => {
  const found = await local.local?.(silent);
  expect(found).toEqual([{ key: 'local', name: expect.any(String), options: {} }]);
});
