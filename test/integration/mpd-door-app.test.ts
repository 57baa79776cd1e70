import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mpd as driver } from '../../drivers/mpd/index.js';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { openPeople } from '../../src/people/index.js';
import { migrate, openDb } from '../../src/storage/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { freePort } from '../../bench/program.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { Line, mpc, MpdHouse } from './mpd-door-rig.js';

const media = {
  ref: 'i1',
  url: 'http://127.0.0.1:9/one.flac',
  title: 'One',
  duration_seconds: 20,
  live: false,
};

/** A whole Tutti with its MPD door, as an owner starts it. */
let app: App | undefined;
let dir = '';

async function start(port: number): Promise<void> {
  dir ||= await mkdtemp(join(tmpdir(), 'tutti-mpd-app-'));
  await makeSineAlbums(join(dir, 'music'), 330, ['One'], 2, 20);
  const config = ConfigSchema.parse({
    port: 0,
    auth: 'open',
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: port,
    players: [{ id: 'bath', kind: 'null', name: 'Bath' }],
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: join(dir, 'music') },
    log: silentLogger,
    drivers: [nullDriver],
  });
}

afterEach(async () => {
  await app?.close();
  app = undefined;
  await rm(dir, { recursive: true, force: true });
  dir = '';
});

describe('the people of a house', () => {
  it('give out tokens that are passwords here, and take them back at once', async () => {
    const db = openDb(':memory:');
    migrate(db);
    const people = openPeople({
      db,
      clock: systemClock,
      log: silentLogger,
      mode: 'required',
      knowsRoom: () => true,
      changed: () => undefined,
    });
    const admin = { connection_id: 'test', role: 'admin' } as const;
    const { token, token_id } = await people.handlers['token:create'](
      { name: 'Phone', scopes: ['control'] },
      admin,
    );
    const house = await MpdHouse.start(people.entrance);
    const line = await house.line();
    expect(await line.ask('status')).toContain('ACK [4@0]');
    expect(await line.ask(`password ${token}`)).toBe('OK\n');
    expect(await line.ask('setvol 33')).toBe('OK\n');
    line.socket.write('idle\n');
    await people.handlers['token:revoke']({ token_id }, admin);
    await until('it is cut', () => line.closed);
    const again = await house.line();
    expect(await again.ask(`password ${token}`)).toContain('ACK [3@0]');
    await house.close();
    people.close();
    db.close();
  });
});

describe('a whole Tutti', () => {
  it('is played by mpc, keeps its queue and its port over a restart', async () => {
    const port = await freePort();
    await start(port);
    await until('the library is there', async () => (await mpc('127.0.0.1', port, 'listall')) !== '', 20_000);
    await mpc('127.0.0.1', port, 'add', 'The Oscillators/One');
    const line = await Line.connect(port);
    const ids = await line.values('playlistinfo', 'Id');
    await app?.close();
    await start(port);
    const again = await Line.connect(port);
    expect(await again.values('playlistinfo', 'Id')).toEqual(ids);
    for (const each of [line, again]) each.socket.destroy();
  });

  it('is understood by the driver for MPDs', async () => {
    const port = await freePort();
    await start(port);
    const link = await DrivenLink.connect({
      definition: driver,
      options: { host: '127.0.0.1', port },
      runtimeDir: '/nonexistent',
      httpPort: 1,
      memory: undefined,
    });
    const line = await Line.connect(port);
    await link.run({ type: 'volume', volume: 0.25 });
    await until('it is turned', async () => (await line.status('volume')) === '25');
    await link.run({ type: 'load', media, position_seconds: 0, playing: true });
    await link.next('playback', 'it begins', (fact) => fact.ref === 'i1' && fact.position_seconds > 0);
    expect(await line.status('state')).toBe('play');
    await link.run({ type: 'pause' });
    await link.next('playback', 'it pauses', (fact) => fact.status === 'paused');
    expect(await line.status('state')).toBe('pause');
    await link.run({ type: 'stop' });
    await link.next('playback', 'it stops', (fact) => fact.status === 'stopped');
    line.socket.destroy();
    await link.close();
  });
});
