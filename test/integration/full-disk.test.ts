import { execFile } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { ServerProcess } from '../fakes/server-process.js';
import { SmallDisk } from '../fakes/small-disk.js';
import { until } from '../until.js';

const run = promisify(execFile);

/** A whole server with its data on a disk of 40 MB, by a player without a sound card. */
let disk: SmallDisk;
let server: ServerProcess;
let client: TuttiClient;
const ROOM = 'silent';

beforeEach(async () => {
  disk = await SmallDisk.open('40m');
  server = await ServerProcess.start({
    dataDir: disk.seen('state'),
    players: [{ id: ROOM, kind: 'null', name: 'Silent' }],
    before: disk.words,
    env: { TUTTI_DATA_DIR: `${disk.path}/state`, TUTTI_SPACE_RESERVE_MB: '1', TUTTI_MUSIC_DIR: '' },
  });
  await join();
});

afterEach(async () => {
  client?.close();
  await server?.kill();
  await disk?.close();
});

async function join(): Promise<void> {
  client?.close();
  client = server.client(['system', 'rooms', `room/${ROOM}`]);
  await client.ready();
  await until('the room is there', () => client.mirror.room[ROOM] !== undefined);
}

const notices = (): string[] => (client.mirror.system?.notices ?? []).map(({ notice_id }) => notice_id);
const position = async (): Promise<number> =>
  (await client.send('room:get', { room_id: ROOM })).playback.position_seconds;
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: { code?: string }) => String(error.code),
  );

async function play(): Promise<void> {
  await until(
    'the demo music is there',
    async () => (await client.send('library:status', {})).album_count > 0,
  );
  const [album] = (await client.send('library:albums', {})).items;
  await client.send('queue:add', { room_id: ROOM, source: { album_id: album!.album_id }, play: true });
  await until('it plays', () => client.mirror.room[ROOM]?.playback.state === 'playing');
}

/** What the house does that has to be kept; a client is told when it is not. */
const keep = (name: string): Promise<string> => codeOf(client.send('room:rename', { room_id: ROOM, name }));
const nameOf = (): string | undefined => client.mirror.room[ROOM]?.room.name;

/** What is kept again is there in the next life of the server, too. */
async function keepsAgain(): Promise<void> {
  await until(
    'it takes things again',
    async () => (await keep('After').catch(() => 'away')) === 'done',
    60_000,
  );
  await server.kill();
  await server.start();
  await join();
  expect(nameOf()).toBe('After');
}

/** One name is in the backup, the other was given after it. */
async function backUpBetween(before: string, after: string): Promise<void> {
  await keep(before);
  const { job_id } = await client.send('backup:create', {});
  await until('it is made', async () => (await client.send('job:get', { job_id })).status === 'completed');
  await keep(after);
}

describe('[BK4] a disk that is full', () => {
  it('stops no music, is told, refuses what would be lost, and all is well when there is room', async () => {
    await play();
    expect(await keep('Before')).toBe('done');
    await disk.fill();
    await until('it is told', () => notices().includes('kept-disk'));
    const there = await position();
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    expect(nameOf()).toBe('Before');
    for (const answer of [
      await codeOf(client.send('room:volume', { room_id: ROOM, volume: 0.4 })),
      await codeOf(client.send('room:pause', { room_id: ROOM })),
      await codeOf(client.send('room:next', { room_id: ROOM })),
      await codeOf(client.send('room:play', { room_id: ROOM })),
      await codeOf(client.send('library:albums', {})),
    ])
      expect(answer).toBe('done');
    await until('it plays on', async () => client.mirror.room[ROOM]?.playback.state === 'playing');
    expect(there).toBeGreaterThanOrEqual(0);
    await disk.clear();
    await until('it is told no more', () => !notices().includes('kept-disk'), 60_000);
    expect(await keep('After')).toBe('done');
    await server.kill();
    await server.start();
    await join();
    expect([nameOf(), client.mirror.room[ROOM]?.playback.volume]).toEqual(['After', 0.4]);
  });

  it('lets a server start, and play', async () => {
    await play();
    await keep('Before');
    await server.kill();
    await disk.fill();
    await server.start();
    await join();
    await until('it is told', () => notices().includes('kept-disk'));
    expect(nameOf()).toBe('Before');
    expect(await codeOf(client.send('room:play', { room_id: ROOM }))).toBe('done');
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    await disk.clear();
    await keepsAgain();
  });

  it('lets a server start that has kept nothing yet', async () => {
    await server.kill();
    for (const name of readdirSync(disk.seen('state')))
      if (name !== 'tutti.yaml') rmSync(disk.seen('state', name), { recursive: true });
    await disk.fill();
    await server.start();
    await join();
    await until('it is told', () => notices().includes('kept-disk'));
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    await disk.clear();
    await keepsAgain();
    await play();
  });
});

