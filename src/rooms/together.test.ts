import { afterEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

let house: RoomHouse;
afterEach(() => house.close());

/** What a player was told since, by type. */
const told = (name: string, since = 0): string[] =>
  house
    .player(name)
    .sent.slice(since)
    .map(({ type }) => type);

async function shared(...names: string[]): Promise<void> {
  house = new RoomHouse(names);
  await house.queue('a', 'x y z', false);
  await house.group('a', ...names.slice(1));
}

describe('a common start', () => {
  it('prepares every member and starts them at one moment that lies ahead', async () => {
    await shared('a', 'b', 'c');
    await house.command('play', 'a');
    const loads = ['a', 'b', 'c'].map((name) => house.player(name).sent.at(-2));
    for (const load of loads) expect(load).toMatchObject({ type: 'load', playing: false });
    const cues = ['a', 'b', 'c'].map((name) => house.player(name).sent.at(-1));
    expect(cues[0]).toMatchObject({ type: 'play', cue: { position_seconds: 0 } });
    expect(cues[1]).toEqual(cues[0]);
    expect(cues[2]).toEqual(cues[0]);
    expect(house.room('a').live.timeline).toMatchObject({ position_seconds: 0, rate: 1 });
  });

  it('is as far ahead as the slowest member needs', async () => {
    await shared('a', 'b');
    house.player('b').fact({ type: 'info', capabilities: ['seek'], lead_ms: 900 });
    const before = house.clock.nowUs();
    await house.command('play', 'a');
    expect(house.room('a').live.timeline.at_us - before).toBeGreaterThanOrEqual(900_000);
  });

  it('does not wait for a slow member, who comes in late and in phase', async () => {
    await shared('a', 'b');
    const ready = house.player('b').makeSlow();
    const { outcomes } = await house.command('play', 'a');
    expect(outcomes).toEqual([
      { player_id: 'a', outcome: 'applied' },
      { player_id: 'b', outcome: 'queued', reason: 'it is slow, and joins late' },
    ]);
    await house.clock.advance(2_000);
    ready();
    await house.clock.advance(2_000);
    expect(house.player('b').status).toBe('playing');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('does not fail because one member is away', async () => {
    await shared('a', 'b');
    house.player('b').link('offline');
    const { outcomes } = await house.command('play', 'a');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'queued']);
    expect(house.player('a').status).toBe('playing');
  });

  it('leaves a member alone that somebody else drives, until it is taken over', async () => {
    await shared('a', 'b');
    house.player('b').fact({ type: 'control', elsewhere: true });
    const { outcomes } = await house.command('play', 'a');
    expect(outcomes[1]).toEqual({ player_id: 'b', outcome: 'ignored', reason: 'somebody else plays on it' });
    expect(told('b')).not.toContain('play');
    await house.command('take-over', 'a');
    await house.clock.advance(2_000);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('fails when nobody is there, and when nobody is in the room', async () => {
    await shared('a', 'b');
    house.player('a').link('offline');
    house.player('b').link('offline');
    await expect(house.command('play', 'a')).rejects.toMatchObject({ code: 'ERR_PLAYER_OFFLINE' });
    await house.queue('b', 'q', false);
    await expect(house.command('play', 'b')).rejects.toMatchObject({ code: 'ERR_ROOM_EMPTY' });
  });
});

describe('players that share a room', () => {
  it('pause, go on and seek as one', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    house.player('b').position += 0.3;
    await house.command('pause', 'a');
    const at = house.room('a').live.timeline.position_seconds;
    expect(house.room('a').live.state).toBe('paused');
    await house.command('play', 'a');
    expect(house.player('a').sent.at(-1)).toMatchObject({ type: 'play', cue: { position_seconds: at } });
    await house.clock.advance(3_000);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    await house.seek('a', 50);
    expect(house.player('b').sent.at(-1)).toEqual(house.player('a').sent.at(-1));
    await house.clock.advance(3_000);
    expect(house.player('a').heardAt(house.clock.nowUs())).toBeGreaterThan(52);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('go on to the next item without a gap, where the leader says that it is', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(99_000);
    house.player('b').finish();
    await house.clock.advance(20);
    expect(house.current('a')).toBe('x');
    house.player('a').finish();
    await house.clock.advance(2_000);
    expect(house.current('a')).toBe('y');
    expect(house.room('a').live.timeline.position_seconds).toBe(0);
    expect(told('a').filter((type) => type === 'load')).toHaveLength(1);
    expect(house.player('b').sent.at(-1)).toMatchObject({ type: 'preload' });
    expect(told('b').slice(-2)).toContain('follow');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('play what the queue has when what the leader went on to is taken out in the same moment', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(99_000);
    const item_ids = house
      .room('a')
      .queue.items.slice(1, 2)
      .map(({ item_id }) => item_id);
    const caller = { connection_id: 'phone', role: 'admin' } as const;
    const removed = house.rooms.handlers['queue:remove']({ room_id: 'a', item_ids }, caller);
    house.player('a').finish();
    await house.settled(removed);
    await house.clock.advance(2_000);
    expect(house.current('a')).toBe('z');
    expect([house.player('a').title, house.player('b').title]).toEqual(['z', 'z']);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('leave a member what it is about to go on to when others are there already', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(99_000);
    const before = house.player('b').sent.length;
    house.player('a').finish();
    await house.clock.advance(300);
    expect(house.current('a')).toBe('y');
    expect(told('b', before)).not.toContain('preload');
    house.player('b').finish();
    await house.clock.advance(300);
    expect(house.player('b').title).toBe('y');
    expect(told('b', before)).toEqual(['follow', 'preload']);
    expect(house.player('b').next).toBe(house.room('a').queue.items[2]?.item_id);
  });

  it('bring a member in that did not go on by itself', async () => {
    await shared('a', 'b');
    house.player('b').gapless = false;
    await house.command('play', 'a');
    await house.clock.advance(99_000);
    house.player('b').finish();
    house.player('a').finish();
    await house.clock.advance(2_000);
    expect(house.player('b').title).toBe('y');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(told('a').filter((type) => type === 'load')).toHaveLength(1);
  });

  it('go on once when all of them come to an end', async () => {
    await shared('a', 'b', 'c');
    for (const name of ['a', 'b', 'c']) house.player(name).gapless = false;
    await house.command('play', 'a');
    await house.clock.advance(100_000);
    for (const name of ['b', 'a', 'c']) house.player(name).finish();
    await house.clock.advance(3_000);
    expect(house.current('a')).toBe('y');
    for (const name of ['a', 'b', 'c']) expect(told(name).filter((type) => type === 'load')).toHaveLength(2);
  });

  it('repeat one item once for all of them', async () => {
    await shared('a', 'b');
    await house.rooms.handlers['room:repeat'](
      { room_id: 'a', repeat: 'one' },
      { connection_id: '', role: 'admin' },
    );
    await house.command('play', 'a');
    await house.clock.advance(100_000);
    house.player('b').finish();
    await house.clock.advance(10);
    house.player('a').finish();
    await house.clock.advance(3_000);
    expect(house.current('a')).toBe('x');
    expect(told('a').filter((type) => type === 'load')).toHaveLength(2);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('do not skip an item that one of them cannot play', async () => {
    await shared('a', 'b');
    house.player('b').broken.add('x');
    const { outcomes } = await house.command('play', 'a');
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['applied', 'failed']);
    await house.clock.advance(10_000);
    expect(house.current('a')).toBe('x');
    house.player('a').finish();
    await house.clock.advance(3_000);
    expect(house.player('b').title).toBe('y');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('pass over an item that none of them can play', async () => {
    await shared('a', 'b');
    for (const name of ['a', 'b']) house.player(name).broken.add('x');
    await house.command('play', 'a');
    await house.clock.advance(1_000);
    expect(house.room('a').queue.items[0]?.problem).toBe('broken');
    expect(house.current('a')).toBe('y');
    expect(house.player('b').status).toBe('playing');
  });

  it('play on when one of them is lost, and take it in again where the music is by then', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    const before = house.player('b').sent.length;
    house.player('a').link('offline');
    await house.clock.advance(200_000 - 150_000);
    expect(house.room('a').live.state).toBe('playing');
    expect(told('b', before)).toEqual([]);
    house.player('a').ref = undefined;
    house.player('a').stand('stopped', 0);
    house.player('a').link('online');
    await house.clock.advance(2_000);
    expect(house.player('a').title).toBe('x');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });
});

describe('a stream without an end', () => {
  it('is begun by all at one moment, joined late, and opened again where it broke off', async () => {
    house = new RoomHouse(['a', 'b', 'c']);
    await house.queue('a', 'radio', false);
    await house.group('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(5_000);
    await house.group('a', 'c');
    await house.clock.advance(2_000);
    expect(['a', 'b', 'c'].map((name) => house.player(name).status)).toEqual([
      'playing',
      'playing',
      'playing',
    ]);
    const before = house.player('a').sent.length;
    house.player('b').finish();
    await house.clock.advance(5_000);
    expect(house.player('b').status).toBe('playing');
    expect(told('a', before)).toEqual([]);
    for (const name of ['a', 'b', 'c']) house.player(name).finish();
    await house.clock.advance(5_000);
    expect(['a', 'b', 'c'].map((name) => house.player(name).status)).toEqual([
      'playing',
      'playing',
      'playing',
    ]);
  });
});

describe('a stream that cannot be opened any more', () => {
  it('is given up, and the room goes on', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.queue('a', 'radio x', false);
    await house.group('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(5_000);
    for (const name of ['a', 'b']) {
      house.player(name).broken.add('radio');
      house.player(name).finish();
    }
    await house.clock.advance(20_000);
    expect(house.current('a')).toBe('x');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });
});

describe('somebody who turns a knob at one member', () => {
  it('takes it out of the music when he pauses it, until the room is asked for music', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    const before = house.player('b').sent.length;
    house.player('a').stand('paused');
    await house.clock.advance(5_000);
    expect(house.room('a').live.state).toBe('playing');
    expect(house.player('a').status).toBe('paused');
    expect(told('b', before)).toEqual([]);
    house.player('b').finish();
    await house.clock.advance(5_000);
    expect(house.player('a').status).toBe('paused');
    await house.command('play', 'a');
    await house.clock.advance(2_000);
    expect(house.player('a').title).toBe('y');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('brings it back himself when he lets it go on', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    house.player('b').stand('paused', 10);
    await house.clock.advance(5_000);
    house.player('b').stand('playing', 10);
    await house.clock.advance(2_000);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('pauses the room when he has stopped the last of them', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    for (const name of ['a', 'b']) {
      house.player(name).ref = undefined;
      house.player(name).stand('stopped', 0);
    }
    await house.clock.advance(3_000);
    expect(house.room('a').live.state).toBe('paused');
    expect(house.room('a').live.timeline.position_seconds).toBeGreaterThan(9);
  });

  it('does not move the room by seeking there: the member comes back to the others', async () => {
    await shared('a', 'b');
    await house.command('play', 'a');
    await house.clock.advance(10_000);
    house.player('a').stand('playing', 80);
    await house.clock.advance(2_000);
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(house.player('b').heardAt(house.clock.nowUs())).toBeLessThan(20);
  });
});
