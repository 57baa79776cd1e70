import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import type { CommandInput, CommandReply } from '../../src/protocol/index.js';
import { Parties } from '../../src/rooms/index.js';
import { emptyState, Store } from '../../src/state/index.js';
import { FakeDoor, someone } from '../fakes/fake-door.js';
import { known } from '../fakes/store-dice.js';
import { World, type AnyFrame, type Peer } from './server-world.js';

/** A server with a room, a real store and real parties; people come as themselves, each by a secret of that name. */
let world: World;
let store: Store;
let parties: Parties;
let door: FakeDoor;
type PartyCommand = keyof Parties['handlers'];
const room_id = 'attic';
const r = { room_id };

beforeEach(async () => {
  store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  store.commit(known(room_id));
  door = new FakeDoor();
  for (const name of ['ann', 'bob', 'eve']) door.knows('query', name, someone(name));
  door.knows('query', 'root', someone('root', { role: 'admin' }));
  door.knows('query', 'gus', someone('gus', { role: 'guest', room_id }));
  door.knows('query', 'gil', someone('gil', { role: 'guest', room_id: 'elsewhere' }));
  for (const name of ['ann', 'eve']) door.knows('bearer', name, someone(name));
  parties = new Parties({ store, clock: systemClock, skip: async () => ({}) });
  world = await World.start({ feed: store, door, left: (id) => parties.gone(id) }, parties.handlers);
});
afterEach(async () => {
  await world.stop();
  parties.close();
});

class Phone {
  #count = 0;
  constructor(readonly peer: Peer) {}

  async ask<T extends PartyCommand>(type: T, data: CommandInput<T>): Promise<CommandReply<T>> {
    const id = `c${++this.#count}`;
    this.peer.send({ id, type, data });
    const answer = await this.peer.next((frame) => frame.id === id);
    if (answer.error) throw new Error(answer.error.code);
    return answer.data as CommandReply<T>;
  }

  /** `subscribed`, or the code of the error. */
  async follow(topic = `party/${room_id}`): Promise<string> {
    const id = `s${++this.#count}`;
    this.peer.send({ id, type: 'subscribe', data: { topics: [topic] } });
    const { type, error } = await this.peer.next((frame) => frame.id === id);
    return type === 'subscribed' ? type : (error?.code ?? type);
  }

  /** What it has heard by now of the party: whoever hears the answer to a ping has heard everything before it. */
  async heard(): Promise<AnyFrame[]> {
    const id = `p${++this.#count}`;
    this.peer.send({ id, type: 'ping', data: {} });
    await this.peer.next((frame) => frame.id === id);
    return this.peer.frames.filter(({ topic }) => topic === `party/${room_id}`);
  }
}

const phone = async (name: string): Promise<Phone> =>
  new Phone(await world.peer({ query: `?token=${name}` }));

describe('[PT7] a private party', () => {
  it('is there for its participants and admins, and for nobody else', async () => {
    const [ann, eve, root, gus] = await Promise.all(['ann', 'eve', 'root', 'gus'].map(phone));
    expect(await ann!.follow()).toBe('ERR_TOPIC_NOT_FOUND');
    await ann!.ask('room:open', { ...r, public: false });
    expect(await ann!.follow()).toBe('subscribed');
    expect(await root!.follow()).toBe('subscribed');
    for (const stranger of [eve, gus]) expect(await stranger!.follow()).toBe('ERR_NOT_ALLOWED');
    await gus!.ask('room:join', r);
    expect(await gus!.follow()).toBe('subscribed');
    expect(await (await phone('ann')).follow()).toBe('subscribed');
  });

  it('tells nothing of itself in the room, nor to those who have no WebSocket', async () => {
    const [ann, eve] = await Promise.all(['ann', 'eve'].map(phone));
    await ann!.ask('room:open', { ...r, public: false });
    await eve!.follow(`room/${room_id}`);
    await ann!.ask('room:chat', { ...r, message: 'between us' });
    await eve!.heard();
    expect(JSON.stringify(eve!.peer.frames)).not.toMatch(/between us|participant_id/);
    const read = async (who: string): Promise<string> => {
      const address = `http://127.0.0.1:${world.port}/api/v1/topics?names=party/${room_id}`;
      return (await fetch(address, { headers: { authorization: `Bearer ${who}` } })).text();
    };
    expect(await read('ann')).toContain('between us');
    expect(await read('eve')).toMatch(/"unknown":\["party\/attic"\],"topics":\[\]/);
  });

  it('ends at once for who leaves, before anything else is heard', async () => {
    const [ann, gus] = await Promise.all(['ann', 'gus'].map(phone));
    await ann!.ask('room:open', { ...r, public: false });
    await gus!.ask('room:join', r);
    await gus!.follow();
    await gus!.ask('room:leave', r);
    await ann!.ask('room:chat', { ...r, message: 'now that he is gone' });
    const types = (await gus!.heard()).map(({ type }) => type);
    expect(types.slice(-2)).toEqual(['room:event', 'unsubscribed']);
    expect(await gus!.follow()).toBe('ERR_NOT_ALLOWED');
  });

  it('ends for admins who are admins no more', async () => {
    const [ann, root] = await Promise.all(['ann', 'root'].map(phone));
    await ann!.ask('room:open', { ...r, public: false });
    await root!.follow();
    door.tell({ kind: 'changed', identity: someone('root') });
    expect((await root!.heard()).at(-1)?.type).toBe('unsubscribed');
  });

  it('ends for everybody when its doors close', async () => {
    const [ann, root] = await Promise.all(['ann', 'root'].map(phone));
    await ann!.ask('room:open', { ...r, public: false });
    for (const one of [ann, root]) await one!.follow();
    await ann!.ask('room:close', r);
    for (const one of [ann, root]) {
      const last = (await one!.heard()).slice(-2);
      expect(last).toMatchObject([{ data: { event_type: 'party_closed' } }, { type: 'unsubscribed' }]);
    }
  });
});

describe('[PT7] a public party', () => {
  it('is there for everybody of the room, until it becomes private', async () => {
    const [ann, eve, gus, gil] = await Promise.all(['ann', 'eve', 'gus', 'gil'].map(phone));
    await ann!.ask('room:open', r);
    for (const one of [ann, eve, gus]) expect(await one!.follow()).toBe('subscribed');
    expect(await gil!.follow()).toBe('ERR_NOT_ALLOWED');
    await ann!.ask('room:rules', { ...r, public: false });
    await ann!.ask('room:chat', { ...r, message: 'among ourselves' });
    for (const one of [eve, gus]) expect((await one!.heard()).at(-1)?.type).toBe('unsubscribed');
    expect((await ann!.heard()).at(-1)?.type).toBe('room:chat');
  });
});
