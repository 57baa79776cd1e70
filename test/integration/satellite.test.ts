import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { local } from '../../drivers/local/index.js';
import { createLogger, systemClock, systemRandom } from '../../src/base/index.js';
import type { TuttiClient } from '../../src/client/index.js';
import { positionAt, type Playback, type Player } from '../../src/protocol/index.js';
import { Satellite } from '../../src/satellite/index.js';
import { Cable } from '../fakes/cable.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { killMpvs, mpvsOf } from './local-rig.js';

/** A whole server, and an mpv of another machine behind a network cable. */
let dir = '';
let server: ServerProcess;
let client: TuttiClient;
let cable: Cable;
let satellite: Satellite | undefined;

const ROOM = 'barn-speaker';

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-satellite-'));
  await makeSineAlbums(join(dir, 'music'), 330, ['One'], 3, 20);
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir: join(dir, 'music'),
    players: [{ id: 'house', kind: 'null', name: 'House' }],
  });
  client = server.client(['players', 'rooms', 'library', `room/${ROOM}`]);
  await client.ready();
  await until('the library is there', () => client.mirror.library?.album_count === 1);
  cable = await Cable.to(server.port);
  await mkdir(join(dir, 'far'), { mode: 0o700 });
});

afterAll(async () => {
  await satellite?.close();
  client?.close();
  await cable?.close();
  await server?.kill('SIGTERM');
  await killMpvs(join(dir, 'far'));
  await rm(dir, { recursive: true, force: true });
});

async function start(token?: string): Promise<Satellite> {
  return new Satellite({
    serverUrl: cable.url,
    token: token ?? (await readFile(join(dir, 'state', 'satellite-token'), 'utf8')).trim(),
    satelliteId: 'barn',
    name: 'Barn',
    definition: local,
    outputs: [{ key: 'speaker', name: 'Barn', options: { ao: 'null' }, address: 'the far speaker' }],
    runtimeDir: join(dir, 'far'),
    clock: systemClock,
    log: createLogger('silent'),
    random: systemRandom,
    WebSocket,
  });
}

const playback = (): Playback => client.mirror.room[ROOM]!.playback;
const position = (): number => positionAt(playback(), client.serverNowUs());
const player = (): Partial<Player> =>
  client.mirror.players?.find((candidate) => candidate.player_id === ROOM) ?? {};

async function playFromTheStart(): Promise<void> {
  const { items } = await client.send('library:albums', { sort: 'title' });
  await client.send('queue:add', {
    room_id: ROOM,
    source: { album_id: items[0]!.album_id },
    at: 'replace',
    play: true,
  });
  await until('it plays', () => playback().state === 'playing' && position() > 0.5);
}

describe('a satellite', () => {
  it('is not let in without the token of the server', async () => {
    const stranger = await start('a-token-that-is-not-the-right-one');
    await expect(stranger.done).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    await stranger.close();
    expect(player().player_id).toBeUndefined();
  });

  it('finds its token in a file that only its owner can read', async () => {
    expect((await stat(join(dir, 'state', 'satellite-token'))).mode & 0o777).toBe(0o600);
  });

  it('is a player of the house, and plays files of the server', async () => {
    satellite = await start();
    await until('its player is online', () => player().link === 'online');
    expect(player()).toMatchObject({ kind: 'satellite', name: 'Barn' });
    await client.subscribe([`room/${ROOM}`]);
    await playFromTheStart();
    const before = position();
    await until('it moves at the pace of music', () => position() > before + 1);
    await client.send('room:volume', { room_id: ROOM, volume: 0.3 });
    await until('its volume is told', () => Math.abs((player().volume ?? 0) - 0.3) < 0.01);
  });

  it('plays on while the cable is out for a moment, and nobody calls it offline', async () => {
    await playFromTheStart();
    const links = new Set<string>();
    const stop = client.onChange(() => links.add(player().link ?? 'gone'));
    const [pid] = await mpvsOf(join(dir, 'far'));
    cable.pull();
    const reachedUs = client.serverNowUs() + 3e6;
    await until('three seconds are over', () => client.serverNowUs() > reachedUs);
    cable.plug();
    await client.send('room:pause', { room_id: ROOM });
    await until('it obeys again', () => playback().state === 'paused');
    stop();
    expect(await mpvsOf(join(dir, 'far'))).toEqual([pid]);
    expect([...links].filter((link) => link !== 'online')).toEqual([]);
    expect(position()).toBeGreaterThan(3);
  });

  it('comes back by itself when every connection was cut', async () => {
    await playFromTheStart();
    cable.reset();
    await client.send('room:pause', { room_id: ROOM });
    await until('it obeys again', () => playback().state === 'paused');
    expect(player().link).toBe('online');
  });

  it('plays on while the server is killed and started again, and is found by it where it is', async () => {
    await playFromTheStart();
    const [pid] = await mpvsOf(join(dir, 'far'));
    const before = position();
    await server.kill('SIGKILL');
    await server.start();
    await until(
      'it is online again',
      () => client.connection.state === 'live' && player().link === 'online',
      30_000,
    );
    await until('the room plays', () => playback().state === 'playing');
    expect(position()).toBeGreaterThan(before);
    expect(await mpvsOf(join(dir, 'far'))).toEqual([pid]);
  });

  it('is the same player after a restart of its own, and its music went on', async () => {
    await playFromTheStart();
    const [pid] = await mpvsOf(join(dir, 'far'));
    await satellite?.close();
    satellite = await start();
    await until('it is online again', () => player().link === 'online');
    await until('the room plays', () => playback().state === 'playing' && position() > 1);
    expect(client.mirror.players?.filter((other) => other.kind === 'satellite')).toHaveLength(1);
    expect(await mpvsOf(join(dir, 'far'))).toEqual([pid]);
  });
});
