import { afterEach, describe, expect, it } from 'vitest';
import { caller, housePlan, LevelHouse } from '../../test/fakes/level-house.js';

let house: LevelHouse;

afterEach(() => house.rooms.close());

function shared(a: number, b: number): LevelHouse {
  house = new LevelHouse({ r: ['a', 'b'] });
  house.turn('a', a);
  house.turn('b', b);
  return house;
}

const turnRoom = async (volume: number) =>
  house.rooms.handlers['room:volume']({ room_id: 'r', volume }, caller);
const turnPlayer = async (player_id: string, volume: number) =>
  house.rooms.handlers['player:volume']({ player_id, volume }, caller);

/** Nothing plays in these rooms unless a test says so: a knob turns at once. */
function playing(): void {
  house.store.commit({
    type: 'room/intent',
    room_id: 'r',
    intent: 'playing',
    state: 'playing',
    position_seconds: 0,
    at_us: 0,
  });
}

describe('the knob of a shared room', () => {
  it('stands at the mean of the members', () => {
    shared(0.2, 0.6);
    expect(house.room('r').kept.volume).toBe(0.4);
  });

  it('moves all members by the same amount', async () => {
    shared(0.2, 0.6);
    const { outcomes } = await turnRoom(0.5);
    expect(house.volumes).toEqual([0.3, 0.7]);
    expect(outcomes).toEqual([
      { player_id: 'a', outcome: 'applied' },
      { player_id: 'b', outcome: 'applied' },
    ]);
  });

  it('gives the balance back after silence', async () => {
    shared(0.2, 0.6);
    await turnRoom(0);
    expect(house.volumes).toEqual([0, 0]);
    await turnRoom(0.4);
    expect(house.volumes).toEqual([0.2, 0.6]);
  });

  it('gives the balance back after a restart', async () => {
    shared(0.2, 0.6);
    await turnRoom(0);
    const { rooms, players } = house.store.state;
    house.rooms.close();
    house = new LevelHouse({}, 0, { ...housePlan({}), rooms, players });
    await turnRoom(0.4);
    expect(house.volumes).toEqual([0.2, 0.6]);
  });

  it('keeps the balance that a hand at one player made', async () => {
    shared(0.2, 0.6);
    await turnRoom(0.5);
    await house.clock.advance(2_000);
    house.turn('a', 0.7);
    await turnRoom(0.4);
    expect(house.volumes).toEqual([0.4, 0.4]);
  });

  it('takes the steps of a coarse mixer for no hand at all', async () => {
    shared(0.2, 0.6);
    await turnRoom(0);
    await house.clock.advance(2_000);
    house.turn('b', 0.02);
    await turnRoom(0.4);
    expect(house.volumes).toEqual([0.2, 0.6]);
  });

  it('moves the room and nobody else when a hand turns one member', () => {
    shared(0.2, 0.6);
    house.sent.length = 0;
    house.turn('a', 0.4);
    expect(house.volumes).toEqual([0.4, 0.6]);
    expect(house.room('r').kept.volume).toBe(0.5);
    expect(house.sent).toEqual([]);
  });

  it('says for each member what happened', async () => {
    shared(0.2, 0.6);
    house.link('b', 'offline');
    const { outcomes } = await turnRoom(0.5);
    expect(outcomes).toEqual([
      { player_id: 'a', outcome: 'applied' },
      { player_id: 'b', outcome: 'failed', reason: 'it is not connected' },
    ]);
    expect(house.volumes).toEqual([0.5, 0.6]);
    expect(house.room('r').kept.volume).toBe(0.5);
  });

  it('believes a member that says nothing', async () => {
    shared(0.2, 0.6);
    house.silent.add('b');
    await turnRoom(0.5);
    expect(house.volumes).toEqual([0.3, 0.7]);
    expect(house.room('r').kept.volume).toBe(0.5);
  });

  it('tells subscribers about each member and the room', async () => {
    shared(0.2, 0.6);
    house.events.length = 0;
    await turnPlayer('a', 0.4);
    const told = house.events.map(({ type, topic, data }) => ({ type, topic, data }));
    const player = { room_id: 'r', player_id: 'a', volume: 0.4, muted: false };
    const room = { room_id: 'r', volume: 0.5, muted: false };
    expect(told).toContainEqual({ type: 'volume:updated', topic: 'players', data: player });
    expect(told).toContainEqual({ type: 'volume:updated', topic: 'room/r', data: player });
    expect(told).toContainEqual({ type: 'volume:updated', topic: 'room/r', data: room });
    expect(told.map(({ type }) => type)).not.toContain('player:updated');
  });

  it('refuses when no member has a knob', async () => {
    house = new LevelHouse({ r: ['a', 'b'] });
    for (const id of ['a', 'b']) house.fact(id, { type: 'info', capabilities: ['seek'] });
    await expect(turnRoom(0.5)).rejects.toMatchObject({ code: 'ERR_NOT_SUPPORTED' });
  });
});

