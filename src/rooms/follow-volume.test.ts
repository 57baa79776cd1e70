import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

let house: RoomHouse;
const CAN = ['volume', 'mute', 'seek', 'pause'] as const;

const volumes = (name: string): unknown[] =>
  house.player(name).sent.flatMap((command) => (command.type === 'volume' ? [command.volume] : []));

/** Lost, and started anew as loud as a new one is. Says its volume before it is online, as drivers do. */
async function startsAnew(name: string): Promise<void> {
  const player = house.player(name);
  player.link('offline');
  player.ref = undefined;
  player.sent.length = 0;
  player.fact({ type: 'info', capabilities: [...CAN], fresh: true });
  player.fact({ type: 'volume', volume: 1, muted: false });
  player.link('online');
  await house.clock.advance(2_000);
}

beforeEach(async () => {
  house = new RoomHouse(['a', 'b']);
  await house.queue('a', 'x y', false);
  await house.group('a', 'b');
  house.player('a').fact({ type: 'volume', volume: 0.8, muted: false });
  house.player('b').fact({ type: 'volume', volume: 0.3, muted: true });
  await house.command('play', 'a');
});
afterEach(() => house.close());

describe('a player that was started anew in a shared room', () => {
  it('is as loud as it was itself, not as its room', async () => {
    await startsAnew('b');
    expect(volumes('b')).toEqual([0.3]);
    expect(house.player('b').sent[1]).toEqual({ type: 'mute', muted: true });
    expect(house.player('b').record.live).toMatchObject({ volume: 0.3, muted: true });
    expect(house.apart('a', 'b')).toBeCloseTo(0, 5);
  });

  it('is told before it is given music', async () => {
    await startsAnew('a');
    expect(
      house
        .player('a')
        .sent.map(({ type }) => type)
        .slice(0, 3),
    ).toEqual(['volume', 'mute', 'load']);
  });

  it('is not louder than it may be by now', async () => {
    house.player('a').link('offline');
    house.store.commit({ type: 'player/limit', player_id: 'a', volume_limit: 0.4 });
    await startsAnew('a');
    expect(new Set(volumes('a'))).toEqual(new Set([0.4]));
  });

  it('keeps its level when its first connection does not last', async () => {
    const player = house.player('b');
    player.link('offline');
    player.fact({ type: 'info', capabilities: [...CAN], fresh: true });
    player.fact({ type: 'volume', volume: 1, muted: false });
    await startsAnew('b');
    expect(volumes('b')).toEqual([0.3]);
  });

  it('has its place in the balance after a restart of the server, too', async () => {
    const levels = [
      { player_id: 'a', volume: 0.8, balance: { told: 0.8, wanted: 0.8 } },
      { player_id: 'b', volume: 0.3, balance: { told: 0.3, wanted: 0.3 } },
    ];
    house.store.commit({ type: 'room/levels', room_id: 'a', levels });
    house.restart();
    for (const name of ['a', 'b'])
      house.store.commit({
        type: 'player/fact',
        player_id: name,
        fact: { type: 'volume', muted: false },
      });
    await startsAnew('b');
    expect(volumes('b')).toEqual([0.3]);
  });
});
