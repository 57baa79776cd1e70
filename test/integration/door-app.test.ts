import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as askPlain, type IncomingMessage } from 'node:http';
import { request as askSecure } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { afterEach, describe, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger } from '../../src/base/index.js';
import { runRemote } from '../../src/cli/remote.js';
import { readArguments } from '../../src/cli/arguments.js';
import { connect, type TuttiClient } from '../../src/client/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { until } from '../until.js';

/** A whole Tutti that wants to know who comes, as an owner starts it. */
let app: App | undefined;
let dir = '';
const clients: TuttiClient[] = [];

async function start(settings: Readonly<Record<string, unknown>> = {}): Promise<App> {
  dir ||= await mkdtemp(join(tmpdir(), 'tutti-door-'));
  const config = ConfigSchema.parse({
    port: 0,
    auth: 'required',
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: 0,
    players: [{ id: 'bath', kind: 'null', name: 'Bath' }],
    ...settings,
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: join(dir) },
    log: silentLogger,
    drivers: [nullDriver],
  });
  return app;
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await app?.close();
  app = undefined;
  await rm(dir, { recursive: true, force: true });
  dir = '';
});

interface Answer {
  readonly status: number;
  readonly cookie: string;
  readonly location: string | undefined;
  readonly data: Record<string, unknown>;
}

interface Ask {
  readonly cookie?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly secure?: boolean;
}

async function ask(
  method: string,
  path: string,
  { cookie = '', token = '', body, secure = false }: Ask = {},
): Promise<Answer> {
  const port = app!.port;
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    origin: `http${secure ? 's' : ''}://127.0.0.1:${port}`,
    ...(cookie !== '' && { cookie }),
    ...(token !== '' && { authorization: `Bearer ${token}` }),
    ...(text !== '' && { 'content-type': 'application/json' }),
  };
  const options = { host: '127.0.0.1', port, method, path, headers, rejectUnauthorized: false };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asked = (secure ? askSecure : askPlain)(options, resolve);
    asked.once('error', reject);
    asked.end(text);
  });
  let got = '';
  answer.setEncoding('utf8');
  for await (const chunk of answer) got += String(chunk);
  const data = got.startsWith('{') ? (JSON.parse(got) as Record<string, unknown>) : {};
  const set = answer.headers['set-cookie']?.[0] ?? '';
  return { status: answer.statusCode ?? 0, cookie: set, location: answer.headers.location, data };
}

/** The first admin, by the link that the first start prints: the cookie. */
async function admin(secure = false): Promise<string> {
  const link = app!.firstLink!.split('/').at(-1)!;
  const body = { how: 'link', link, name: 'Ann' };
  const { status, cookie } = await ask('POST', '/api/v1/sign-in', { body, secure });
  expect(status).toBe(200);
  expect((await ask('POST', '/api/v1/sign-in', { body, secure })).status).toBe(401);
  return cookie.split(';')[0]!;
}

async function tokenOf(cookie: string, scopes: string[]): Promise<{ token: string; token_id: string }> {
  const { data } = await ask('POST', '/api/v1/tokens', { cookie, body: { name: 'test', scopes } });
  return data as { token: string; token_id: string };
}

function client(token: string): TuttiClient {
  const url = `ws://127.0.0.1:${app!.port}/ws`;
  const made = connect({ url, WebSocket, token: () => token });
  clients.push(made);
  return made;
}

