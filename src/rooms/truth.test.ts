import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventPayload } from '../protocol/index.js';
import { LevelHouse } from '../../test/fakes/level-house.js';

let house: LevelHouse;

function playing(roomId: string, state: 'playing' | 'paused' = 'playing'): void {
  house.store.commit({
    type: 'room/intent',
    room_id: roomId,
    intent: state,
    state,
    position_seconds: 0,
    at_us: house.clock.nowUs(),
    rate: state === 'playing' ? 1 : 0,
  });
}

function measured(playerId: string, skew: number, kind?: 'seek'): void {
  const at_us = house.clock.nowUs();
  const correction = kind && { kind, skew_ms: skew, reason: 'far off', at_us };
  house.fact(playerId, {
    type: 'sync',
    skew_ms: skew,
    error_ms: 0.1,
    estimated: false,
    at_us,
    ...(correction && { correction }),
  });
}

function reports(): EventPayload<'sync:report'>[] {
  return house.events.flatMap((event) => (event.type === 'sync:report' ? [event.data] : []));
}

beforeEach(() => {
  house = new LevelHouse({ r: ['a', 'b'], s: ['c'] });
});

afterEach(() => house.rooms.close());

describe('the truth about sync', () => {
  it('is told once a second about every member of a shared room that plays', async () => {
    playing('r');
    await house.clock.advance(500);
    measured('a', 0.4);
    await house.clock.advance(2_500);
    expect(reports()).toHaveLength(3);
    expect(reports()[0]).toMatchObject({
      room_id: 'r',
      players: [
        { player_id: 'a', sync_class: 'loose', state: 'in-sync', skew_ms: { now: 0.4 } },
        { player_id: 'b', sync_class: 'loose', state: 'unmeasured' },
      ],
    });
    expect(reports()[0]?.players[1]).not.toHaveProperty('skew_ms');
  });

  it('is told about a player that is alone only when it reports', async () => {
    playing('s');
    await house.clock.advance(2_000);
    expect(reports()).toEqual([]);
    measured('c', 0.2);
    await house.clock.advance(1_000);
    expect(reports().map(({ room_id }) => room_id)).toEqual(['s']);
  });

  it('is not told while nothing plays, and begins anew afterwards', async () => {
    playing('r');
    measured('a', 40);
    playing('r', 'paused');
    await house.clock.advance(3_000);
    expect(reports()).toEqual([]);
    playing('r');
    await house.clock.advance(1_000);
    expect(reports()[0]?.players[0]?.state).toBe('unmeasured');
  });

  it('knows that a member which is away is lost, and has no numbers for it', async () => {
    playing('r');
    measured('b', 0.2);
    house.link('b', 'offline');
    await house.clock.advance(1_000);
    expect(reports()[0]?.players[1]).toEqual({
      player_id: 'b',
      sync_class: 'loose',
      state: 'lost',
      estimated: false,
    });
  });

  it('names the last correction, and counts them all', async () => {
    playing('r');
    measured('a', 30, 'seek');
    measured('a', 25, 'seek');
    await house.clock.advance(1_000);
    expect(reports()[0]?.players[0]?.correction).toMatchObject({ kind: 'seek', skew_ms: 25 });
    expect(house.rooms.measurements().corrections).toEqual([{ player_id: 'a', kind: 'seek', count: 2 }]);
  });
});
