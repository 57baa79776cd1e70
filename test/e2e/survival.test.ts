import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPulse, type Capture, type Pulse } from '../fakes/pulse.js';
import type { Recording } from '../fakes/recording.js';
import { ServerProcess } from '../fakes/server-process.js';
import { killMpvs } from '../integration/local-rig.js';
import { until } from '../until.js';

const run = promisify(execFile);
const HERTZ = 441;
const KILLS = 20;
const ROOM = 'out';

let pulse: Pulse;
let dir = '';
let server: ServerProcess;
let control: ChildProcess | undefined;

/** The same music in an mpv that nobody touches: where this one stumbles too, the machine was short of time. */
async function startControl(): Promise<Capture> {
  const args = [
    '--no-config',
    '--no-video',
    '--no-terminal',
    '--ao=pulse',
    '--audio-device=pulse/control',
    join(dir, 'music', 'sine.flac'),
  ];
  control = spawn('mpv', args, { env: { ...process.env, ...pulse.env }, stdio: 'ignore' });
  const capture = await pulse.capture('control');
  await until('the control is heard', () => capture.bytes > 200_000);
  return capture;
}

/** Breaks of one recording that have none of the other near them. Both captures began within a second of each other. */
function breaksAlone(heard: Recording, other: Recording): number[] {
  const near = other.breaksOfSine(HERTZ);
  return heard.breaksOfSine(HERTZ).filter((at) => !near.some((machine) => Math.abs(machine - at) < 2));
}

beforeAll(async () => {
  pulse = await startPulse(['kitchen', 'control']);
  dir = await mkdtemp(join(tmpdir(), 'tutti-survival-'));
  await mkdir(join(dir, 'music'));
  const sine = `sine=frequency=${HERTZ}:sample_rate=44100:duration=180`;
  const tags = ['-metadata', 'title=Sine', '-metadata', 'artist=A', '-metadata', 'album=B'];
  await run('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    sine,
    '-ac',
    '2',
    ...tags,
    join(dir, 'music', 'sine.flac'),
  ]);
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir: join(dir, 'music'),
    players: [{ id: ROOM, kind: 'local', name: 'Out', ao: 'pulse', output: 'pulse/kitchen' }],
    env: { ...pulse.env },
  });
});

afterAll(async () => {
  control?.kill('SIGKILL');
  await server.kill();
  await killMpvs(join(dir, 'state', 'run'));
  await pulse.close();
  await rm(dir, { recursive: true, force: true });
});

it(`music goes on, and no acknowledged edit is lost, while the server is killed ${KILLS} times`, async () => {
  const client = server.client(['library', 'rooms', `room/${ROOM}`]);
  await client.ready();
  await until(
    'the track is in the library',
    async () => (await client.send('library:status', {})).track_count === 1,
  );
  const [track] = (await client.send('library:tracks', {})).items;
  const source = { track_ids: [track!.track_id] };
  await client.send('room:volume', { room_id: ROOM, volume: 1 });
  await client.send('queue:add', { room_id: ROOM, source, play: true });
  await until('it plays', () => client.mirror.room[ROOM]?.playback.state === 'playing');
  const capture = await pulse.capture('kitchen');
  await until('it is heard', () => capture.bytes > 200_000);

  const untouched = await startControl();

  const acknowledged = new Set<string>();
  const roundTrips: number[] = [];
  for (let round = 0; round < KILLS; round++) {
    const [pause, edit] = [Math.random() * 700, Math.random() * 60];
    await new Promise((resolve) => setTimeout(resolve, pause));
    const reply = await client.send('queue:add', { room_id: ROOM, source, at: 'end' });
    for (const id of reply.item_ids ?? []) acknowledged.add(id);
    const racing = client.send('queue:add', { room_id: ROOM, source, at: 'next' }).then(
      (answer) => answer.item_ids?.forEach((id) => acknowledged.add(id)),
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, edit));
    await server.kill();
    await racing;
    const began = performance.now();
    await server.start();
    await until('the client is back by itself', () => client.connection.state === 'live', 20_000);
    await until('the room plays', () => client.mirror.room[ROOM]?.playback.state === 'playing', 20_000);
    roundTrips.push(Math.round(performance.now() - began));
    const items = new Set(client.mirror.room[ROOM]!.queue.items.map((item) => item.item_id));
    expect([...acknowledged].filter((id) => !items.has(id))).toEqual([]);
  }
  const [heard, reference] = await Promise.all([capture.stop(), untouched.stop()]);
  client.close();
  expect(heard.seconds).toBeGreaterThan(10);
  expect(reference.seconds).toBeGreaterThan(10);
  expect(breaksAlone(heard, reference)).toEqual([]);
  expect(client.mirror.room[ROOM]!.playback.item_id).toBeDefined();
}, 240_000);
