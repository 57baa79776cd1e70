import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { MESSAGE } from '../../drivers/snapcast/wire.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger, type Timer } from '../../src/base/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { freePort } from '../../bench/program.js';
import { FakeSnapclient } from '../fakes/fake-snapclient.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { until } from '../until.js';

/** Counts what it wakes the server for. */
class CountingClock extends ManualClock {
  wakes = 0;

  override after(ms: number, run: () => void): Timer {
    return super.after(ms, () => this.#wake(run));
  }

  override every(ms: number, run: () => void): Timer {
    return super.every(ms, () => this.#wake(run));
  }

  #wake(run: () => void): void {
    this.wakes++;
    run();
  }
}

let app: App | undefined;
let snapclient: FakeSnapclient | undefined;
let dir = '';

afterEach(async () => {
  snapclient?.close();
  await app?.close();
  await rm(dir, { recursive: true, force: true });
});

const player = (id: string): Record<string, string> => ({ id, kind: 'null', name: id });

describe('a house in which nothing plays', () => {
  it('is woken by its clock less than ten times a second, with four players and a client of its stream server', async () => {
    dir = await mkdtemp(join(tmpdir(), 'tutti-idle-'));
    const clock = new CountingClock();
    const port = await freePort();
    const config = ConfigSchema.parse({
      port: 0,
      auth: 'open',
      mdns: false,
      local_output: false,
      snapcast: true,
      snapcast_port: port,
      snapcast_host: '127.0.0.1',
      mpd_port: 0,
      players: ['a', 'b', 'c', 'd'].map(player),
    });
    app = await startApp({
      config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: join(dir, 'music') },
      log: silentLogger,
      clock,
      drivers: [nullDriver],
    });
    const client = (snapclient = await FakeSnapclient.hello(port, 'kitchen'));
    await client.gets(MESSAGE.serverSettings);
    // What a start does is over by then.
    const minute = async (): Promise<void> => {
      for (let second = 0; second < 60; second++) {
        const answers = client.of(MESSAGE.time).length;
        client.askTime(0);
        await until('its answer', () => client.of(MESSAGE.time).length > answers);
        await clock.advance(1000);
      }
    };
    await minute();
    const before = clock.wakes;
    await minute();
    expect(client.closed).toBe(false);
    expect(clock.wakes - before).toBeLessThan(600);
  });
});
