import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeWav } from '../../bench/sync/signal.js';
import type { TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { deadDisk, type DeadDisk } from '../fakes/dead-disk.js';
import { ServerProcess } from '../fakes/server-process.js';
import { SmallDisk } from '../fakes/small-disk.js';
import { until } from '../until.js';

let dir: string;
let disk: SmallDisk;
let dead: DeadDisk | undefined;
let server: ServerProcess | undefined;
let client: TuttiClient | undefined;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-dead-music-'));
  disk = await SmallDisk.open('4m');
  await mkdir(disk.seen('music'));
  await writeWav(disk.seen('music', 'tone.wav'), [new Int16Array(60 * 8000)], 8000);
});

afterEach(async () => {
  client?.close();
  await server?.kill();
  await dead?.end();
  await disk.close();
  await rm(dir, { recursive: true, force: true });
  [client, server, dead] = [undefined, undefined, undefined];
});

async function start(): Promise<ServerProcess> {
  const players = [{ id: 'silent', kind: 'null', name: 'Silent' }];
  const musicDir = join(disk.path, 'music');
  return (server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir,
    players,
    before: disk.words,
  }));
}

async function connected(to: ServerProcess): Promise<TuttiClient> {
  client = to.client();
  await client.ready();
  return client;
}

/** Milliseconds after which systemd kills what has not ended. */
async function stopMs(unit: string): Promise<number> {
  const text = await readFile(join(packageRoot, 'systemd', unit), 'utf8');
  return Number(/^TimeoutStopSec=(\d+)$/m.exec(text)?.[1]) * 1000;
}

const silent = { room_id: 'silent' };
const room = async (of: TuttiClient) =>
  (await of.send('room:list', {})).rooms.find(({ room_id }) => room_id === 'silent');

it('a server whose music hangs in the kernel ends when it is asked to, and has kept everything', async () => {
  const running = await start();
  const first = await connected(running);
  await until('it knows the music', async () => (await first.send('library:status', {})).track_count === 1);
  const [track] = (await first.send('library:tracks', {})).items;
  const source = { track_ids: [track!.track_id] };
  await first.send('queue:add', { ...silent, source, play: true });
  dead = await deadDisk(join(disk.path, 'music'), disk.words);
  await first.send('library:scan', { full: false });
  await first.send('room:rename', { ...silent, name: 'Kitchen' });
  await first.send('room:pause', silent);
  const asked = performance.now();
  await running.kill('SIGTERM');
  expect(performance.now() - asked).toBeLessThan(await stopMs('tutti.service'));
  expect(running.end).toEqual({ code: null, signal: 'SIGTERM' });

  // The music still does not answer.
  await running.start();
  expect(await room(await connected(running))).toMatchObject({
    name: 'Kitchen',
  });
});

it('a server that waits for its music at the start ends when it is asked to', async () => {
  dead = await deadDisk(join(disk.path, 'music'), disk.words);
  const running = await start();
  const asked = performance.now();
  await running.kill('SIGTERM');
  expect(performance.now() - asked).toBeLessThan(await stopMs('tutti.service'));
  expect(running.end).toEqual({ code: null, signal: 'SIGTERM' });
});