describe('the knob of one member', () => {
  it('moves that member and the mean', async () => {
    shared(0.2, 0.6);
    await turnPlayer('b', 0.8);
    expect(house.volumes).toEqual([0.2, 0.8]);
    expect(house.room('r').kept.volume).toBe(0.5);
  });

  it('makes a new balance', async () => {
    shared(0.2, 0.6);
    await turnRoom(0.5);
    await turnPlayer('a', 0.7);
    await turnRoom(0.3);
    expect(house.volumes).toEqual([0.3, 0.3]);
  });

  it('is the knob of the room for a player that is alone', async () => {
    house = new LevelHouse({ r: ['a'] });
    await turnPlayer('a', 0.8);
    expect(house.volumes).toEqual([0.8]);
    expect(house.room('r').kept.volume).toBe(0.8);
  });

  it('knows no player that is not there', async () => {
    house = new LevelHouse({ r: ['a'] });
    await expect(turnPlayer('x', 0.5)).rejects.toMatchObject({ code: 'ERR_PLAYER_NOT_FOUND' });
  });
});

describe('mute', () => {
  it('of a room mutes every member', async () => {
    shared(0.2, 0.6);
    await house.rooms.handlers['room:mute']({ room_id: 'r', muted: true }, caller);
    expect([...house.store.state.players.values()].map(({ live }) => live.muted)).toEqual([true, true]);
    expect(house.room('r').kept.muted).toBe(true);
  });

  it('of one member leaves the room audible', async () => {
    shared(0.2, 0.6);
    await house.rooms.handlers['player:mute']({ player_id: 'a', muted: true }, caller);
    expect(house.player('a').live.muted).toBe(true);
    expect(house.room('r').kept.muted).toBe(false);
  });
});

describe('a limit', () => {
  it('holds a member, and the others take over', async () => {
    shared(0.4, 0.4);
    await house.rooms.handlers['player:limit']({ player_id: 'a', volume_limit: 0.5 }, caller);
    const { outcomes } = await turnRoom(0.7);
    expect(house.volumes).toEqual([0.5, 0.9]);
    expect(outcomes[0]).toEqual({
      player_id: 'a',
      outcome: 'applied',
      reason: 'held at 50 % by its volume limit',
    });
    expect(outcomes[1]).toEqual({ player_id: 'b', outcome: 'applied' });
  });

  it('holds a player that is alone, and says so', async () => {
    house = new LevelHouse({ r: ['a'] });
    await house.rooms.handlers['room:limits']({ room_id: 'r', volume_limit: 0.6 }, caller);
    const { outcomes } = await turnRoom(1);
    expect(house.volumes).toEqual([0.6]);
    expect(outcomes).toEqual([
      { player_id: 'a', outcome: 'applied', reason: 'held at 60 % by the volume limit of the room' },
    ]);
  });

  it('turns down at once what is louder already', async () => {
    shared(0.4, 0.8);
    await house.rooms.handlers['room:limits']({ room_id: 'r', volume_limit: 0.5 }, caller);
    await house.quiet();
    expect(house.volumes).toEqual([0.4, 0.5]);
  });

  it('says that it waits for a player that is away, and holds it when it is back', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.9);
    house.link('a', 'offline');
    const limited = await house.rooms.handlers['player:limit']({ player_id: 'a', volume_limit: 0.5 }, caller);
    expect(limited.outcomes[0]?.outcome).toBe('queued');
    house.link('a', 'online');
    await house.quiet();
    expect(house.volumes).toEqual([0.5]);
  });

  it('turns a hand back at the player itself', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.3);
    await house.rooms.handlers['room:limits']({ room_id: 'r', volume_limit: 0.5 }, caller);
    house.turn('a', 0.9);
    await house.quiet();
    expect(house.volumes).toEqual([0.5]);
    expect(house.room('r').kept.volume).toBe(0.5);
  });

  it('fights less and less with somebody who insists, and says so', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.3);
    await house.rooms.handlers['room:limits']({ room_id: 'r', volume_limit: 0.5 }, caller);
    house.stubborn.add('a');
    house.turn('a', 0.9);
    await house.clock.advance(60_000);
    const turns = house.sent.filter(({ command }) => command.type === 'volume').length;
    expect(turns).toBeGreaterThan(4);
    expect(turns).toBeLessThan(12);
    expect(house.player('a').live.problem).toContain('louder than it may be');
    house.stubborn.delete('a');
    house.turn('a', 0.4);
    await house.clock.advance(60_000);
    expect(house.player('a').live.problem).toBeUndefined();
  });

  it('lets a mixer with coarse steps stand just above it', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.3);
    await house.rooms.handlers['room:limits']({ room_id: 'r', volume_limit: 0.5 }, caller);
    house.sent.length = 0;
    house.turn('a', 0.515);
    await house.quiet();
    expect(house.sent).toEqual([]);
  });
});

