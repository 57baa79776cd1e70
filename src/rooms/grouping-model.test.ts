import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { RoomHouse } from '../../test/fakes/room-house.js';

const NAMES = ['a', 'b', 'c', 'd'];
const name = fc.constantFrom(...NAMES);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });
/** Rooms by name, or one that came into being on the way. */
const room = fc.nat({ max: 6 });

type Step = (house: RoomHouse) => Promise<unknown>;
const pick = (house: RoomHouse, n: number): string => {
  const ids = [...house.store.state.rooms.keys()];
  return ids[n % ids.length]!;
};

const step: fc.Arbitrary<{ readonly what: string; readonly run: Step }> = fc.oneof(
  fc.tuple(room, names).map(([n, ids]) => ({
    what: `group ${n} ${ids.join()}`,
    run: (h: RoomHouse) => h.group(pick(h, n), ...ids),
  })),
  fc.tuple(room, names).map(([n, ids]) => ({
    what: `ungroup ${n} ${ids.join()}`,
    run: (h: RoomHouse) => h.ungroup(pick(h, n), ...ids),
  })),
  fc.tuple(room, room).map(([n, m]) => ({
    what: `transfer ${n} ${m}`,
    run: (h: RoomHouse) => h.transfer(pick(h, n), pick(h, m)),
  })),
  fc.tuple(fc.constantFrom('play', 'pause', 'next', 'stop', 'remove'), room).map(([type, n]) => ({
    what: `${type} ${n}`,
    run: (h: RoomHouse) => h.command(type, pick(h, n)),
  })),
  fc.tuple(name, fc.constantFrom('offline' as const, 'online' as const)).map(([id, link]) => ({
    what: `${link} ${id}`,
    run: async (h: RoomHouse) => {
      const player = h.player(id);
      if (link === 'online' && player.record.live.link !== 'online') {
        player.ref = undefined;
        player.stand('stopped', 0);
      }
      player.link(link);
      return h.quiet();
    },
  })),
  name.map((id) => ({
    what: `end on ${id}`,
    run: async (h: RoomHouse) => Promise.resolve(h.player(id).finish()),
  })),
  fc
    .integer({ min: 1, max: 5_000 })
    .map((ms) => ({ what: `${ms} ms`, run: (h: RoomHouse) => h.clock.advance(ms) })),
  fc.constant({
    what: 'restart',
    run: async (h: RoomHouse) => {
      await h.quiet();
      h.restart();
      for (const player of h.players.values()) {
        player.ref = undefined;
        player.stand('stopped', 0);
        player.link('online');
      }
      return h.quiet();
    },
  }),
);

/** Every player is in exactly one room, by its own word and by the rooms'. */
function checkMembership(house: RoomHouse): void {
  const { rooms, players } = house.store.state;
  const members = [...rooms.values()].flatMap(({ kept }) => kept.player_ids.map((id) => [id, kept.room_id]));
  expect(members.map(([id]) => id).sort()).toEqual([...players.keys()].sort());
  for (const [id, roomId] of members) expect(players.get(id!)?.kept.room_id).toBe(roomId);
}

const queues = (house: RoomHouse): Map<string, string> =>
  new Map([...house.store.state.rooms.keys()].map((id) => [id, house.titles(id)]));

/** Nothing changes a queue but a move of music into its room, and no room goes away but by command. */
function checkQueues(house: RoomHouse, before: ReadonlyMap<string, string>, what: string): void {
  const after = queues(house);
  for (const [roomId, titles] of before) {
    if (what.startsWith('transfer') && after.get(roomId) !== titles)
      expect([...before.values()]).toContain(after.get(roomId));
    else if (what.startsWith('remove') && !after.has(roomId)) continue;
    else expect(after.get(roomId), `${what}: the queue of ${roomId}`).toBe(titles);
  }
}

/** Who shares a room that plays is heard at the same place, as far as it is there. */
async function checkTogether(house: RoomHouse): Promise<void> {
  for (const player of house.players.values()) player.link('online');
  await house.clock.advance(8_000);
  for (const { kept, live } of house.store.state.rooms.values()) {
    if (kept.player_ids.length < 2 || live.state !== 'playing') continue;
    const taking = kept.player_ids.filter((id) => house.player(id).status === 'playing');
    expect(taking.length).toBeGreaterThan(0);
    for (const id of taking) {
      expect(house.player(id).ref).toBe(kept.item_id);
      expect(house.apart(taking[0]!, id)).toBeCloseTo(0, 4);
    }
  }
}

describe('grouping', () => {
  it('keeps every player in exactly one room and every queue, whatever comes in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
        const house = new RoomHouse(NAMES);
        for (const id of NAMES.slice(0, 3)) await house.queue(id, `${id}1 ${id}2 ${id}3`, id !== 'c');
        for (const { what, run } of steps) {
          const before = queues(house);
          await run(house).catch((error: unknown) => {
            if (!(error instanceof AppError)) throw error;
            expect(error.code).not.toBe('ERR_INTERNAL');
          });
          await house.quiet();
          checkMembership(house);
          checkQueues(house, before, what);
        }
        await checkTogether(house);
        house.close();
        await house.quiet();
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});
