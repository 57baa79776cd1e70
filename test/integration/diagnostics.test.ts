import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { mpd } from '../../drivers/mpd/index.js';
import { nullDriver } from '../../drivers/null/index.js';
import { startApp, type App } from '../../src/app/index.js';
import { silentLogger } from '../../src/base/index.js';
import { runCli } from '../../src/cli/index.js';
import { ConfigSchema } from '../../src/config/index.js';
import { hiddenIn } from '../../src/doctor/index.js';
import { Check } from '../../src/protocol/index.js';
import type { DriverDefinition } from '../../src/players/index.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { until } from '../until.js';

let app: App | undefined;
let redis: RunningRedis | undefined;
let dir = '';

afterEach(async () => {
  await app?.close();
  await redis?.stop();
  app = undefined;
  redis = undefined;
  await rm(dir, { recursive: true, force: true });
});

const CANARY = 'canary7';
const PASSWORD = `${CANARY}-Redis-Word`;

/** A player that says in the log what no player should say. */
const chatty: DriverDefinition = {
  ...nullDriver,
  connect(options, context, signal) {
    const { log } = context;
    log.warn({ url: `http://user:${CANARY}Url@nas.lan/x.flac`, password: `${CANARY}Field` }, 'opened');
    log.error({ error: new Error(`GET /media/${CANARY}Media?token=${CANARY}Query failed`) }, 'not opened');
    log.info(
      { headers: { cookie: `tutti=${CANARY}Cookie`, authorization: `Bearer ${CANARY}Bearer` } },
      'asked',
    );
    log.info({ wifi: `ssid="Home" psk="${CANARY}Wifi"` }, 'what a program said: Annabel Canary was here');
    return nullDriver.connect(options, context, signal);
  },
};

async function start(auth: 'open' | 'required'): Promise<string> {
  dir = await mkdtemp(join(tmpdir(), 'tutti-diagnostics-'));
  redis = await startRedis({ password: PASSWORD });
  const config = ConfigSchema.parse({
    port: 0,
    auth,
    mdns: false,
    local_output: false,
    snapcast: false,
    mpd_port: 0,
    bus: `redis://:${PASSWORD}@127.0.0.1:${redis.port}`,
    bus_secret: `${CANARY}-bus-secret-of-this-house`,
    musicbrainz_contact: `${CANARY}Contact@example.org`,
    players: [
      { id: 'bath', kind: 'null', name: 'Bath' },
      { id: 'hall', kind: 'mpd', name: 'Hall', host: '127.0.0.1', port: 1, password: `${CANARY}Mpd` },
    ],
  });
  app = await startApp({
    config: { ...config, host: '127.0.0.1', data_dir: join(dir, 'state'), music_dir: dir },
    log: silentLogger,
    drivers: [chatty, mpd],
  });
  return `http://127.0.0.1:${app.port}`;
}

