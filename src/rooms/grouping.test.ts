import { afterEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

let house: RoomHouse;
afterEach(() => house.close());

const told = (name: string, since = 0): string[] =>
  house
    .player(name)
    .sent.slice(since)
    .map(({ type }) => type);

/** Rooms that play: `a` its x y z, `b` its p q, `c` nothing. */
async function playing(): Promise<void> {
  house = new RoomHouse(['a', 'b', 'c']);
  await house.queue('b', 'p q');
  await house.clock.advance(10_000);
  await house.queue('a', 'x y z');
  await house.clock.advance(20_000);
}

describe('grouping', () => {
  it('brings a player into the music that plays, in phase, and leaves the others alone', async () => {
    await playing();
    const before = house.player('a').sent.length;
    const { outcomes } = await house.group('a', 'c');
    expect(outcomes).toEqual([{ player_id: 'c', outcome: 'applied', sync_class: 'steered' }]);
    await house.clock.advance(1_000);
    expect(house.player('c').title).toBe('x');
    expect(house.apart('a', 'c')).toBeCloseTo(0, 5);
    expect(told('a', before)).toEqual(['follow']);
  });

  it('silences the joiner, and lets the room it came from wait with its queue at its place', async () => {
    await playing();
    await house.group('a', 'b');
    expect(told('b')).toContain('stop');
    expect(house.room('b').kept).toMatchObject({ player_ids: [], intent: 'paused' });
    expect(house.room('b').kept.position_seconds).toBeGreaterThan(29);
    expect(house.titles('b')).toBe('p q');
    expect(house.current('b')).toBe('p');
  });

  it('answers for each player what became of it', async () => {
    await playing();
    house.player('b').link('offline');
    house.player('c').broken.add('x');
    const { outcomes } = await house.group('a', 'a', 'b', 'c');
    expect(outcomes).toMatchObject([
      { player_id: 'a', outcome: 'ignored', reason: 'it is in this room already' },
      { player_id: 'b', outcome: 'queued', sync_class: 'steered' },
      { player_id: 'c', outcome: 'failed', reason: 'broken' },
    ]);
    expect(house.room('a').kept.player_ids).toEqual(['a', 'b', 'c']);
  });

  it('answers soon when a newcomer is slow, and lets it in when it is ready', async () => {
    await playing();
    const ready = house.player('c').makeSlow();
    const { outcomes } = await house.group('a', 'c');
    expect(outcomes[0]).toMatchObject({ outcome: 'queued', reason: 'it is slow, and joins late' });
    ready();
    await house.clock.advance(2_000);
    expect(house.apart('a', 'c')).toBeCloseTo(0, 5);
  });

  it('changes nothing when one of the players does not exist', async () => {
    await playing();
    await expect(house.group('a', 'c', 'nobody')).rejects.toMatchObject({ code: 'ERR_PLAYER_NOT_FOUND' });
    expect(house.room('a').kept.player_ids).toEqual(['a']);
  });

  it('prepares newcomers of a paused room, so that it starts at once', async () => {
    await playing();
    await house.command('pause', 'a');
    await house.group('a', 'c');
    expect(house.player('c').sent.at(-1)).toMatchObject({ type: 'load', playing: false });
    const before = house.player('c').sent.length;
    await house.command('play', 'a');
    expect(told('c', before)).toEqual(['play']);
    await house.clock.advance(1_000);
    expect(house.apart('a', 'c')).toBeCloseTo(0, 5);
  });

  it('lets two rooms swap their players at once without waiting for each other for ever', async () => {
    await playing();
    const swap = [
      house.group('a', 'b'),
      house.group('b', 'a'),
      house.group('c', 'a', 'b'),
      house.group('a', 'c'),
    ];
    await Promise.all(swap);
    const all = ['a', 'b', 'c'].flatMap((id) => house.room(id).kept.player_ids);
    expect(all.sort()).toEqual(['a', 'b', 'c']);
  });
});

describe('ungrouping', () => {
  it('sends a player home, silent, at its old place, while the others play on', async () => {
    await playing();
    await house.group('a', 'b', 'c');
    await house.clock.advance(2_000);
    const before = house.player('c').sent.length;
    const { outcomes } = await house.ungroup('a', 'b');
    expect(outcomes).toEqual([{ player_id: 'b', outcome: 'applied' }]);
    expect(house.player('b').status).toBe('stopped');
    expect(told('c', before)).toEqual([]);
    expect(house.room('a').live.state).toBe('playing');
    await house.command('play', 'b');
    expect(house.player('b').title).toBe('p');
    expect(house.player('b').position).toBeGreaterThan(29);
  });

  it('lets the last one go its own way again', async () => {
    await playing();
    await house.group('a', 'c');
    await house.clock.advance(2_000);
    await house.ungroup('a', 'c');
    expect(house.player('a').sent.at(-1)).toEqual({ type: 'follow' });
    house.player('a').stand('playing', 80);
    expect(house.room('a').live.timeline.position_seconds).toBe(80);
  });

  it('gives a player a new room when others stay in its own', async () => {
    await playing();
    await house.group('a', 'b');
    await house.ungroup('a', 'a');
    const { room_id, home_room_id } = house.player('a').record.kept;
    expect(room_id).not.toBe('a');
    expect(home_room_id).toBe(room_id);
    expect(house.room(room_id).kept).toMatchObject({ name: 'a 2', player_ids: ['a'], intent: 'stopped' });
    expect(house.room('a').kept.player_ids).toEqual(['b']);
    expect(house.player('b').status).toBe('playing');
  });

  it('leaves the owner where it is when everybody is sent home', async () => {
    await playing();
    await house.group('a', 'b', 'c');
    await house.clock.advance(2_000);
    const { outcomes } = await house.ungroup('a', 'a', 'b', 'c');
    expect(outcomes[0]).toEqual({ player_id: 'a', outcome: 'ignored', reason: 'the room is its own' });
    expect(['a', 'b', 'c'].map((id) => house.room(id).kept.player_ids.join())).toEqual(['a', 'b', 'c']);
    expect(house.player('a').status).toBe('playing');
  });
});

describe('forgetting', () => {
  it('removes a room only when nobody is in it', async () => {
    await playing();
    await expect(house.command('remove', 'b')).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
    await house.group('a', 'b');
    await house.command('remove', 'b');
    expect(house.store.state.rooms.has('b')).toBe(false);
    await house.ungroup('a', 'b');
    expect(house.room('b').kept).toMatchObject({ name: 'b', player_ids: ['b'] });
  });

  it('of a player leaves the others playing, and the rooms of others where they are', async () => {
    await playing();
    await house.group('a', 'b');
    await house.clock.advance(1_000);
    house.store.commit({ type: 'player/removed', player_id: 'a', at_us: house.clock.nowUs() });
    await house.quiet();
    expect(house.room('a')).toMatchObject({ kept: { player_ids: ['b'] }, live: { state: 'playing' } });
    expect(house.store.state.rooms.has('b')).toBe(true);
    await house.ungroup('a', 'b');
    expect(house.room('b').kept.player_ids).toEqual(['b']);
  });
});

describe('moving music to another room', () => {
  it('goes on there in phase before it stops here, and keeps both queues', async () => {
    await playing();
    await house.group('b', 'c');
    await house.clock.advance(2_000);
    const moment = house.clock.nowUs();
    const here = house.player('a').heardAt(moment);
    const { outcomes } = await house.transfer('a', 'b');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(house.player('a').status).toBe('stopped');
    expect(house.room('a')).toMatchObject({ kept: { intent: 'stopped' }, live: { state: 'stopped' } });
    expect(house.titles('a')).toBe('x y z');
    expect(house.titles('b')).toBe('x y z');
    await house.clock.advance(1_000);
    const passed = (house.clock.nowUs() - moment) / 1e6;
    expect(house.player('c').heardAt(house.clock.nowUs())).toBeCloseTo(here + passed, 5);
    expect(house.apart('b', 'c')).toBeCloseTo(0, 5);
    await house.settled(
      house.rooms.handlers['queue:undo']({ room_id: 'b' }, { connection_id: '', role: 'admin' }),
    );
    expect(house.titles('b')).toBe('p q');
  });

  it('starts a single player on the music of the other room too, and then leaves it on its own', async () => {
    await playing();
    const moment = house.clock.nowUs();
    const here = house.player('a').heardAt(moment);
    await house.transfer('a', 'c');
    const passed = (house.clock.nowUs() - moment) / 1e6;
    expect(house.player('c').heardAt(house.clock.nowUs())).toBeCloseTo(here + passed, 5);
    expect(house.player('c').sent.at(-1)).toEqual({ type: 'follow' });
    expect(house.room('c')).toMatchObject({ kept: { intent: 'playing' }, live: { state: 'playing' } });
  });

  it('takes paused music over paused', async () => {
    await playing();
    await house.command('pause', 'a');
    const { position_seconds } = house.room('a').live.timeline;
    await house.transfer('a', 'c');
    expect(house.room('c').live).toMatchObject({ state: 'paused', timeline: { position_seconds, rate: 0 } });
    expect(house.player('c').status).toBe('paused');
  });

  it('lets this room play on when nobody over there can', async () => {
    await playing();
    house.player('c').broken.add('x');
    house.player('b').link('offline');
    await expect(house.transfer('a', 'b')).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    expect(house.titles('b')).toBe('p q');
    await expect(house.transfer('c', 'a')).rejects.toMatchObject({ code: 'ERR_QUEUE_EMPTY' });
    expect(house.player('a').status).toBe('playing');
  });
});

describe('the latency of a player', () => {
  it('is told to the player at once while it plays with others', async () => {
    await playing();
    await house.group('a', 'c');
    await house.clock.advance(2_000);
    const { outcomes } = await house.latency('c', 120);
    expect(outcomes).toEqual([{ player_id: 'c', outcome: 'applied' }]);
    expect(house.player('c').sent.at(-1)).toMatchObject({ type: 'follow' });
    expect(house.player('c').record.kept.latency_ms).toBe(120);
  });

  it('is left to a player that can shift its sound itself, and waits for one that is away', async () => {
    await playing();
    house.player('c').fact({ type: 'info', capabilities: ['latency'] });
    await house.latency('c', -7);
    expect(house.player('c').sent.at(-1)).toEqual({ type: 'latency', latency_ms: -7 });
    house.player('c').link('offline');
    const { outcomes } = await house.latency('c', 3);
    expect(outcomes[0]?.outcome).toBe('queued');
  });
});

describe('a restart of the server', () => {
  it('finds the members where they are, and tells them to keep together', async () => {
    await playing();
    await house.group('a', 'b');
    await house.clock.advance(3_000);
    house.restart();
    const before = house.player('a').sent.length;
    await house.clock.advance(1_000);
    for (const name of ['a', 'b']) {
      house.player(name).stand('playing', house.player(name).heardAt(house.clock.nowUs()));
      house.player(name).link('online');
    }
    await house.clock.advance(3_000);
    expect(house.room('a')).toMatchObject({ kept: { player_ids: ['a', 'b'] }, live: { state: 'playing' } });
    expect(told('a', before).filter((type) => type !== 'preload')).toEqual(['follow']);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('waits a moment for a member that still plays before it begins anew with one that does not', async () => {
    await playing();
    await house.group('a', 'b');
    await house.clock.advance(3_000);
    house.restart();
    house.player('a').ref = undefined;
    house.player('a').stand('stopped', 0);
    house.player('a').link('online');
    await house.clock.advance(500);
    expect(told('a').at(-1)).not.toBe('play');
    house.player('b').stand('playing', house.player('b').heardAt(house.clock.nowUs()));
    house.player('b').link('online');
    await house.clock.advance(2_000);
    expect(house.player('a').title).toBe('x');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('begins where the music was when nobody plays any more', async () => {
    await playing();
    await house.group('a', 'b');
    await house.clock.advance(3_000);
    house.restart();
    for (const name of ['a', 'b']) {
      house.player(name).ref = undefined;
      house.player(name).stand('stopped', 0);
      house.player(name).link('online');
    }
    await house.clock.advance(3_000);
    expect(house.player('b').title).toBe('x');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });
});
