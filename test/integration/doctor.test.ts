import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import * as z from 'zod';
import { runCli } from '../../src/cli/index.js';
import { Check } from '../../src/protocol/index.js';
import { startRedis } from '../fakes/real-redis.js';

const Rows = z.array(Check);
const taken = createServer();
afterEach(() => void taken.close());

/** The rows of a run on this machine, and what it failed with. */
async function doctor(env: Record<string, string>): Promise<{ rows: z.infer<typeof Rows>; failure: string }> {
  const printed: string[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'tutti-doctor-'));
  const calm = {
    TUTTI_DATA_DIR: folder,
    TUTTI_PORT: '0',
    TUTTI_SNAPCAST_PORT: '0',
    TUTTI_MPD_PORT: '0',
    TUTTI_MDNS: 'off',
    TUTTI_LOCAL_OUTPUT: 'off',
  };
  let failure = '';
  await runCli(['doctor', '--json'], { ...calm, ...env }, (line) => printed.push(line)).catch(
    (thrown: Error) => (failure = thrown.message),
  );
  return { rows: Rows.parse(JSON.parse(printed.join('\n'))), failure };
}

it('tutti doctor finds a machine that plays well, and everything that is not well has a command', async () => {
  const { rows, failure } = await doctor({});
  expect(failure).toBe('');
  const severity = Object.fromEntries(rows.map((row) => [row.check_id, row.severity]));
  expect(severity).toMatchObject({
    node: 'ok',
    mpv: 'ok',
    ffmpeg: 'ok',
    port: 'ok',
    disk: 'ok',
    redis: 'ok',
  });
  for (const row of rows) {
    if (row.severity === 'warning' || row.severity === 'problem') expect(row.fix, row.check_id).toBeDefined();
    expect(row.why).not.toBe('');
    expect(row.state).toBe('done');
  }
});

it('tutti doctor fails for a port that is taken, a Redis that is away and a folder that is no folder', async () => {
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const folder = mkdtempSync(join(tmpdir(), 'tutti-doctor-'));
  writeFileSync(join(folder, 'file'), '');
  const { rows, failure } = await doctor({
    TUTTI_HOST: '127.0.0.1',
    TUTTI_PORT: String(port),
    TUTTI_BUS: join(folder, 'nobody.sock'),
    TUTTI_MUSIC_DIR: join(folder, 'none'),
  });
  expect(failure).toBe('not well: music, port, redis');
  expect(rows.find(({ check_id }) => check_id === 'port')?.fix).toContain(`kill ${process.pid}`);
});

it('tutti doctor says which setting is wrong and looks at the rest all the same', async () => {
  const { rows, failure } = await doctor({ TUTTI_PORT: 'many', TUTTI_MDNS: 'off' });
  expect(failure).toMatch(/^not well: settings/);
  expect(rows[0]).toMatchObject({
    check_id: 'settings',
    severity: 'problem',
    found: expect.stringContaining('port'),
  });
  expect(rows.length).toBeGreaterThan(10);
});

it('tutti doctor says of a Redis that answers and keeps nothing what is wrong with it', async () => {
  const redis = await startRedis();
  const asking = new Redis(redis.address);
  const found = async (): Promise<Check | undefined> =>
    (await doctor({ TUTTI_BUS: redis.address })).rows.find(({ check_id }) => check_id === 'redis');
  await asking.config('SET', 'maxmemory', '1');
  expect(await found()).toMatchObject({ severity: 'problem', found: expect.stringContaining('is full') });
  await asking.config('SET', 'maxmemory', '0');
  await asking.replicaof('127.0.0.1', 1);
  expect(await found()).toMatchObject({ severity: 'problem', found: expect.stringContaining('is a copy') });
  await asking.replicaof('NO', 'ONE');
  expect(await found()).toMatchObject({ severity: 'ok' });
  asking.disconnect();
  await redis.stop();
});
