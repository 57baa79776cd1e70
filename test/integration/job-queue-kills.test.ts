import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';
import { bundle } from './bundle.js';

let program: string;
let redis: RunningRedis;
let dir: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundle(join(packageRoot, 'test', 'fakes', 'queue-program.ts'), 'beside');
  redis = await startRedis();
});
afterAll(async () => {
  await redis.stop();
  await rm(dirname(program), { recursive: true, force: true });
});
beforeEach(async () => {
  const client = new Redis(redis.address);
  await client.flushall();
  client.disconnect();
  dir = await mkdtemp(join(tmpdir(), 'tutti-kills-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

function begin(role: 'house' | 'worker', ...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, role, dir, ...words], { stdio: 'ignore' });
  children.push(child);
  return child;
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

const said = async (): Promise<string[]> =>
  (await readFile(join(dir, 'said.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const lines = async (word: string): Promise<string[]> =>
  (await said()).filter((line) => line.startsWith(`${word} `));
const count = (word: string, wanted: number): Promise<void> =>
  until(`${wanted} times ${word}`, async () => {
    const died = await lines('died');
    if (died.length > 0) throw new Error(died.join('\n'));
    return (await lines(word)).length >= wanted;
  });
const go = (): Promise<void> => writeFile(join(dir, 'go'), '');

/** Waits until all is quiet, so that a second settlement would be seen. */
async function settledOnce(): Promise<void> {
  await count('settled', 1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await lines('settled')).toEqual(['settled album ok']);
}

describe('a queue whose processes are killed', () => {
  it('in SQLite: the server in the middle of a job; the next one does it again and settles it once', async () => {
    const first = begin('house');
    await count('begin', 1);
    await end(first, 'SIGKILL');
    const second = begin('house');
    await count('begin', 2);
    await go();
    await settledOnce();
    expect((await lines('begin')).map((line) => line.split(' ')[2])).toEqual([
      String(first.pid),
      String(second.pid),
    ]);
    expect(await lines('begin')).toEqual([expect.stringMatching(/ 1$/), expect.stringMatching(/ 1$/)]);
  });

  it('in SQLite: a server that is stopped in order gives back what it does', async () => {
    const first = begin('house');
    await count('begin', 1);
    await end(first, 'SIGTERM');
    expect(await lines('back')).toHaveLength(1);
    begin('house');
    await count('begin', 2);
    await go();
    await settledOnce();
  });

  it('over Redis: a worker in the middle of a job; another takes it when the lease is over', async () => {
    begin('house', redis.address, 'others');
    await count('house', 1);
    const first = begin('worker', redis.address);
    await count('begin', 1);
    await end(first, 'SIGKILL');
    const second = begin('worker', redis.address);
    await count('begin', 2);
    await go();
    await settledOnce();
    expect((await lines('begin')).at(-1)).toContain(` ${second.pid} `);
  });

  it('over Redis: a worker that is stopped in order gives its job back', async () => {
    begin('house', redis.address, 'others');
    const first = begin('worker', redis.address);
    await count('begin', 1);
    await end(first, 'SIGTERM');
    expect([first.exitCode, (await lines('back')).length]).toEqual([0, 1]);
    begin('worker', redis.address);
    await count('begin', 2);
    await go();
    await settledOnce();
  });

  it('over Redis: the house, while a worker works on; what that brings is settled by the next house', async () => {
    const first = begin('house', redis.address, 'others');
    begin('worker', redis.address);
    await count('begin', 1);
    await end(first, 'SIGKILL');
    await go();
    begin('house', redis.address, 'others');
    await settledOnce();
    expect(await lines('begin')).toHaveLength(1);
  });

  it('over Redis: the house in the middle of what it does itself; the next one waits for no lease', async () => {
    const an_hour = '3600000';
    const first = begin('house', redis.address, 'takes', an_hour);
    await count('begin', 1);
    await end(first, 'SIGKILL');
    const second = begin('house', redis.address, 'takes', an_hour);
    await count('begin', 2);
    await go();
    await settledOnce();
    expect((await lines('begin')).at(-1)).toContain(` ${second.pid} 1`);
  });

  it('over Redis: Redis itself, which forgets everything', async () => {
    begin('house', redis.address, 'others');
    begin('worker', redis.address);
    await count('begin', 1);
    await redis.kill();
    await count('back', 1);
    await redis.start();
    await count('begin', 2);
    await go();
    await settledOnce();
  });
});