describe('a server that wants to know who comes', () => {
  it('lets nobody in but by the link of its first start, and that once', async () => {
    await start();
    expect((await ask('GET', '/api/v1/rooms')).status).toBe(401);
    const cookie = await admin();
    expect(await ask('GET', '/api/v1/rooms', { cookie })).toMatchObject({ status: 200 });
    expect(await ask('GET', '/api/v1/me', { cookie })).toMatchObject({
      data: { you: { role: 'admin', name: 'Ann' } },
    });
  });

  it('[AU4] closes the connection of a token that is taken back within a second', async () => {
    await start();
    const cookie = await admin();
    const { token, token_id } = await tokenOf(cookie, ['control']);
    const panel = client(token);
    await panel.ready();
    expect((await panel.send('room:list', {})).rooms).toHaveLength(1);
    const before = performance.now();
    expect((await ask('DELETE', `/api/v1/tokens/${token_id}`, { cookie })).status).toBe(200);
    await until('the connection is closed', async () => panel.connection.state !== 'live');
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(panel.connection.problem).toBeDefined();
  });

  it('is driven from the command line by a token, and says how to get one', async () => {
    await start();
    const cookie = await admin();
    const { token } = await tokenOf(cookie, ['control']);
    const status = readArguments(['status', '--server', `http://127.0.0.1:${app!.port}`], {});
    expect(await runRemote(status, { TUTTI_TOKEN: token })).toContain('Bath');
    await expect(runRemote(status, {})).rejects.toThrow('tutti token create');
  });

  it('[SA1] lets a satellite in by its token, which is good for nothing else', async () => {
    await start();
    const token = (await readFile(join(dir, 'state', 'satellite-token'), 'utf8')).trim();
    const satellite = client(token);
    await satellite.ready();
    const players = [{ key: 'a', name: 'Barn', address: 'x' }];
    const offer = { satellite_id: 'barn', token, name: 'Barn', players };
    expect(await satellite.send('satellite:offer', offer)).toHaveProperty('session_id');
    await expect(satellite.send('room:list', {})).rejects.toMatchObject({ code: 'ERR_NOT_ALLOWED' });
    expect((await ask('GET', '/api/v1/rooms', { token })).status).toBe(403);
  });
});

describe('[TS1] [S21] with an own certificate', () => {
  async function certificate(): Promise<{ tls_cert: string; tls_key: string }> {
    dir ||= await mkdtemp(join(tmpdir(), 'tutti-door-'));
    const [tls_cert, tls_key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=tutti -keyout ${tls_key} -out ${tls_cert}`;
    await promisify(execFile)('openssl', words.split(' '));
    return { tls_cert, tls_key };
  }

  it('the same port speaks https and wss, and cookies are Secure', async () => {
    await start(await certificate());
    expect(app!.urls.every((url) => url.startsWith('https://'))).toBe(true);
    const link = app!.firstLink!.split('/').at(-1)!;
    const body = { how: 'link', link, name: 'Ann' };
    const { cookie } = await ask('POST', '/api/v1/sign-in', { body, secure: true });
    expect(cookie).toMatch(/; Secure$/);
    const ws = new WebSocket(`wss://127.0.0.1:${app!.port}/ws`, {
      rejectUnauthorized: false,
      headers: { cookie: cookie.split(';')[0], origin: `https://127.0.0.1:${app!.port}` },
    });
    const hello = await new Promise<string>((resolve, reject) => {
      ws.once('message', (bytes: Buffer) => resolve(bytes.toString()));
      ws.once('error', reject);
    });
    ws.terminate();
    expect(JSON.parse(hello)).toMatchObject({ you: { name: 'Ann' } });
  });

  it('players get files by http, everything else is sent to https', async () => {
    await start(await certificate());
    expect((await ask('GET', '/media/x')).status).toBe(404);
    expect((await ask('GET', '/health')).data).toEqual({ status: 'ok' });
    const { status, location } = await ask('POST', '/api/v1/sign-in', { body: {} });
    expect([status, location]).toEqual([308, `https://127.0.0.1:${app!.port}/api/v1/sign-in`]);
    await expect(
      new Promise((_resolve, reject) => {
        new WebSocket(`ws://127.0.0.1:${app!.port}/ws`).once('error', reject);
      }),
    ).rejects.toThrow('426');
  });

  it('a key without its certificate is said at the start', async () => {
    await expect(start({ tls_key: '/nowhere.pem' })).rejects.toThrow('tls_cert and tls_key');
  });
});
