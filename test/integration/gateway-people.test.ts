import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { packageRoot } from '../../src/package-root.js';
import { FakeMpd } from '../fakes/fake-mpd.js';
import { startRedis, type RunningRedis } from '../fakes/real-redis.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { Peer } from './server-world.js';

/** A house that wants to know who comes, with two gateways and a real Redis, each a process of its own. */
const ANN = { name: 'Ann', password: 'a long enough password' };
let dir = '';
let redis: RunningRedis;
let house: ServerProcess;
let east: ServerProcess;
let west: ServerProcess;
let mpd: FakeMpd;
let cookie = '';
let token = '';

const settings = (name: string, command: 'serve' | 'gateway') => ({
  dataDir: join(dir, name),
  command,
  config: {
    bus: redis.address,
    auth: 'required',
    host: '127.0.0.1',
    bus_secret: 'a secret of this test',
    max_connections_per_user: 2,
    watch: false,
  },
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-gateway-people-'));
  redis = await startRedis();
  mpd = await FakeMpd.start();
  const musicDir = join(dir, 'music');
  await makeSineAlbums(musicDir, 440, ['Sines'], 2, 1);
  const players = [
    { id: 'bath', kind: 'null', name: 'Bath' },
    { id: 'hall', kind: 'mpd', name: 'Hall', host: '127.0.0.1', port: mpd.port },
  ];
  house = await ServerProcess.start({ ...settings('house', 'serve'), musicDir, players });
  [east, west] = await Promise.all([
    ServerProcess.start(settings('east', 'gateway')),
    ServerProcess.start(settings('west', 'gateway')),
  ]);
  const link = /sign-in\/([A-Za-z0-9_-]+)/.exec(await tutti('sign-in-link'))?.[1];
  const first = await ask(east, 'POST', '/sign-in', { body: { how: 'link', link, ...ANN } });
  cookie = first.cookie;
  token = (await tutti('token', 'create', '--name', 'test', '--scope', 'admin')).trim();
});

