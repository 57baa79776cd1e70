import { afterEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

let house: RoomHouse;
afterEach(() => house.close());

describe('players that share a room', () => {
  it('brings a player into the music that plays, in phase, and leaves the others alone', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.queue('a', 'x y');
    await house.clock.advance(20_000);
    const before = house.player('a').sent.length;
    const { outcomes } = await house.group('a', 'b');
    expect(outcomes).toEqual([{ player_id: 'b', outcome: 'applied', sync_class: 'steered' }]);
    await house.clock.advance(1_000);
    expect(house.player('b').title).toBe('x');
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
    expect(
      house
        .player('a')
        .sent.slice(before)
        .map(({ type }) => type),
    ).toEqual(['follow']);
    expect(house.room('a').kept.player_ids).toEqual(['a', 'b']);
    expect(house.room('b').kept.player_ids).toEqual([]);
  });

  it('sends a player home, silent, while the others play on', async () => {
    house = new RoomHouse(['a', 'b']);
    await house.queue('b', 'z');
    await house.clock.advance(5_000);
    await house.queue('a', 'x y');
    await house.group('a', 'b');
    await house.clock.advance(2_000);
    await house.ungroup('a', 'b');
    expect(house.player('b').status).toBe('stopped');
    expect(house.player('a').status).toBe('playing');
    expect(house.room('b')).toMatchObject({ kept: { player_ids: ['b'], intent: 'paused' } });
    expect(house.room('b').kept.position_seconds).toBeGreaterThan(5);
    await house.command('play', 'b');
    expect(house.player('b').title).toBe('z');
  });
});
