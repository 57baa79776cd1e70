import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/fakes/manual-clock.js';
import { silentLogger } from '../../base/index.js';
import type { Caller, CommandInput, CommandReply, Handlers, TopicEvent } from '../../protocol/index.js';
import type { PlayerCommand } from '../../players/index.js';
import { loadState, sqliteKeeper, Store, type PartyRecord } from '../../state/index.js';
import { migrate, openDb } from '../../storage/index.js';
import { createRooms, guarded, Parties } from '../index.js';
import type { PartyCommand } from './index.js';
import type { Rooms } from '../index.js';
import { COMMANDS } from '../../protocol/index.js';

/** A room with one obedient player, on a real database, and people with connections of their own. */
class House {
  readonly clock = new ManualClock();
  readonly db = openDb(':memory:');
  store!: Store;
  rooms!: Rooms;
  parties!: Parties;
  handlers!: Rooms['handlers'] & Pick<Handlers, PartyCommand>;
  readonly events: TopicEvent[] = [];

  constructor() {
    migrate(this.db);
    this.start();
    this.store.commit({
      type: 'player/known',
      player: {
        player_id: 'p',
        kind: 'null',
        name: 'P',
        options: {},
        origin: 'config',
        room_id: 'r',
        address: '',
        memory: null,
        home_room_id: 'r',
        latency_ms: 0,
        volume_limit: 1,
      },
      room_name: 'R',
      sync_class: 'loose',
      capabilities: ['volume', 'mute', 'seek'],
    });
    this.store.commit({ type: 'player/link', player_id: 'p', link: 'online', at_us: 0 });
  }

  /** Also again: as after a restart. */
  start(): void {
    this.rooms?.close();
    this.parties?.close();
    this.store?.flush();
    this.store = new Store({ state: loadState(this.db, '1'), epoch: 'e', keeper: sqliteKeeper(this.db) });
    this.store.subscribe((events) => this.events.push(...events));
    this.parties = new Parties({
      store: this.store,
      clock: this.clock,
      skip: async (room_id) =>
        this.rooms.handlers['room:next']({ room_id }, { connection_id: 'party', role: 'user' }),
    });
    this.rooms = createRooms({
      people: this.parties.people,
      store: this.store,
      clock: this.clock,
      log: silentLogger,
      random: () => 0.5,
      players: { codecs: () => 'all', execute: (_id, command) => this.#obey(command) },
      library: {
        items: (source) =>
          ('track_ids' in source ? source.track_ids : []).map((id) => ({
            track_id: id,
            title: id,
            duration_seconds: 100,
          })),
        file: (id) => ({
          path: `/music/${id}`,
          relative_path: id,
          url_path: `/media/${id}`,
          duration_seconds: 100,
        }),
        stream: (url) => Promise.resolve({ url }),
        savePlaylist: (name) => ({ playlist_id: 'l', name, track_count: 0, duration_seconds: 0 }),
      },
    });
    this.handlers = {
      ...guarded(this.rooms.handlers, this.store, this.parties.people),
      ...this.parties.handlers,
    };
  }

  #obey(command: PlayerCommand): Promise<void> {
    if (command.type === 'load')
      this.store.commit({
        type: 'player/fact',
        player_id: 'p',
        fact: {
          type: 'playback',
          status: 'playing',
          ref: command.media.ref,
          position_seconds: command.position_seconds,
          at_us: this.clock.nowUs(),
          rate: 1,
          duration_seconds: 100,
        },
      });
    return Promise.resolve();
  }

  /** One person's connection. */
  as(connection_id: string, role: Caller['role'] = 'user', who: Partial<Caller> = {}) {
    return async <T extends keyof House['handlers']>(
      type: T,
      data: CommandInput<T>,
    ): Promise<CommandReply<T>> => {
      const request = COMMANDS[type].request.parse(data);
      const handler = this.handlers[type] as (
        request: unknown,
        caller: Caller,
      ) => CommandReply<T> | Promise<CommandReply<T>>;
      return handler(request, { connection_id, role, ...who });
    };
  }

  get party(): PartyRecord | undefined {
    return this.store.state.rooms.get('r')!.party;
  }
  get titles(): string[] {
    return this.store.state.rooms.get('r')!.queue.items.map((item) => item.title);
  }
  told(type: TopicEvent['type']): readonly unknown[] {
    return this.events.filter((event) => event.type === type).map((event) => event.data);
  }
  readonly add = (track: string) => ({ room_id: 'r', source: { track_ids: [track] } });
}