afterAll(async () => {
  for (const process of [east, west, house]) await process.kill('SIGTERM');
  await mpd.close();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

/** The command line on the machine of the house. */
async function tutti(...words: string[]): Promise<string> {
  const env = { ...process.env, TUTTI_DATA_DIR: join(dir, 'house'), TUTTI_PORT: String(house.port) };
  const main = join(packageRoot, 'dist', 'src', 'main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words], { env });
  return stdout;
}

interface Answer {
  readonly status: number;
  readonly cookie: string;
  readonly data: Readonly<Record<string, unknown>>;
}

async function ask(
  at: ServerProcess,
  method: string,
  path: string,
  { body, as = '' }: { body?: unknown; as?: string } = {},
): Promise<Answer> {
  const answer = await fetch(`${at.url}/api/v1${path}`, {
    method,
    headers: {
      origin: at.url,
      cookie: as,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const data = z.record(z.string(), z.unknown()).parse(await answer.json());
  const set = answer.headers.get('set-cookie') ?? '';
  return { status: answer.status, cookie: set.split(';')[0] ?? '', data };
}

const withCookie = (at: ServerProcess, as = cookie): Promise<Peer> =>
  Peer.connect(at.port, { headers: { origin: at.url, cookie: as } });
const withToken = (at: ServerProcess, bearer = token): Promise<Peer> =>
  Peer.connect(at.port, { headers: { authorization: `Bearer ${bearer}` } });

async function leave(...peers: Peer[]): Promise<void> {
  for (const peer of peers) peer.ws.close();
  await Promise.all(peers.map(({ closed }) => closed));
}

const CLIENT = { client_id: 'a-phone-of-this-test' };

describe('gateways of a house that wants to know who comes', () => {
  it('let in on one who signed in on the other', async () => {
    const body = { how: 'password', ...ANN };
    const wrong = await ask(east, 'POST', '/sign-in', { body: { ...body, password: 'not that one' } });
    expect(wrong).toMatchObject({ status: 401, cookie: '' });
    const signed = await ask(east, 'POST', '/sign-in', { body });
    expect(signed.status).toBe(200);
    expect((await ask(west, 'GET', '/account', { as: signed.cookie })).data).toMatchObject({ name: 'Ann' });
    expect((await ask(west, 'GET', '/account')).status).toBe(401);
    const phone = await withCookie(west, signed.cookie);
    expect(await phone.next('hello')).toMatchObject({ you: { name: 'Ann', role: 'admin' } });
    await ask(east, 'POST', '/sign-out', { as: signed.cookie });
    expect((await phone.closed).code).toBe(4001);
    expect((await ask(west, 'GET', '/account', { as: signed.cookie })).status).toBe(401);
  });

  it('close what hangs on a token that the command line revokes, on every gateway', async () => {
    const own = (await tutti('token', 'create', '--name', 'short', '--scope', 'control')).trim();
    const peers = await Promise.all([withToken(east, own), withToken(west, own), withToken(house, own)]);
    for (const peer of peers) await peer.next('hello');
    const row = (await tutti('token', 'list')).split('\n').find((line) => line.includes('short'));
    await tutti('token', 'revoke', row?.split(' ')[0] ?? '');
    expect((await Promise.all(peers.map(({ closed }) => closed))).map(({ code }) => code)).toEqual([
      4001, 4001, 4001,
    ]);
    await expect(withToken(west, own)).rejects.toThrow();
  });

  it('act on another role at once, also on what is followed', async () => {
    const person = { name: 'Bob', role: 'admin', password: 'another long password' };
    const added = await ask(west, 'POST', '/people', { as: cookie, body: person });
    const { name, password } = person;
    const bob = await ask(east, 'POST', '/sign-in', { body: { how: 'password', name, password } });
    const phone = await withCookie(east, bob.cookie);
    phone.send({ id: '1', type: 'subscribe', data: { topics: ['people'] } });
    await phone.next('subscribed');
    const path = `/people/${String(added.data['user_id'])}`;
    expect((await ask(west, 'PUT', path, { as: cookie, body: { role: 'user' } })).status).toBe(200);
    expect(await phone.next('unsubscribed')).toMatchObject({ topic: 'people' });
    const refused = await phone.ask({ id: '2', type: 'people:list', data: {} });
    expect(refused.error.code).toBe('ERR_NOT_ALLOWED');
    await leave(phone);
  });

  it('tell what was missed of a topic that nobody followed there [GW3]', async () => {
    const [phone, again] = [await withToken(east), await withToken(west)];
    const topics = ['room/bath'];
    phone.send({ id: '1', type: 'subscribe', data: { topics } });
    const left = z.object({ epoch: z.string(), revision: z.number() }).parse(await phone.next('subscribed'));
    const body = { volume: 0.2 };
    await ask(west, 'PUT', '/rooms/bath/volume', { as: cookie, body });
    await phone.next('volume:updated');
    const resume = { epoch: left.epoch, revisions: { 'room/bath': left.revision } };
    again.send({ id: '1', type: 'subscribe', data: { topics, resume } });
    expect(await again.next('subscribed')).toMatchObject({
      resumed: true,
      events: expect.arrayContaining([expect.objectContaining({ type: 'volume:updated' })]) as unknown,
    });
    await leave(phone, again);
  });

  it('count the connections of one person each for itself [GW4]', async () => {
    const peers = [await withToken(east), await withToken(east), await withToken(west)];
    await expect(withToken(east)).rejects.toThrow();
    await leave(...peers);
  });

  it('carry out once what is asked again after the gateway was killed before it could answer [RE2]', async () => {
    const [phone, other] = [await withToken(east), await withToken(west)];
    const resume = { id: 'r', type: 'resume', data: CLIENT };
    await phone.ask(resume);
    const listener = new Redis(redis.address);
    const passed: string[] = [];
    listener.on('message', (_channel, message) => passed.push(message));
    await listener.subscribe('tutti:house');
    process.kill(house.pid, 'SIGSTOP');
    const create = { id: '7', type: 'playlist:create', data: { name: 'Once' } };
    phone.send(create);
    await until('the command is on its way', () => passed.some((text) => text.includes('playlist:create')));
    listener.disconnect();
    await east.kill();
    process.kill(house.pid, 'SIGCONT');
    await phone.closed;
    expect(await other.ask(resume)).toMatchObject({ data: { resumed: true } });
    const answer = await other.ask(create);
    expect(answer).toMatchObject({ type: 'reply', ok: true, data: { playlist: { name: 'Once' } } });
    const { data } = await other.ask({ id: '8', type: 'playlist:list', data: {} });
    expect(data['playlists']).toHaveLength(1);
    await leave(other);
    await east.start();
  });

  it('end the connection that a client had on another gateway [RE1]', async () => {
    const [phone, again] = [await withToken(west), await withToken(east)];
    await phone.ask({ id: 'r', type: 'resume', data: CLIENT });
    expect(await again.ask({ id: 'r', type: 'resume', data: CLIENT })).toMatchObject({
      data: { resumed: true },
    });
    expect((await phone.closed).code).toBe(1006);
    await leave(again);
  });

  it('know a client again after the house has stopped and begun anew [RE2]', async () => {
    const phone = await withToken(west);
    await phone.ask({ id: 'r', type: 'resume', data: CLIENT });
    const create = { id: '9', type: 'playlist:create', data: { name: 'Before' } };
    const first = await phone.ask(create);
    await house.kill('SIGTERM');
    await house.start();
    expect((await phone.closed).code).toBe(4101);
    const again = await withToken(west);
    expect(await again.ask({ id: 'r', type: 'resume', data: CLIENT })).toMatchObject({
      data: { resumed: true },
    });
    expect((await again.ask(create)).data).toEqual(first.data);
    const { data } = await again.ask({ id: '8', type: 'playlist:list', data: {} });
    expect(data['playlists']).toHaveLength(2);
    await leave(again);
  });

  it('have one house: a second one under its name ends, and says why', async () => {
    const second = await ServerProcess.start(settings('second', 'serve')).catch((ended: Error) => ({
      said: ended.message,
    }));
    await until('it says why', () => second.said.includes('another bus_name'));
    if (second instanceof ServerProcess)
      await until('it is gone', () =>
        fetch(`${second.url}/health`).then(
          () => false,
          () => true,
        ),
      );
    expect((await ask(west, 'GET', '/account', { as: cookie })).status).toBe(200);
  });

  it('tell of jobs, as a stream and by asking', async () => {
    const started = await ask(west, 'POST', '/library/scan', { as: cookie, body: { full: true } });
    const jobId = String(started.data['job_id']);
    const stream = await Peer.connect(
      east.port,
      { headers: { authorization: `Bearer ${token}` } },
      '',
      `/api/v1/jobs/${jobId}/stream`,
    );
    expect(await stream.next('completed')).toMatchObject({ job_id: jobId });
    expect((await stream.closed).code).toBe(1000);
    const { data } = await ask(west, 'GET', `/jobs/${jobId}`, { as: cookie });
    expect(data).toMatchObject({ job_id: jobId, status: 'completed' });
    expect(JSON.stringify((await ask(east, 'GET', '/jobs', { as: cookie })).data)).toContain(jobId);
  });

  it('pass on music as the house has it, whole and in parts', async () => {
    const { data } = await ask(east, 'GET', '/library/tracks', { as: cookie });
    const { items } = z.object({ items: z.array(z.object({ track_id: z.string() })) }).parse(data);
    const track_ids = items.map(({ track_id }) => track_id);
    await ask(west, 'POST', '/rooms/hall/queue', { as: cookie, body: { source: { track_ids } } });
    await ask(west, 'POST', '/rooms/hall/play', { as: cookie, body: {} });
    const given = (): string => mpd.commands.flat().find((word) => word.includes('/media/')) ?? '';
    await until('the player was given an address', () => given() !== '');
    const path = new URL(given()).pathname;
    const get = async (at: ServerProcess, range?: string) => {
      const answer = await fetch(at.url + path, { headers: range === undefined ? {} : { range } });
      return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
    };
    const [whole, passed] = [await get(house), await get(west)];
    expect(whole.bytes.subarray(0, 4).toString()).toBe('fLaC');
    expect(passed.bytes.equals(whole.bytes)).toBe(true);
    const part = await get(east, 'bytes=1000-1999');
    expect(part.answer.status).toBe(206);
    expect(part.answer.headers.get('content-range')).toBe(`bytes 1000-1999/${whole.bytes.length}`);
    expect(part.bytes.equals(whole.bytes.subarray(1000, 2000))).toBe(true);
    expect((await get(east, 'bytes=99999999-')).answer.status).toBe(416);
  });
});