describe('quiet hours', () => {
  const QUIET = { from: '22:00', to: '07:00', limit: 0.2 };

  it('turn a loud room down slowly when they begin, and nothing up when they end', async () => {
    shared(0.4, 0.1);
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours: QUIET }, caller);
    house.minute = 22 * 60;
    house.sent.length = 0;
    await house.clock.advance(30_000);
    expect(house.volumes).toEqual([0.2, 0.1]);
    expect(house.sent.length).toBeGreaterThan(10);
    house.minute = 8 * 60;
    await house.clock.advance(30_000);
    expect(house.volumes).toEqual([0.2, 0.1]);
  });

  it('give the balance back when the room is turned up in the morning', async () => {
    shared(0.2, 0.6);
    await turnRoom(0.4);
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours: QUIET }, caller);
    house.minute = 22 * 60;
    await house.clock.advance(30_000);
    expect(house.volumes).toEqual([0.2, 0.2]);
    house.minute = 8 * 60;
    await turnRoom(0.4);
    expect(house.volumes).toEqual([0.2, 0.6]);
  });

  it('hold a knob while they last, and say so', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours: QUIET }, caller);
    house.minute = 23 * 60;
    const { outcomes } = await turnRoom(0.8);
    expect(house.volumes).toEqual([0.2]);
    expect(outcomes[0]?.reason).toBe('held at 20 % by quiet hours');
  });

  it('can be taken away', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    house.minute = 23 * 60;
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours: QUIET }, caller);
    await house.rooms.handlers['room:limits']({ room_id: 'r', quiet_hours: null }, caller);
    await turnRoom(0.8);
    expect(house.volumes).toEqual([0.8]);
  });
});

describe('a big step up', () => {
  it('is taken within a second while music plays, and the answer does not wait', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    playing();
    await turnRoom(1);
    expect(house.volumes).toEqual([0.4]);
    await house.clock.advance(1_000);
    expect(house.volumes).toEqual([1]);
    expect(house.room('r').kept.volume).toBe(1);
  });

  it('gives way to the next turn of the knob', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    playing();
    await turnRoom(1);
    await turnRoom(0.2);
    await house.clock.advance(1_000);
    expect(house.volumes).toEqual([0.2]);
  });

  it('gives way to a hand at the player itself', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.3);
    playing();
    await turnRoom(1);
    house.turn('a', 0.1);
    await house.clock.advance(1_000);
    expect(house.volumes).toEqual([0.1]);
  });

  it('is taken at once in silence', async () => {
    house = new LevelHouse({ r: ['a'] }, 0.1);
    await turnRoom(1);
    expect(house.volumes).toEqual([1]);
  });
});