const refused = (code: string): unknown => expect.objectContaining({ code });
const r = { room_id: 'r' };
let house: House;
let ann: ReturnType<House['as']>;
let bob: ReturnType<House['as']>;
let cleo: ReturnType<House['as']>;
beforeEach(() => {
  house = new House();
  [ann, bob, cleo] = [house.as('ann'), house.as('bob', 'guest'), house.as('cleo', 'guest')];
});

describe('[PT1] a listening party', () => {
  it('has its opener as host, and lets others in until it is full', async () => {
    await ann('room:open', { ...r, name: 'Ann', max_participants: 2, description: 'Jazz' });
    const { party, state } = await bob('room:join', { ...r, name: 'Bob' });
    expect(state.party).toMatchObject({ host: 'Ann', participant_count: 2, description: 'Jazz' });
    expect(party.participants.map(({ name, host, presence }) => [name, host, presence])).toEqual([
      ['Ann', true, 'here'],
      ['Bob', false, 'here'],
    ]);
    await expect(cleo('room:join', { ...r, name: 'Cleo' })).rejects.toEqual(refused('ERR_BUSY'));
    expect(house.told('room:event')).toMatchObject([
      { event_type: 'party_opened' },
      { event_type: 'user_joined' },
    ]);
  });

  it('lets nobody into a private one without its invitation', async () => {
    const { invite } = await ann('room:open', { ...r, name: 'Ann', public: false });
    await expect(bob('room:join', { ...r, name: 'Bob' })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await expect(bob('room:join', { ...r, name: 'Bob', invite: `${invite}x` })).rejects.toEqual(
      refused('ERR_NOT_ALLOWED'),
    );
    await bob('room:join', { ...r, name: 'Bob', invite });
    expect(house.party?.kept.members).toHaveLength(2);
  });

  it('lets a guest into a private one who was invited to the room', async () => {
    await ann('room:open', { ...r, name: 'Ann', public: false });
    const join = (room_id: string) =>
      house.handlers['room:join'](
        { ...r, name: 'Gus', returning: false },
        { connection_id: 'gus', role: 'guest', room_id },
      );
    expect(() => join('elsewhere')).toThrow('private');
    await join('r');
    expect(house.party?.kept.members.map(({ name }) => name)).toEqual(['Ann', 'Gus']);
  });

  it('knows people again by their secret, and nobody by a wrong one', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    const { participant_id, secret } = await bob('room:join', { ...r, name: 'Bob' });
    await house.as('bob-2', 'guest')('room:join', { ...r, name: 'Bobby', participant_id, secret });
    expect(house.party?.kept.members.map(({ name }) => name)).toEqual(['Ann', 'Bobby']);
    const thief = await cleo('room:join', { ...r, name: 'Bob', participant_id, secret: 'wrong' });
    expect(thief.participant_id).not.toBe(participant_id);
  });

  it('survives a restart with its people, its host and its chat', async () => {
    const { participant_id, secret } = await ann('room:open', { ...r, name: 'Ann' });
    await ann('room:chat', { ...r, message: 'hello' });
    house.start();
    expect(house.party?.chat.map(({ message }) => message)).toEqual(['hello']);
    expect(house.party?.here).toEqual([]);
    await ann('room:join', { ...r, name: 'Ann', participant_id, secret });
    await ann('room:rules', { ...r, description: 'still the host' });
    expect(house.party?.kept.rules.description).toBe('still the host');
  });

  it('closes on the word of its host, and the music goes on', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await bob('room:join', { ...r, name: 'Bob' });
    await expect(bob('room:close', r)).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await ann('queue:add', { ...house.add('a'), play: true });
    await ann('room:close', r);
    expect(house.party).toBeUndefined();
    expect(house.store.state.rooms.get('r')?.live.state).toBe('playing');
  });
});

