import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';
import type { CommandRequest } from '../protocol/index.js';

let house: RoomHouse;
beforeEach(async () => {
  house = new RoomHouse(['a']);
  await house.queue('a', 'u v');
});
afterEach(() => house.close());

const caller = { connection_id: 'test', role: 'guest' } as const;
const listen = async (request: CommandRequest<'room:listen'>) =>
  house.rooms.handlers['room:listen'](request, caller);

describe('listening along', () => {
  it('[LS1] gives the samples of what plays, and of what comes next', async () => {
    const [first, second] = house.room('a').queue.items;
    expect(await listen({ room_id: 'a' })).toMatchObject({
      item_id: first!.item_id,
      sample_rate_hz: 48_000,
      channels: 2,
    });
    const next = await listen({ room_id: 'a', item_id: second!.item_id });
    expect([next.item_id, next.url.startsWith('/media/')]).toEqual([second!.item_id, true]);
  });

  it('[LS1] is refused for radio, and for what is not in the queue', async () => {
    const radio = { item_id: 'radio', title: 'radio', url: 'http://radio.example/stream' };
    house.store.commit({
      type: 'queue/edited',
      room_id: 'a',
      label: 'Add',
      patch: { insert: [[2, [radio]]] },
    });
    await expect(listen({ room_id: 'a', item_id: radio.item_id })).rejects.toMatchObject({
      code: 'ERR_NOT_SUPPORTED',
    });
    await expect(listen({ room_id: 'a', item_id: 'nothing' })).rejects.toMatchObject({
      code: 'ERR_ITEM_NOT_FOUND',
    });
  });
});
