import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import { positionAt, type Playback, type Player } from '../../src/protocol/index.js';
import { startMpd, type RunningMpd } from '../fakes/real-mpd.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs, mpvsOf } from './local-rig.js';

/** A whole server with a real MPD and a real mpv, and what happens to both. */
let dir = '';
let mpd: RunningMpd;
let server: ServerProcess;
let client: TuttiClient;
let albums: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-recovery-'));
  await makeSineAlbums(join(dir, 'music'), 330, ['One', 'Two'], 2, 30);
  mpd = await startMpd({ musicDir: join(dir, 'music') });
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir: join(dir, 'music'),
    players: [
      { id: 'bath', kind: 'mpd', name: 'Bath', host: mpd.host, port: mpd.port },
      { id: 'desk', kind: 'local', name: 'Desk', ao: 'null' },
    ],
  });
  client = server.client(['players', 'rooms', 'room/bath', 'room/desk']);
  await client.ready();
  await until(
    'both players are there',
    () => player('bath').link === 'online' && player('desk').link === 'online',
  );
  await until(
    'the library is there',
    async () => (await client.send('library:status', {})).album_count === 2,
  );
  albums = (await client.send('library:albums', { sort: 'title' })).items.map((album) => album.album_id);
});

afterAll(async () => {
  client.close();
  await server.kill('SIGTERM');
  await killMpvs(join(dir, 'state', 'run'));
  await mpd.stop();
  await rm(dir, { recursive: true, force: true });
});

beforeEach(async () => {
  for (const room_id of ['bath', 'desk']) {
    await client.send('queue:clear', { room_id });
    await client.send('queue:add', { room_id, source: { album_id: albums[0]! }, play: true });
    await until(`${room_id} plays`, () => playback(room_id).state === 'playing');
  }
});

const playback = (room: string): Playback => client.mirror.room[room]!.playback;
const position = (room: string): number => positionAt(playback(room), client.serverNowUs());
const player = (id: string): Partial<Player> =>
  client.mirror.players?.find((candidate) => candidate.player_id === id) ?? {};

describe('a room on an MPD', () => {
  it('goes on at its position after MPD was killed and started again', async () => {
    await client.send('room:seek', { room_id: 'bath', position_seconds: 12 });
    await until('it plays from there', () => position('bath') > 12.3);
    await mpd.kill();
    await until('the page is told', () => player('bath').link === 'offline');
    expect(playback('bath').rate).toBe(0);
    await mpd.restart();
    await until('it plays again', () => playback('bath').state === 'playing', 30_000);
    expect(position('bath')).toBeGreaterThan(12);
    expect(position('bath')).toBeLessThan(17);
    expect(await mpd.mpc('status')).toContain('[playing]');
  });

  it('follows what mpc does, and leaves what others play alone until it is taken over', async () => {
    await mpd.mpc('pause');
    await until('paused', () => playback('bath').state === 'paused');
    await mpd.mpc('volume', '37');
    await until('turned down', () => playback('bath').volume === 0.37);
    await mpd.mpc('add', 'Two/2.flac');
    await until('our songs stand behind theirs', async () =>
      (await mpd.mpc('playlist', '-f', '%file%')).startsWith('Two/2.flac'),
    );
    await mpd.mpc('play', '1');
    await until('controlled elsewhere', () => player('bath').controlled_elsewhere === true);
    await until('the room is silent', () => playback('bath').state === 'stopped');
    expect(player('bath').foreign).toMatchObject({ title: 'Two 2', status: 'playing' });
    await expect(client.send('room:play', { room_id: 'bath' })).rejects.toMatchObject({
      code: 'ERR_CONTROLLED_ELSEWHERE',
    });
    await client.send('room:take-over', { room_id: 'bath' });
    await client.send('room:play', { room_id: 'bath' });
    await until(
      'ours again',
      () => playback('bath').state === 'playing' && player('bath').controlled_elsewhere === false,
    );
    expect(await mpd.mpc('current', '-f', '%title%')).toContain('One 1');
  });

  it('goes on with the next item where mpc skips to it', async () => {
    await mpd.mpc('next');
    await until('the second track', () => playback('bath').track?.title === 'One 2');
    expect(playback('bath').current_index).toBe(1);
  });
});

describe('a room on the local output', () => {
  it('goes on at its position after mpv was killed', async () => {
    await client.send('room:volume', { room_id: 'desk', volume: 0.42 });
    await client.send('room:seek', { room_id: 'desk', position_seconds: 8 });
    await until('it plays from there', () => position('desk') > 8.3);
    const [pid] = await mpvsOf(join(dir, 'state', 'run'));
    process.kill(pid!, 'SIGKILL');
    await until('the page is told', () => player('desk').link !== 'online');
    await until(
      'it plays again',
      () => playback('desk').state === 'playing' && player('desk').link === 'online',
      20_000,
    );
    expect(position('desk')).toBeGreaterThan(8);
    expect(position('desk')).toBeLessThan(13);
    expect(player('desk').volume).toBeCloseTo(0.42);
    expect(await mpvsOf(join(dir, 'state', 'run'))).toHaveLength(1);
  });

  it('is found playing by a server that was stopped in good order and started again', async () => {
    const before = await mpvsOf(join(dir, 'state', 'run'));
    await server.kill('SIGTERM');
    await server.start();
    await until('the client is back', () => client.connection.state === 'live', 20_000);
    await until(
      'it plays',
      () => playback('desk').state === 'playing' && playback('bath').state === 'playing',
      20_000,
    );
    expect(await mpvsOf(join(dir, 'state', 'run'))).toEqual(before);
    expect(position('desk')).toBeGreaterThan(0.5);
  });
});