describe('[PT2] presence and the host', () => {
  it('hands over to who has been there longest when the host leaves', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    const { participant_id } = await bob('room:join', { ...r, name: 'Bob' });
    await house.clock.advance(10);
    await cleo('room:join', { ...r, name: 'Cleo' });
    await ann('room:leave', r);
    expect(house.party?.kept.host_id).toBe(participant_id);
    expect(house.told('room:event')).toContainEqual(
      expect.objectContaining({ event_type: 'host_changed', participant: { participant_id, name: 'Bob' } }),
    );
  });

  it('closes the doors behind the last one', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await ann('room:leave', r);
    expect(house.party).toBeUndefined();
  });

  it('calls nobody away whose connection comes back soon, and takes away for left after minutes', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    const { participant_id, secret } = await bob('room:join', { ...r, name: 'Bob' });
    house.parties.gone('bob');
    await house.clock.advance(3_000);
    await house.as('bob-2')('room:join', { ...r, name: 'Bob', participant_id, secret });
    await house.clock.advance(600_000);
    expect(house.party?.here).toHaveLength(2);
    house.parties.gone('bob-2');
    await house.clock.advance(6_000);
    expect(house.party?.here).toHaveLength(1);
    expect(house.party?.kept.members).toHaveLength(2);
    await house.clock.advance(5 * 60_000);
    expect(house.party?.kept.members).toHaveLength(1);
  });
});

describe('[PT3] the queue of a party', () => {
  beforeEach(async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await bob('room:join', { ...r, name: 'Bob' });
    await cleo('room:join', { ...r, name: 'Cleo' });
  });

  it('lets people take turns, and says who queued what', async () => {
    for (const track of ['b1', 'b2', 'b3']) await bob('queue:add', house.add(track));
    await cleo('queue:add', house.add('c1'));
    expect(house.titles).toEqual(['b1', 'c1', 'b2', 'b3']);
    expect(house.store.state.rooms.get('r')!.queue.items[1]!.added_by?.name).toBe('Cleo');
  });

  it('stands in a line when the host prefers that', async () => {
    await ann('room:rules', { ...r, fair: false });
    for (const track of ['b1', 'b2']) await bob('queue:add', house.add(track));
    await cleo('queue:add', house.add('c1'));
    expect(house.titles).toEqual(['b1', 'b2', 'c1']);
  });

  it('is not jumped, driven or emptied by guests', async () => {
    await bob('queue:add', house.add('b1'));
    await expect(cleo('queue:add', { ...house.add('c1'), at: 'next' })).rejects.toEqual(
      refused('ERR_NOT_ALLOWED'),
    );
    await expect(cleo('queue:add', { ...house.add('c1'), play: true })).rejects.toEqual(
      refused('ERR_NOT_ALLOWED'),
    );
    await expect(cleo('room:next', r)).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await expect(cleo('room:volume', { ...r, volume: 1 })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await expect(cleo('player:volume', { player_id: 'p', volume: 1 })).rejects.toEqual(
      refused('ERR_NOT_ALLOWED'),
    );
    await expect(cleo('queue:clear', r)).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    const item_ids = house.store.state.rooms.get('r')!.queue.items.map((item) => item.item_id);
    await expect(cleo('queue:remove', { ...r, item_ids })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await bob('queue:remove', { ...r, item_ids });
    expect(house.titles).toEqual([]);
  });

  it('obeys a tablet on the wall that has not joined, and the host', async () => {
    await bob('queue:add', house.add('b1'));
    await house.as('wall')('room:play', r);
    await ann('room:pause', r);
  });
});

describe('[PT4] votes to skip', () => {
  const playing = (): string => house.store.state.rooms.get('r')!.kept.item_id!;
  beforeEach(async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await bob('room:join', { ...r, name: 'Bob' });
    await cleo('room:join', { ...r, name: 'Cleo' });
    await ann('queue:add', { ...r, source: { track_ids: ['a', 'b', 'c'] }, play: true });
    await settle();
  });

  it('count only after the cooldown of a track', async () => {
    await expect(bob('room:vote-skip', { ...r, item_id: playing() })).rejects.toEqual(refused('ERR_BUSY'));
    await house.clock.advance(15_000);
    const { skip } = await bob('room:vote-skip', { ...r, item_id: playing() });
    expect(skip).toMatchObject({ votes: 1, needed: 2 });
  });

  it('skip when the quorum of those who are here is reached, each voice counted once', async () => {
    await house.clock.advance(15_000);
    const item_id = playing();
    await bob('room:vote-skip', { ...r, item_id });
    expect((await bob('room:vote-skip', { ...r, item_id })).skip.votes).toBe(1);
    expect((await cleo('room:vote-skip', { ...r, item_id })).skipped).toBe(true);
    expect(playing()).not.toBe(item_id);
    expect(house.party?.skip).toBeUndefined();
  });

  it('are about one item, not about whatever plays when they arrive', async () => {
    await house.clock.advance(15_000);
    const item_id = playing();
    await ann('room:next', r);
    await expect(bob('room:vote-skip', { ...r, item_id })).rejects.toEqual(refused('ERR_CONFLICT'));
  });

  it('are worth nothing against the veto of the host', async () => {
    await house.clock.advance(15_000);
    await bob('room:vote-skip', { ...r, item_id: playing() });
    await expect(cleo('room:veto', r)).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await ann('room:veto', r);
    await expect(cleo('room:vote-skip', { ...r, item_id: playing() })).rejects.toEqual(
      refused('ERR_NOT_ALLOWED'),
    );
    expect(house.party?.skip).toBeUndefined();
  });

  it('suffice when so many left that they are the quorum', async () => {
    await house.clock.advance(15_000);
    const item_id = playing();
    await bob('room:vote-skip', { ...r, item_id });
    await cleo('room:leave', r);
    await settle();
    expect(playing()).not.toBe(item_id);
  });
});

