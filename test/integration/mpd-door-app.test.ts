import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mpd as driver } from '../../drivers/mpd/index.js';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app.js';
import { silentLogger } from '../../src/base/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { freePort } from '../fakes/real-mpd.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { Line, mpc } from './mpd-door-rig.js';

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
    config: { ...config, data_dir: join(dir, 'state'), music_dir: join(dir, 'music') },
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

  it('is a player of another Tutti, by the driver for MPDs', async () => {
    const port = await freePort();
    await start(port);
    const link = await DrivenLink.connect({
      definition: driver,
      options: { host: '127.0.0.1', port },
      runtimeDir: '/nonexistent',
      httpPort: 1,
      memory: undefined,
    });
    await link.run({ type: 'volume', volume: 0.25 });
    const line = await Line.connect(port);
    await until('it is turned', async () => (await line.status('volume')) === '25');
    line.socket.destroy();
    await link.close();
  });
});
