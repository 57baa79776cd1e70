import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../bench/program.js';
import { packageRoot } from '../../src/package-root.js';
import { until } from '../until.js';

const MAIN = join(packageRoot, 'dist', 'src', 'main.js');
/** What a shell says of a program that the system ended because nobody read any more: 128 + SIGPIPE. */
const UNREAD = 141;

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-closed-pipe-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Unread {
  readonly complaints: () => string;
  readonly status: () => number | null;
  kill(signal: NodeJS.Signals): void;
}

/** The command line, at the end of a pipe that nobody reads; its input stays open. */
function unread(words: readonly string[], env: Readonly<Record<string, string>> = {}): Unread {
  const own = { TUTTI_DATA_DIR: join(dir, 'state'), TMPDIR: dir, TUTTI_LOG_LEVEL: 'error' };
  const child = spawn(process.execPath, [MAIN, ...words], { env: { ...process.env, ...own, ...env } });
  child.stdout.destroy();
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  return {
    complaints: () => said,
    status: () => child.exitCode,
    kill: (signal) => void child.kill(signal),
  };
}

it.each([
  'help',
  'version',
  'config show',
  'config check',
  'backup --list',
  'doctor',
  'doctor --json',
  'diagnostics -',
  'driver null',
])('tutti %s ends quietly when nobody reads what it prints', async (words) => {
  const ended = unread(words.split(' '));
  await until('it has ended', () => ended.status() !== null);
  expect({ said: ended.complaints(), status: ended.status() }).toEqual({ said: '', status: UNREAD });
  expect((await readdir(dir)).filter((name) => name.startsWith('tutti-driver-'))).toEqual([]);
});

it('a server serves on, whoever has stopped reading what it prints', async () => {
  const port = await freePort();
  const calm = { TUTTI_MDNS: 'false', TUTTI_LOCAL_OUTPUT: 'false', TUTTI_SNAPCAST: 'false' };
  const served = unread(['serve'], { TUTTI_PORT: String(port), TUTTI_MPD_PORT: '0', ...calm });
  await until('it serves', async () => {
    if (served.status() !== null) throw new Error(`it ended: ${served.complaints()}`);
    return fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  });
  served.kill('SIGTERM');
  await until('it has ended', () => served.status() !== null);
  expect({ said: served.complaints(), status: served.status() }).toEqual({ said: '', status: 0 });
});