describe('[PT5] chat', () => {
  it('reaches everybody once, in order, and is there for who comes later', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await ann('room:chat', { ...r, message: 'one' });
    await ann('room:chat', { ...r, message: 'two' });
    expect(house.told('room:chat')).toMatchObject([{ message: 'one', user: 'Ann' }, { message: 'two' }]);
    const { party } = await bob('room:join', { ...r, name: 'Bob' });
    expect(party.chat.map(({ message }) => message)).toEqual(['one', 'two']);
  });

  it('is slowed down for who says too much at once', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    for (let n = 0; n < 5; n++) await ann('room:chat', { ...r, message: `${n}` });
    await expect(ann('room:chat', { ...r, message: 'more' })).rejects.toMatchObject({
      code: 'ERR_BUSY',
      params: { retry_after_ms: 2000 },
    });
    await house.clock.advance(2_000);
    await ann('room:chat', { ...r, message: 'more' });
  });

  it('is for those who joined', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    await expect(bob('room:chat', { ...r, message: 'psst' })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
  });

  it('keeps the last 200 messages, on disk too', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    for (let n = 0; n < 205; n++) {
      await house.clock.advance(2_000);
      await ann('room:chat', { ...r, message: `${n}` });
    }
    house.start();
    expect(house.party?.chat).toHaveLength(200);
    expect(house.party?.chat[0]?.message).toBe('5');
  });
});

describe('[PT6] playback:sync', () => {
  it('says where and when the music goes on, at every jump of a party', async () => {
    await ann('queue:add', { ...r, source: { track_ids: ['a', 'b'] } });
    await ann('room:play', r);
    expect(house.told('playback:sync')).toEqual([]);
    await ann('room:open', { ...r, name: 'Ann' });
    await house.clock.advance(5_000);
    await ann('room:pause', r);
    await ann('room:next', r);
    const told = house.told('playback:sync');
    expect(told).toMatchObject([
      { command: 'pause', track_id: 'a', start_position_seconds: 5 },
      { command: 'play', track_id: 'b', start_position_seconds: 0, sync_time_us: house.clock.nowUs() },
    ]);
  });
});

