import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import { positionAt, type SyncReport } from '../../src/protocol/index.js';
import { startPulse, type Pulse } from '../fakes/pulse.js';
import { freePort } from '../../bench/program.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { startSnapclient, TO_FILE, type RunningSnapclient } from '../fakes/real-snapclient.js';
import { Recording } from '../fakes/recording.js';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { killMpvs, mpvsOf } from './local-rig.js';

const run = promisify(execFile);
const HERTZ = 441;
const KILLS = 4;
const HEARD = ['left', 'right'] as const;
const CLIENT = 'snapcast-survivor';
const MEMBERS = [...HEARD, 'bath', CLIENT];
/** Steered players are corrected by more than their speed beyond this, which would be a gap. */
const STEERED_MS = 20;
/** A player that the machine kept from playing in time rejoins with a gap that is shorter than this; a server is away for longer. */
const REJOIN_MS = 500;
/** An MPD whose latency nobody told. */
const NUDGED_SECONDS = 0.5;

let pulse: Pulse;
let mpd: RunningMpd;
let snapclient: RunningSnapclient;
let dir = '';
let server: ServerProcess;
let client: TuttiClient;
let reports: readonly SyncReport[] = [];

beforeAll(async () => {
  pulse = await startPulse(HEARD);
  dir = await mkdtemp(join(tmpdir(), 'tutti-shared-survival-'));
  const musicDir = join(dir, 'music');
  await mkdir(musicDir);
  const sine = `sine=frequency=${HERTZ}:sample_rate=44100:duration=180`;
  const tags = ['-metadata', 'title=Sine', '-metadata', 'artist=A', '-metadata', 'album=B'];
  const file = join(musicDir, 'sine.flac');
  await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', sine, '-ac', '2', ...tags, file]);
  mpd = await startMpd({ musicDir });
  const port = await freePort();
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir,
    players: [
      ...HEARD.map((id) => ({ id, kind: 'local', name: id, ao: 'pulse', output: `pulse/${id}` })),
      { id: 'bath', kind: 'mpd', name: 'Bath', host: mpd.host, port: mpd.port },
    ],
    env: { ...pulse.env },
    config: { snapcast: true, snapcast_host: '127.0.0.1', snapcast_port: port },
  });
  snapclient = await startSnapclient({ port, id: 'survivor', player: TO_FILE(join(dir, 'snapclient.pcm')) });
  client = server.client(['library', 'rooms', 'players', 'room/left']);
  client.onEvent((event) => {
    if (event.type === 'sync:report') reports = event.data.players;
  });
  await client.ready();
});

afterAll(async () => {
  client.close();
  await server.kill();
  await killMpvs(join(dir, 'state', 'run'));
  await snapclient.stop();
  await mpd.stop();
  await pulse.close();
  await rm(dir, { recursive: true, force: true });
});

const members = (): string[] =>
  client.mirror.room['left']?.players.map(({ player_id }) => player_id).sort() ?? [];
const skewMs = (id: string): number => {
  const report = reports.find(({ player_id }) => player_id === id);
  return Math.abs(report?.skew_ms?.now ?? Infinity);
};

const snapclientPcm = (): Promise<Buffer> =>
  readFile(join(dir, 'snapclient.pcm')).catch(() => Buffer.alloc(0));

/** Where MPD says that it is, against the room. */
async function mpdAhead(): Promise<number> {
  const said = /(\d+):(\d\d)\/\d/.exec(await mpd.mpc('status'));
  const room = positionAt(client.mirror.room['left']!.playback, client.serverNowUs());
  return said ? Number(said[1]) * 60 + Number(said[2]) + 0.5 - room : Infinity;
}

async function inPhase(what: string): Promise<void> {
  reports = [];
  try {
    await until(what, () => HEARD.every((id) => skewMs(id) < STEERED_MS), 30_000);
  } catch (error) {
    const { connection } = client;
    throw new Error(`${what}: ${JSON.stringify({ connection, reports })}`, { cause: error });
  }
  await until(`${what}: MPD, too`, () => skewMs('bath') < NUDGED_SECONDS * 1000, 30_000);
  const written = (await snapclientPcm()).length;
  const isLoud = (pcm: Buffer): boolean => Recording.fromPcm(pcm, 48_000, 2).level(HERTZ) > 0.005;
  await until(
    `${what}: the snapclient, too`,
    async () => isLoud((await snapclientPcm()).subarray(written)),
    30_000,
  );
  expect(Math.abs(await mpdAhead())).toBeLessThan(1 + NUDGED_SECONDS);
}

it(`a shared room plays on, and is one, while the server is killed ${KILLS} times`, async () => {
  await until('everything is there', async () => {
    const { track_count } = await client.send('library:status', {});
    const online = client.mirror.players?.filter(({ link }) => link === 'online');
    return track_count === 1 && online?.length === MEMBERS.length;
  });
  const [track] = (await client.send('library:tracks', {})).items;
  await client.send('room:group', { room_id: 'left', player_ids: MEMBERS });
  for (const player_id of HEARD) await client.send('player:volume', { player_id, volume: 1 });
  const source = { track_ids: [track!.track_id] };
  await client.send('queue:add', { room_id: 'left', source, play: true });
  await inPhase('they play together');
  const captures = await Promise.all(HEARD.map((name) => pulse.capture(name)));
  await until('both are heard', () => captures.every(({ bytes }) => bytes > 200_000));
  const mpvs = (await mpvsOf(join(dir, 'state', 'run'))).sort();
  expect(mpvs).toHaveLength(2);

  for (let round = 0; round < KILLS; round++) {
    await server.kill();
    await server.start();
    await until('the client is back by itself', () => client.connection.state === 'live', 20_000);
    await until('it plays', () => client.mirror.room['left']?.playback.state === 'playing', 20_000);
    expect(members()).toEqual([...MEMBERS].sort());
    await inPhase(`after kill ${round + 1}`);
  }
  expect((await mpvsOf(join(dir, 'state', 'run'))).sort()).toEqual(mpvs);
  expect(await mpd.mpc('status')).toContain('[playing]');
  for (const recording of await Promise.all(captures.map((capture) => capture.stop()))) {
    expect(recording.seconds).toBeGreaterThan(5);
    expect(recording.longestGapMs()).toBeLessThan(REJOIN_MS);
  }
}, 240_000);
