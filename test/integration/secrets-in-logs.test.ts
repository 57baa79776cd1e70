import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterEach, expect, it } from 'vitest';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app/index.js';
import type { Logger } from '../../src/base/index.js';
import { ConfigSchema } from '../../src/config/index.js';

let app: App | undefined;
let dir = '';
const logged: string[] = [];

afterEach(async () => {
  await app?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Keeps every line of every level as it was said, before anything is censored. */
function keeping(fields: Readonly<Record<string, unknown>> = {}): Logger {
  const say = (more: Readonly<Record<string, unknown>>, message: string): void => {
    const plain = (_name: string, value: unknown): unknown =>
      value instanceof Error ? `${value.message} ${value.stack} ${JSON.stringify(value)}` : value;
    logged.push(`${JSON.stringify({ ...fields, ...more }, plain)} ${message}`);
  };
  const child = (more: Readonly<Record<string, unknown>>): Logger => keeping({ ...fields, ...more });
  return { trace: say, debug: say, info: say, warn: say, error: say, child };
}

async function ask(path: string, body: unknown, cookie = ''): Promise<{ text: string; cookie: string }> {
  const base = `http://127.0.0.1:${app!.port}`;
  const headers = { origin: base, 'content-type': 'application/json', ...(cookie !== '' && { cookie }) };
  const answer = await fetch(base + path, { method: 'POST', headers, body: JSON.stringify(body) });
  const set = answer.headers.get('set-cookie') ?? '';
  return { text: await answer.text(), cookie: set.split(';')[0] ?? '' };
}

/** A connection that says these frames, each after the answer to the one before; what was heard. */
async function talk(query: string, frames: readonly object[]): Promise<string> {
  const ws = new WebSocket(`ws://127.0.0.1:${app!.port}/ws${query}`);
  const heard: string[] = [];
  await new Promise<void>((resolve) => {
    ws.once('error', () => resolve());
    ws.once('close', () => resolve());
    ws.on('message', (bytes: Buffer) => {
      heard.push(bytes.toString());
      const next = frames[heard.length - 1];
      if (next) ws.send(JSON.stringify(next));
      else resolve();
    });
  });
  ws.terminate();
  return heard.join('\n');
}

it('[S20] a whole session leaves no secret in a log, not even at trace', async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-secrets-'));
  const config = ConfigSchema.parse({
    port: 0,
    auth: 'required',
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: 0,
    players: [{ id: 'bath', kind: 'null', name: 'Bath' }],
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: dir },
    log: keeping(),
    drivers: [nullDriver],
  });
  const link = app.firstLink!.split('/').at(-1)!;
  const { cookie } = await ask('/api/v1/sign-in', {
    how: 'link',
    link,
    name: 'Ann',
    password: 'canary-word-1',
  });
  const { text } = await ask('/api/v1/tokens', { name: 'panel', scopes: ['control'] }, cookie);
  const token = /tutti_[\w-]+/.exec(text)?.[0] ?? '';
  await ask('/api/v1/sign-in', { how: 'password', name: 'Ann', password: 'canary-word-1' });
  await ask('/api/v1/sign-in', { how: 'password', name: 'Ann', password: 'canary-wrong' });
  const inside = await talk('', [
    { id: 'a', type: 'auth', data: { token } },
    { id: 'b', type: 'room:list' },
    { id: 'c', type: 'canary-type', data: { token: 'canary-data' } },
  ]);
  expect(inside).toContain('"room_id"');
  await talk('', [{ id: 'a', type: 'auth', data: { token: 'canary-bearer' } }]);
  await talk('?token=canary-query', []);
  const secrets = [link, token, cookie.split('=')[1] ?? '', 'canary-'];
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(6);
  expect(logged.length).toBeGreaterThan(5);
  expect(logged.filter((line) => secrets.some((secret) => line.includes(secret)))).toEqual([]);
});