async function post(
  base: string,
  path: string,
  body: unknown,
  cookie = '',
): Promise<{ text: string; cookie: string }> {
  const headers = { origin: base, 'content-type': 'application/json', ...(cookie !== '' && { cookie }) };
  const answer = await fetch(`${base}/api/v1${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  expect(answer.status, `${path}: ${text}`).toBeLessThan(300);
  return { text, cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' };
}

const Bundle = z.looseObject({
  checks: z.array(z.looseObject({ check_id: z.string() })),
  log: z.array(z.string()),
  metrics: z.array(z.string()),
  missing: z.array(z.string()),
  state: z.looseObject({ players: z.array(z.looseObject({ player_id: z.string() })) }),
  settings: z.looseObject({}),
});

it('[DR3] a bundle has what helps, and no secret and no name of anybody, compressed or not', async () => {
  const base = await start('required');
  const link = app!.firstLink!.split('/').at(-1)!;
  const word = `${CANARY}-password`;
  const admin = await post(base, '/sign-in', { how: 'link', link, name: 'Annabel Canary', password: word });
  const { cookie } = admin;
  const token = /tutti_[\w-]+/.exec(
    (await post(base, '/tokens', { name: 'panel', scopes: ['read'] }, cookie)).text,
  )![0];
  const invited = await post(base, '/rooms/bath/invitations', { name: 'Bertrand Guest' }, cookie);
  const invitation = z
    .object({ path: z.string() })
    .parse(JSON.parse(invited.text))
    .path.split(/[/=]/)
    .at(-1)!;
  const plex = {
    kind: 'plex',
    name: 'Plex',
    url: 'http://127.0.0.1:1',
    mappings: [],
    secret: `${CANARY}Plex`,
  };
  await post(base, '/targets', plex, cookie);
  const url = `http://${CANARY}User:${CANARY}Pass@127.0.0.1:1/a.zip`;
  await post(base, '/downloads', { url, title: 'Something' }, cookie).catch(() => undefined);
  const satellite = (await readFile(join(dir, 'state', 'satellite-token'), 'utf8')).trim();

  expect((await fetch(`${base}/api/v1/diagnostics`)).status).toBe(401);
  const asToken = await fetch(`${base}/api/v1/diagnostics`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(asToken.status).toBe(403);

  const answer = await fetch(`${base}/api/v1/diagnostics`, { headers: { cookie } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-disposition')).toMatch(/tutti-diagnostics-\d{4}-\d\d-\d\d\.json\.gz/);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const text = gunzipSync(bytes).toString();
  const people = ['Annabel', 'Bertrand'];
  const secrets = [CANARY, PASSWORD, link, token, invitation, satellite, cookie.split('=')[1]!, ...people];
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(5);
    expect(text.toLowerCase(), secret).not.toContain(secret.toLowerCase());
    expect(bytes.includes(secret), secret).toBe(false);
  }

  const bundle = Bundle.parse(JSON.parse(text));
  expect(bundle.missing).toEqual([]);
  expect(bundle.checks.length).toBeGreaterThan(25);
  expect(bundle.state.players.map(({ player_id }) => player_id)).toEqual(['bath', 'hall']);
  expect(bundle.metrics.some((line) => line.startsWith('tutti_players{'))).toBe(true);
  expect(bundle.settings).toMatchObject({ mpd_port: 0, auth: 'required' });
  for (const said of ['opened', 'asked', 'player lost'])
    expect(
      bundle.log.some((line) => line.includes(`"message":"${said}"`)),
      said,
    ).toBe(true);
});

it('[DR2] a run of the doctor is over within ten seconds, and its findings are there', async () => {
  const base = await start('open');
  await post(base, '/doctor/run', {});
  const Report = z.object({
    state: z.string(),
    duration_ms: z.number().optional(),
    checks: z.array(z.looseObject({ check_id: z.string(), state: z.string(), severity: z.string() })),
  });
  let report: z.infer<typeof Report> | undefined;
  await until('the doctor has looked', async () => {
    // Not so often that it is told to come later.
    await new Promise((resolve) => setTimeout(resolve, 200));
    report = Report.parse(await (await fetch(`${base}/api/v1/doctor`)).json());
    return report.state === 'done';
  });
  const found = Object.fromEntries(report!.checks.map(({ check_id, severity }) => [check_id, severity]));
  expect(found).toMatchObject({ players: 'warning', redis: 'ok', port: 'ok', 'data-folder': 'ok' });
  expect(report!.checks.every(({ state }) => state === 'done')).toBe(true);
});

it('tutti doctor has what the server that runs here sees', async () => {
  const base = await start('open');
  const printed: string[] = [];
  const env = {
    TUTTI_DATA_DIR: join(dir, 'state'),
    TUTTI_PORT: String(app!.port),
    TUTTI_SNAPCAST_PORT: '0',
    TUTTI_MPD_PORT: '0',
    TUTTI_MDNS: 'off',
    TUTTI_LOCAL_OUTPUT: 'off',
  };
  await runCli(['doctor', '--json', '--server', base], env, (line) => printed.push(line)).catch(
    () => undefined,
  );
  const checks = z.array(Check).parse(JSON.parse(printed.join('')));
  const found = (id: string) => checks.find(({ check_id }) => check_id === id);
  expect(found('players')).toMatchObject({ measured: true, found: expect.stringContaining('Hall') });
  expect(found('port')).toMatchObject({ severity: 'ok', found: expect.stringContaining('Tutti that runs') });
});

it('tutti diagnostics writes the bundle of the server that runs, and one of the machine alone without it', async () => {
  const base = await start('open');
  const file = join(dir, 'with.json.gz');
  const printed: string[] = [];
  await runCli(['diagnostics', file, '--server', base], {}, (line) => printed.push(line));
  expect(printed.join()).not.toContain('gave none');
  expect(Bundle.parse(JSON.parse(gunzipSync(await readFile(file)).toString())).checks.length).toBeGreaterThan(
    25,
  );
  await expect(runCli(['diagnostics', file, '--server', base], {}, () => undefined)).rejects.toThrow(
    'another name',
  );

  const alone = join(dir, 'alone.json.gz');
  const env = {
    TUTTI_DATA_DIR: join(dir, 'nobody'),
    TUTTI_MDNS: 'off',
    TUTTI_BUS: `redis://:${CANARY}@127.0.0.1:1`,
  };
  await runCli(['diagnostics', alone, '--server', 'http://127.0.0.1:1'], env, (line) => printed.push(line));
  expect(printed.at(-1)).toContain('The server gave none');
  const text = gunzipSync(await readFile(alone)).toString();
  expect(text).not.toContain(CANARY);
  expect(
    z.looseObject({ checks: z.array(z.unknown()) }).parse(JSON.parse(text)).checks.length,
  ).toBeGreaterThan(25);
});

it('[DR3] without a server the bundle hides what the database knows, and a database that cannot be read keeps the log out', async () => {
  const base = await start('required');
  const link = app!.firstLink!.split('/').at(-1)!;
  await post(base, '/sign-in', { how: 'link', link, name: 'Annabel Canary', password: `${CANARY}-password` });
  await app!.close();
  app = undefined;
  const folder = join(dir, 'state');
  expect(hiddenIn(folder).people).toContain('Annabel Canary');
  expect(hiddenIn(folder).known).toContain((await readFile(join(folder, 'satellite-token'), 'utf8')).trim());

  await writeFile(join(folder, 'tutti.db'), 'no database');
  const file = join(dir, 'dead.json.gz');
  const env = { TUTTI_DATA_DIR: folder, TUTTI_MDNS: 'off' };
  await runCli(['diagnostics', file, '--server', 'http://127.0.0.1:1'], env, () => undefined);
  const bundle = JSON.parse(gunzipSync(await readFile(file)).toString()) as {
    missing: string[];
    log: string[];
  };
  expect(bundle.missing.join()).toContain('names and secrets in it are not known');
  expect(bundle.log).toEqual([]);
});
