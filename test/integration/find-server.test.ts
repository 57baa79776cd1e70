import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger } from '../../src/base/index.js';
import { readArguments } from '../../src/cli/arguments.js';
import { findServer } from '../../src/cli/find-server.js';
import { runCli } from '../../src/cli/index.js';
import { fetchBundle } from '../../src/cli/running-server.js';
import { loadConfig } from '../../src/config/index.js';

let app: App | undefined;
let dir = '';

afterEach(async () => {
  await app?.close();
  app = undefined;
  await rm(dir, { recursive: true, force: true });
});

const QUIET = ['mdns: false', 'local_output: false', 'snapcast: false', 'mpd_port: 0'];

/** A machine with a settings file, and the server that begins with it. */
async function machine(...lines: string[]): Promise<void> {
  dir = await mkdtemp(join(tmpdir(), 'tutti-find-'));
  await settings(...lines);
}

const settings = (...lines: string[]): Promise<void> =>
  writeFile(join(dir, 'tutti.yaml'), [...QUIET, `music_dir: ${dir}`, ...lines].join('\n'));

async function serve(): Promise<number> {
  app = await startApp({
    config: loadConfig({ TUTTI_DATA_DIR: dir }, dir),
    log: silentLogger,
    drivers: [nullDriver],
  });
  return app.port;
}

async function tutti(...words: string[]): Promise<string> {
  const said: string[] = [];
  await runCli(words, { TUTTI_DATA_DIR: dir, JOURNAL_STREAM: undefined }, (line) => said.push(line));
  return said.join('\n');
}

const PLAYERS = 'players: [{ id: bath, kind: "null", name: Bath }]';

describe('the command line finds the server of this machine', () => {
  it('at the port that it listens at, whatever that is', async () => {
    await machine('port: 0', 'auth: open', PLAYERS);
    await serve();
    expect(await tutti('status')).toContain('Bath');
  });

  it('also where the settings have changed since it began, or have a fault now', async () => {
    await machine('port: 0', 'auth: open', PLAYERS);
    const port = await serve();
    await settings('port: 1', 'auth: open');
    expect(await findServer(undefined, { TUTTI_DATA_DIR: dir })).toMatchObject({
      url: `http://127.0.0.1:${port}`,
    });
    await settings('port: many');
    expect(await tutti('status')).toContain('Bath');
  });

  it('while none runs, where one would be', async () => {
    await machine('port: 1', 'host: 127.0.0.3');
    await expect(tutti('status')).rejects.toThrow(
      /no Tutti answers at http:\/\/127\.0\.0\.3:1 \(.*ECONNREFUSED/,
    );
  });

  it('while none runs, and the settings are why: with their fault', async () => {
    await machine('port: many');
    await expect(tutti('status')).rejects.toThrow(/tutti\.yaml:6:7: port: "many"/);
  });

  it('not where another one was named', async () => {
    await machine('port: 0', 'auth: open');
    await serve();
    const env = { TUTTI_DATA_DIR: dir, TUTTI_URL: 'http://other.lan:81' };
    expect(await findServer(readArguments(['status'], env).server, env)).toMatchObject({
      url: 'http://other.lan:81',
    });
  });

  it('by https, with a certificate that is for another name and signed by itself', async () => {
    const [cert, key] = await certificate();
    await settings('port: 0', 'auth: open', PLAYERS, `tls_cert: ${cert}`, `tls_key: ${key}`);
    const port = await serve();
    expect(await tutti('status')).toContain('Bath');
    const env = { TUTTI_DATA_DIR: dir };
    const { bytes, problem } = await fetchBundle(readArguments(['diagnostics'], env), env);
    expect(problem).toBe('');
    expect(gunzipSync(bytes!).toString()).toContain('rooms');
    expect(await tutti('sign-in-link')).toContain(`https://localhost:${port}/`);
    // Another certificate at its place is believed nothing.
    await certificate();
    await expect(tutti('status')).rejects.toThrow(/no Tutti answers at https:.*certificate/);
  });
});

/** A machine without settings, with a certificate and its key. */
async function certificate(): Promise<readonly [cert: string, key: string]> {
  if (!app) await machine();
  const [cert, key] = [join(dir, 'c.pem'), join(dir, 'k.pem')];
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9 -subj /CN=music.example';
  execFileSync('openssl', [...words.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return [cert, key];
}
