import { afterEach, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';
import { deferred, type Deferred } from '../base/index.js';
import { Deeds } from './deeds.js';

const caller = { connection_id: 'input/remote', role: 'user' } as const;
const house = new RoomHouse(['a']);
afterEach(() => house.close());

it('moves on from where a slow player was moved to, by all that was pressed meanwhile', async () => {
  await house.queue('a', 'one');
  const { store, clock, rooms } = house;
  const gates: Deferred<void>[] = [];
  const places: number[] = [];
  const deeds = new Deeds({
    state: () => store.state,
    clock,
    run: async (_type, request) => {
      const { room_id, position_seconds } = request as { room_id: string; position_seconds: number };
      places.push(position_seconds);
      const gate = deferred<void>();
      gates.push(gate);
      await gate.promise;
      await rooms.handlers['room:seek']({ room_id, position_seconds }, caller);
      return { ok: true, data: {} };
    },
  });
  const presses = [1, 1, 1].map((steps) => deeds.do({ action: 'seek_forward' }, 'a', steps, caller));
  gates[0]?.resolve();
  await house.settled(Promise.resolve());
  expect(places.map(Math.round)).toEqual([10, 30]);
  gates[1]?.resolve();
  await house.settled(Promise.all(presses));
  expect(places).toHaveLength(2);
});
