import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { Gateway, House, LocalBus, Recall } from '../../src/bus/index.js';
import type { Caller } from '../../src/protocol/index.js';
import type { Identity } from '../../src/people/index.js';
import { openDoor } from '../../src/server/index.js';
import { FakeDoor } from '../fakes/fake-door.js';
import { FakeFeed } from '../fakes/fake-feed.js';
import { settle } from '../fakes/manual-clock.js';
import { until } from '../until.js';

/** A house and a gateway on a bus in this process, and what comes between them. */
const identity: Identity = { role: 'user', subject_id: 'u1', session_id: 's1', name: 'Ada' };
const caller: Caller = { connection_id: 'c1', role: 'admin', session_id: 's1' };
let bus: LocalBus;
let feed: FakeFeed;
let house: House;
let recall: Recall;
let gateway: Gateway;
let door: FakeDoor;
let ran: Caller[] = [];
let left: string[] = [];

async function start(mode: 'open' | 'required'): Promise<void> {
  const common = {
    bus,
    name: 'test',
    secret: undefined,
    version: '1',
    clock: systemClock,
    log: silentLogger,
  };
  ran = [];
  left = [];
  recall = new Recall(common);
  house = await House.open({
    ...common,
    recall,
    feed,
    run: async (_type, _request, who) => {
      ran.push(who);
      return { ok: true, data: {} };
    },
    entrance: mode === 'open' ? openDoor : door,
    left: (id) => left.push(id),
    url: () => 'http://house',
  });
  gateway = new Gateway({ ...common, random: () => 0 });
  await gateway.open();
}

beforeEach(() => {
  door = new FakeDoor();
  door.knows('cookie', 'secret', identity);
  bus = new LocalBus(systemClock);
  feed = new FakeFeed();
  feed.put('toasts', {}, 7);
});
afterEach(async () => {
  gateway.close();
  house.close();
  await recall.close();
  await bus.close();
});

const toast = (message: string) =>
  feed.commit([{ type: 'toast', topic: 'toasts', data: { type: 'info', message, duration: 1 } }]);
const forge = (channel: string, message: object): boolean =>
  bus.publish(`test:${channel}`, `.${JSON.stringify({ v: 1, ...message })}`);

describe('the line between a gateway and its house', () => {
  it('brings a snapshot in a turn in which it is true', async () => {
    await start('open');
    let seen: unknown;
    gateway.feed.fetch('toasts', () => (seen = gateway.feed.snapshot('toasts')));
    await until('it came', () => seen !== undefined);
    expect(seen).toEqual({ revision: 7, data: {} });
  });

  it('announces a gap when a number comes twice, and tells nothing twice', async () => {
    await start('open');
    const breaks: string[] = [];
    const told: unknown[] = [];
    gateway.feed.onBreak((kind) => breaks.push(kind));
    gateway.feed.subscribe((events) => told.push(...events));
    toast('one');
    await until('it is told', () => told.length === 1);
    forge('gateways', { node: house.node, seq: 1, kind: 'events', events: [] });
    await until('a gap is announced', () => breaks.length === 1);
    expect(gateway.measurements().dropped.repeated).toBe(1);
    toast('two');
    await until('what follows is told', () => told.length === 2);
  });

  it('announces a gap when a number is missing [GW1]', async () => {
    await start('open');
    const breaks: string[] = [];
    gateway.feed.onBreak((kind) => breaks.push(kind));
    forge('gateways', { node: house.node, seq: 1_000, kind: 'beat' });
    await until('a gap is announced', () => breaks.includes('gap'));
  });

  it('looks again who may be here when a number is missing', async () => {
    await start('required');
    await gateway.entrance.identify('secret', 'cookie', '::1');
    const told: unknown[] = [];
    gateway.entrance.onChange((change) => told.push(change));
    forge('gateways', { node: house.node, seq: 1_000, kind: 'beat' });
    await until('it is told who is who', () => told.length === 1);
    expect(told).toEqual([{ kind: 'changed', identity }]);
  });

  it('runs nothing for a process that has not come in, and nothing of its own [S18]', async () => {
    await start('open');
    const ask = { kind: 'ask', id: 'x', ask: 'run', data: { type: 'room:list', request: {}, caller } };
    forge('house', { node: 'stranger', seq: 1, ...ask });
    forge('house', { node: house.node, seq: 1, ...ask });
    forge('gateways', { node: 'stranger', seq: 1, kind: 'beat' });
    await settle();
    expect(ran).toEqual([]);
    expect(house.measurements().dropped).toMatchObject({ stranger: 1, loop: 1 });
    expect(gateway.measurements().dropped.stranger).toBe(1);
  });

  it('runs a command as who the house knows, not as who the gateway says', async () => {
    await start('required');
    const refused = await gateway.run('room:list', {}, caller);
    expect(refused).toMatchObject({ ok: false, error: { code: 'ERR_AUTH_REQUIRED' } });
    await gateway.entrance.identify('secret', 'cookie', '::1');
    await gateway.run('room:list', {}, caller);
    expect(ran).toMatchObject([{ connection_id: 'c1', role: 'user', name: 'Ada' }]);
  });

  it('says who is gone when a gateway goes', async () => {
    await start('open');
    await gateway.run('room:list', {}, caller);
    gateway.close();
    await until('the house was told', () => left.length === 1);
    expect(left).toEqual(['c1']);
    expect(house.gateways).toBe(0);
  });

  it('refuses a second house under the same name, until the first is gone', async () => {
    await start('open');
    const kept = { house, gateway, recall };
    await expect(start('open')).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      message: expect.stringContaining('bus_name') as string,
    });
    await recall.close();
    ({ house, gateway, recall } = kept);
    await gateway.run('room:list', {}, caller);
    expect(ran).toHaveLength(1);
    house.close();
    gateway.close();
    await recall.close();
    await start('open');
  });

  it('refuses at once what it cannot bring to its house [GW2]', async () => {
    await start('open');
    house.close();
    gateway.close();
    expect(await gateway.run('room:list', {}, caller)).toMatchObject({
      ok: false,
      error: { code: 'ERR_HOUSE_OFFLINE', retryable: true, params: { sent: false } },
    });
  });
});