describe('[PT7] who may look into a party', () => {
  const inside = () => house.store.snapshot('party/r');
  it('is everybody of the room while it is public, and only who is in while it is private', async () => {
    expect(inside()).toBeUndefined();
    await ann('room:open', { ...r, name: 'Ann' });
    await bob('room:join', { ...r, name: 'Bob' });
    expect(inside()?.readers).toBe('all');
    await ann('room:rules', { ...r, public: false });
    expect(inside()?.readers).toEqual({ connection_ids: ['ann', 'bob'], subject_ids: [] });
    const events = house.events.filter(({ topic }) => topic === 'party/r');
    expect(events.at(-1)).toMatchObject({ type: 'party:updated', readers: inside()?.readers });
    house.parties.gone('bob');
    expect(inside()?.readers).toMatchObject({ connection_ids: ['ann'] });
    await ann('room:close', r);
    expect(inside()).toBeUndefined();
    expect(house.events.filter(({ topic }) => topic === 'party/r').at(-1)?.readers).toBe('nobody');
  });

  it('hears what happens there, and the room tells nobody more than the summary', async () => {
    await ann('room:open', { ...r, name: 'Ann', public: false });
    await bob('room:join', { ...r, name: 'Bob', invite: house.party?.kept.invite });
    await bob('room:chat', { ...r, message: 'psst' });
    await bob('room:leave', r);
    const told = (topic: string) => JSON.stringify(house.events.filter((event) => event.topic === topic));
    for (const topic of ['rooms', 'room/r']) expect(told(topic)).not.toMatch(/Bob|psst/);
    expect(told('rooms')).not.toContain('Ann');
    expect(told('party/r')).toMatch(/psst.*user_left/);
    const { room, party } = await house.rooms.handlers['room:get'](r, { connection_id: 'x', role: 'admin' });
    expect(room.party).toBeUndefined();
    expect(party).toEqual({
      description: '',
      public: false,
      fair: true,
      participant_count: 1,
      max_participants: 20,
      host: 'Ann',
    });
  });

  it('may also be on another phone of somebody who is in: that is news for who keeps the list', async () => {
    await ann('room:open', { ...r, name: 'Ann', public: false });
    const { participant_id, secret } = await bob('room:join', {
      ...r,
      name: 'Bob',
      invite: house.party?.kept.invite,
    });
    const before = house.told('party:updated').length;
    await house.as('bob-2')('room:join', { ...r, participant_id, secret, returning: true });
    expect(house.told('party:updated')).toHaveLength(before + 1);
    expect(inside()?.readers).toMatchObject({ connection_ids: ['ann', 'bob', 'bob-2'] });
  });

  it('tells who leaves, and everybody at the end, while they still hear it', async () => {
    await ann('room:open', { ...r, name: 'Ann', public: false });
    await bob('room:join', { ...r, name: 'Bob', invite: house.party?.kept.invite });
    const kinds = () =>
      house.events
        .filter(({ topic }) => topic === 'party/r')
        .slice(-2)
        .map((event) => (event.type === 'room:event' ? event.data.event_type : event.type));
    await bob('room:leave', r);
    expect(kinds()).toEqual(['user_left', 'party:updated']);
    await ann('room:close', r);
    expect(kinds()).toEqual(['party_closed', 'party:updated']);
  });
});

describe('[PT8] who is signed in', () => {
  const eve = { subject_id: 'u-eve', name: 'Eve' };
  it('is one participant on all phones, called as the account, without a secret, and after a restart', async () => {
    const first = await house.as('eve-1', 'user', eve)('room:open', { ...r, name: 'Somebody else' });
    expect(first).not.toHaveProperty('secret');
    house.start();
    const again = await house.as('eve-2', 'user', eve)('room:join', { ...r, returning: true });
    expect(again.participant_id).toBe(first.participant_id);
    expect(house.party?.kept.members.map(({ name }) => name)).toEqual(['Eve']);
    await house.as('eve-3', 'user', eve)('room:rules', { ...r, public: false });
    expect(house.store.snapshot('party/r')?.readers).toMatchObject({ subject_ids: ['u-eve'] });
  });

  it('is nobody else by an id and a secret, and needs a name when not signed in', async () => {
    const { participant_id } = await house.as('eve-1', 'user', eve)('room:open', r);
    const mallory = house.as('m', 'user', { subject_id: 'u-m', name: 'Mallory' });
    const joined = await mallory('room:join', { ...r, participant_id, secret: 'x' });
    expect(joined.participant_id).not.toBe(participant_id);
    await expect(bob('room:join', r)).rejects.toMatchObject({
      code: 'ERR_INVALID',
      params: { path: 'name' },
    });
  });

  it('comes back, or is told that the place is gone', async () => {
    await ann('room:open', { ...r, name: 'Ann' });
    const dan = house.as('dan', 'user', { subject_id: 'u-dan', name: 'Dan' });
    await expect(dan('room:join', { ...r, returning: true })).rejects.toEqual(refused('ERR_NOT_FOUND'));
    expect(house.party?.kept.members).toHaveLength(1);
  });

  it('by invitation asks for music only as a participant', async () => {
    const gus = house.as('gus', 'guest', { subject_id: 'g-1', name: 'Gus', room_id: 'r' });
    await expect(gus('queue:add', house.add('x'))).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await ann('room:open', { ...r, name: 'Ann', public: false });
    await ann('queue:add', house.add('a'));
    const item_ids = house.store.state.rooms.get('r')!.queue.items.map((item) => item.item_id);
    await expect(gus('queue:add', house.add('x'))).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await expect(gus('queue:remove', { ...r, item_ids })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await expect(gus('room:vote-skip', { ...r, item_id: 'any' })).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
    await gus('room:join', r);
    await gus('queue:add', house.add('x'));
    expect(house.titles).toEqual(['a', 'x']);
    await gus('room:leave', r);
    await expect(gus('queue:add', house.add('y'))).rejects.toEqual(refused('ERR_NOT_ALLOWED'));
  });
});
