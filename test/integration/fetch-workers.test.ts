import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.js';
import { busAddress, openBus, Seal, type Bus } from '../../src/bus/index.js';
import { ANNA, DownloadHouse } from '../fakes/download-house.js';
import { MusicServer, sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';
import { bundle } from './bundle.js';

let music: Buffer;
let program: string;
beforeAll(async () => {
  music = await noise('flac', 20);
  program = await bundle(join(import.meta.dirname, '..', 'fixtures', 'fetch-worker.ts'), 'beside');
});
afterAll(() => rm(dirname(program), { recursive: true, force: true }));

describe('downloads that workers fetch', () => {
  let redis: RunningRedis;
  let bus: Bus;
  let server: MusicServer;
  let house: DownloadHouse;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    redis = await startRedis();
    server = await MusicServer.start();
    server.put('/a.flac', { bytes: music, trickle: 8_192 });
    bus = await openBus({
      address: redis.address,
      clock: systemClock,
      log: silentLogger,
      random: systemRandom,
    });
    const signals = {
      redis: busAddress(redis.address),
      name: 'tutti',
      seal: new Seal(undefined),
      signals: bus,
    };
    house = await DownloadHouse.open({
      clock: systemClock,
      settings: { allow_private_addresses: [server.allowed] },
      shared: { ...signals, leaseMs: 2_000 },
    });
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await house.close();
    await bus.close();
    await redis.stop();
    await server.close();
  });

  function worker(): ChildProcess {
    const child = spawn(process.execPath, [program, redis.address, house.folder, server.allowed], {
      stdio: 'inherit',
    });
    children.push(child);
    return child;
  }

  it('are whole although the worker was killed in the middle, by another that went on', async () => {
    const first = worker();
    const { download_id: id } = await house.handlers['download:add']({ url: `${server.url}/a.flac` }, ANNA);
    await until('it is in the middle', () => house.one(id).received_bytes > music.length / 4);
    expect(house.one(id)).toMatchObject({ state: 'running', total_bytes: music.length });
    expect(house.one(id).speed_bytes_per_second).toBeGreaterThan(0);
    first.kill('SIGKILL');
    server.change('/a.flac', { trickle: 65_536 });
    worker();
    const item = await house.reaches(id, 'handed_on');
    // A worker that died is no failed attempt.
    expect(item).toMatchObject({ attempt: 1, progress: 100, received_bytes: music.length });
    expect(sha256(await readFile(join(house.arrived[0]!.folder, 'a.flac')))).toBe(sha256(music));
    expect(server.asked.at(-1)?.headers.range).toMatch(/^bytes=[1-9]/);
    expect(house.arrived).toHaveLength(1);
  });
});
