import { afterEach, beforeEach, expect, it } from 'vitest';
import { MpvClient } from '../../drivers/local/client.js';
import type { MpvEvent } from '../../drivers/local/wire.js';
import { systemClock } from '../../src/base/index.js';
import { FakeMpv } from '../fakes/fake-mpv.js';
import { ManualClock, settle } from '../fakes/manual-clock.js';
import { until } from './local-rig.js';

let fake: FakeMpv;
let clients: MpvClient[] = [];

beforeEach(async () => {
  fake = await FakeMpv.start();
});

afterEach(async () => {
  for (const client of clients) client.close();
  clients = [];
  await fake.close();
});

async function open(clock = systemClock): Promise<MpvClient> {
  const client = await MpvClient.open(fake.socket, clock, AbortSignal.timeout(5000));
  clients.push(client);
  return client;
}

it('gives each request its own answer, also when they come in another order', async () => {
  const client = await open();
  fake.answer = () => 'nothing';
  const [volume, pid] = [client.get('volume'), client.get('pid')];
  await until('both requests', () => fake.commands.length === 2);
  fake.send('{"request_id":2,"error":"success","data":77}\n{"request_id":1,"error":"success","data":33.5}\n');
  expect(await volume).toBe(33.5);
  expect(await pid).toBe(77);
});

it('reads answers that arrive byte by byte', async () => {
  const client = await open();
  fake.answer = () => 'nothing';
  const version = client.get('mpv-version');
  await until('the request', () => fake.commands.length === 1);
  for (const byte of Buffer.from('{"request_id":1,"error":"success","data":"mpv ü"}\n'))
    fake.send(Buffer.of(byte));
  expect(await version).toBe('mpv ü');
});

it('takes an unavailable property as undefined and any other error as refused', async () => {
  const client = await open();
  fake.answer = () => ({ error: 'property unavailable' });
  expect(await client.get('audio-pts')).toBeUndefined();
  fake.answer = () => ({ error: 'error running command' });
  await expect(client.request(['seek', 1, 'absolute+exact'])).rejects.toMatchObject({
    code: 'ERR_PLAYER_REFUSED',
  });
});

it('rejects what is under way when the connection drops in the middle of a line', async () => {
  const client = await open();
  fake.answer = () => 'nothing';
  const pending = [client.get('pause'), client.request(['stop'])];
  await until('the requests', () => fake.commands.length === 2);
  fake.send('{"request_id":1,"err');
  fake.drop();
  for (const outcome of await Promise.allSettled(pending)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_PLAYER_OFFLINE' } });
  }
  expect(await client.closed).toBeInstanceOf(Error);
  await expect(client.get('pause')).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
});

it.each([
  ['text', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['bytes', Buffer.from([0xff, 0xfe, 0, 10, 0x80, 10])],
  ['JSON of another shape', '{"hello":"world"}\n'],
  ['half an object', '{"request_id":1,\n'],
  ['a line without an end', Buffer.alloc(3 << 20, 0x20)],
])('lets go of a peer that sends %s', async (_, garbage) => {
  const client = await open();
  fake.answer = () => 'nothing';
  const pending = client.get('pause');
  await until('the request', () => fake.commands.length === 1);
  fake.send(garbage);
  await expect(pending).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
  expect((await client.closed).message).toContain('not mpv');
});

it('passes over answers that nobody waits for', async () => {
  const client = await open();
  fake.answer = () => ({ data: 5 });
  fake.send('{"request_id":99,"error":"success"}\n{"request_id":0,"error":"invalid parameter"}\n');
  expect(await client.get('pid')).toBe(5);
});

it('gives up on a request that is never answered, and takes the next one', async () => {
  const clock = new ManualClock();
  const client = await open(clock);
  fake.answer = () => 'nothing';
  const pending = client.get('pause');
  pending.catch(() => undefined);
  await until('the request', () => fake.commands.length === 1);
  await clock.advance(6001);
  await expect(pending).rejects.toMatchObject({ code: 'ERR_PLAYER_TIMEOUT' });
  fake.send('{"request_id":1,"error":"success","data":true}\n');
  fake.answer = () => ({ data: false });
  expect(await client.get('pause')).toBe(false);
  expect(clock.pending).toBe(0);
});

it('rejects at once when its signal aborts', async () => {
  const client = await open();
  fake.answer = () => 'nothing';
  const controller = new AbortController();
  const pending = client.get('pause', controller.signal);
  controller.abort(new Error('changed my mind'));
  await expect(pending).rejects.toThrow('changed my mind');
});

it('keeps events in order, from before anybody listened', async () => {
  const client = await open();
  fake.answer = () => ({ data: 1 });
  await client.get('pid');
  fake.event({ event: 'start-file', playlist_entry_id: 1 });
  fake.event({ event: 'tracks-changed' });
  fake.event({ event: 'file-loaded' });
  await client.get('pid');
  const seen: MpvEvent['event'][] = [];
  client.listen((event) => seen.push(event.event));
  fake.event({ event: 'idle' });
  await client.get('pid');
  expect(seen).toEqual(['start-file', 'file-loaded', 'idle']);
});

it('rejects where nobody listens, and an abort on the way', async () => {
  const gone = MpvClient.open(`${fake.dir}/nobody.sock`, systemClock, AbortSignal.timeout(5000));
  await expect(gone).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(MpvClient.open(fake.socket, systemClock, AbortSignal.abort())).rejects.toThrow();
  await settle();
});
