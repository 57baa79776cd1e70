import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { startRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';

const MAIN = join(packageRoot, 'dist', 'src', 'main.js');

interface Running {
  said(): string;
  code(): number | null;
  stop(): void;
  /** Milliseconds until it has ended. */
  ended(): Promise<number>;
}

function worker(dir: string, bus?: string): Running {
  if (!existsSync(MAIN)) throw new Error('dist is not built; run: npm run build');
  const { TUTTI_LOG_LEVEL: _level, ...rest } = process.env;
  const env = { ...rest, TUTTI_DATA_DIR: dir, ...(bus !== undefined && { TUTTI_BUS: bus }) };
  const child = spawn(process.execPath, [MAIN, 'worker'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const ended = (): Promise<number> => {
    const since = performance.now();
    return new Promise((resolve) => child.once('exit', () => resolve(performance.now() - since)));
  };
  return { said: () => said, code: () => child.exitCode, stop: () => void child.kill('SIGTERM'), ended };
}

it('a worker without a bus says what is missing', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-worker-'));
  const alone = worker(dir);
  await until('it has ended', () => alone.code() !== null);
  expect(alone.code()).not.toBe(0);
  expect(alone.said()).toContain('a worker needs the bus of its server');
  await rm(dir, { recursive: true, force: true });
});

it('a worker waits for the bus, says what it takes, goes by its config file, and ends in order', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-worker-'));
  const redis = await startRedis();
  await redis.kill();
  const running = worker(dir, redis.address);
  await until('it waits', () => running.said().includes('Waiting for the bus'));
  await redis.start();
  await until('it takes work', () => running.said().includes('A worker of Tutti takes: '));
  await writeFile(join(dir, 'tutti.yaml'), 'download_max_minutes: 7\n');
  await until('it goes by a config file that is written', () =>
    /"changed":\["download_max_minutes"\].*"settings read"/.test(running.said()),
  );
  running.stop();
  await until('it has ended', () => running.code() !== null);
  expect(running.code()).toBe(0);
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

it('a worker whose Redis is silent ends before systemd ends it by force', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-worker-'));
  const redis = await startRedis();
  const running = worker(dir, redis.address);
  await until('it takes work', () => running.said().includes('A worker of Tutti takes: '));
  redis.freeze();
  running.stop();
  const unit = await readFile(join(packageRoot, 'systemd', 'tutti-worker.service'), 'utf8');
  const patienceMs = Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000;
  expect(await running.ended()).toBeLessThan(patienceMs);
  expect(running.code()).toBe(0);
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});