describe('[BK4] a disk that refuses every write', () => {
  it('stops no music while the server runs, and loses nothing that was acknowledged', async () => {
    await play();
    expect(await keep('Before')).toBe('done');
    // Nobody may lock a disk on which files are open: a limit of the process refuses as a broken card does.
    await run('prlimit', ['--pid', String(server.pid), '--fsize=0:']);
    const length = (): number => client.mirror.room[ROOM]?.playback.queue_length ?? 0;
    const before = length();
    const [album] = (await client.send('library:albums', {})).items;
    const more = { room_id: ROOM, source: { album_id: album!.album_id } };
    // The command that finds it out: what it changed holds, and is kept later.
    await expect(client.send('queue:add', more)).rejects.toThrow(/holds until the server restarts/);
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    expect(nameOf()).toBe('Before');
    await until('it is told', () => notices().includes('kept-disk'));
    const after = length();
    expect(after).toBeGreaterThan(before);
    for (const more of ['next', 'play'] as const)
      expect(await codeOf(client.send(`room:${more}`, { room_id: ROOM }))).toBe('done');
    expect(await codeOf(client.send('room:volume', { room_id: ROOM, volume: 0.3 }))).toBe('done');
    await run('prlimit', ['--pid', String(server.pid), '--fsize=unlimited:']);
    await until('it takes things again', async () => (await keep('After')) === 'done', 60_000);
    await server.kill();
    await server.start();
    await join();
    expect([nameOf(), client.mirror.room[ROOM]?.playback.volume]).toEqual(['After', 0.3]);
    expect(length()).toBe(after);
  });

  it('keeps nobody asleep: an alarm rings, and the room is as before', async () => {
    await play();
    await client.send('room:pause', { room_id: ROOM });
    const [album] = (await client.send('library:albums', {})).items;
    const source = { album_id: album!.album_id };
    const asked = { room_id: ROOM, time: '07:00', source, volume: 0.4, fade_seconds: 0 };
    const { alarm_id } = (await client.send('alarm:set', asked)).alarm;
    const playback = () => client.mirror.room[ROOM]?.playback;
    const ring = async () => (await client.send('alarm:list', {})).alarms[0]?.ring;
    const volume = playback()?.volume;
    await run('prlimit', ['--pid', String(server.pid), '--fsize=0:']);
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    expect(await codeOf(client.send('alarm:test', { alarm_id }))).toBe('done');
    await until('it is heard', () => playback()?.state === 'playing' && playback()?.volume === 0.4);
    expect(await ring()).toMatchObject({ state: 'ringing', tone: false });
    await client.send('alarm:stop', { alarm_id });
    await until('it is as loud as before', () => playback()?.volume === volume);
    expect(playback()?.state).not.toBe('playing');
    expect(await ring()).toBeUndefined();
  });
});

describe('[BK4] a disk that can only be read', () => {
  it('lets a server start with what it knew, and start anew when it can be written', async () => {
    await play();
    await keep('Before');
    await server.kill();
    await disk.remount('ro');
    await server.start();
    await join();
    await until('it is told', () => notices().includes('kept-disk'));
    expect(nameOf()).toBe('Before');
    expect(client.mirror.room[ROOM]?.playback.queue_length).toBeGreaterThan(0);
    expect(await codeOf(client.send('room:play', { room_id: ROOM }))).toBe('done');
    expect(await keep('Meanwhile')).toBe('ERR_DISK');
    // What may be the last chance of a dying card.
    const saved = await mkdtemp(`${tmpdir()}/tutti-saved-`);
    const [program = '', ...words] = disk.words;
    const main = [process.execPath, `${packageRoot}/dist/src/main.js`, 'backup', `${saved}/`];
    const env = { ...process.env, TUTTI_DATA_DIR: `${disk.path}/state`, TUTTI_SPACE_RESERVE_MB: '1' };
    const { stdout } = await run(program, [...words, ...main], { env });
    expect(stdout).toContain('read back and in order');
    expect(readdirSync(saved)).toHaveLength(1);
    await rm(saved, { recursive: true });
    await disk.remount('rw');
    await keepsAgain();
  });
});

it('begins anew with a restored backup, in the same process', async () => {
  await backUpBetween('Then', 'Later');
  const { backups } = await client.send('backup:list', {});
  expect(backups).toMatchObject([{ kind: 'manual' }]);
  const { pid } = server;
  await client.send('backup:restore', { backup_id: backups[0]!.backup_id });
  await until('the name is that of then', async () => nameOf() === 'Then');
  expect(server.pid).toBe(pid);
  expect(readdirSync(disk.seen('state', 'aside'))).toHaveLength(1);
});

it('mends itself at a start after its database was damaged, and says what is lost', async () => {
  await backUpBetween('Then', 'Later');
  await server.kill();
  writeFileSync(disk.seen('state', 'tutti.db'), 'x'.repeat(50_000));
  for (const end of ['-wal', '-shm']) await rm(disk.seen('state', `tutti.db${end}`), { force: true });
  await server.start();
  await join();
  await until('it is told', () => notices().includes('kept-lost-0'));
  expect(nameOf()).toBe('Then');
  expect(client.mirror.system!.notices.find(({ notice_id }) => notice_id === 'kept-lost-0')?.message).toMatch(
    /damaged.*backup of .* was taken/,
  );
  expect(existsSync(disk.seen('state', 'aside'))).toBe(true);
});
