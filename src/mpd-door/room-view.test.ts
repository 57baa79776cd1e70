import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../protocol/index.js';
import { RoomView } from './room-view.js';

const items = new Map<string, QueueItem>();
function item(id: string): QueueItem {
  let known = items.get(id);
  if (!known) items.set(id, (known = { item_id: id, title: id }));
  return known;
}

describe('the view of a queue', () => {
  it('brings a client that applies plchanges to every queue there was', () => {
    const queue = fc.uniqueArray(fc.stringMatching(/^[a-h][0-9]$/), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(queue, { maxLength: 8 }), fc.nat(7), (queues, lag) => {
        const view = new RoomView('r', 1000);
        const mirror: { version: number; ids: number[] } = { version: view.version, ids: [] };
        for (const [turn, ids] of queues.entries()) {
          view.follow(ids.map(item));
          if (turn % (lag + 1) !== 0 && turn < queues.length - 1) continue;
          for (const at of view.changedSince(mirror.version))
            mirror.ids[at] = view.idOf(view.queue[at]!.item_id);
          mirror.ids.length = view.queue.length;
          mirror.version = view.version;
          expect(mirror.ids).toEqual(ids.map((id) => view.idOf(id)));
        }
      }),
    );
  });

  it('numbers items the same after a restart, 31 bits wide', () => {
    const [one, other] = [new RoomView('r', 1000), new RoomView('r', 2000)];
    const queue = Array.from({ length: 10_000 }, (_, at) => item(`x${at}`));
    one.follow(queue);
    other.follow([...queue]);
    const ids = queue.map(({ item_id }) => one.idOf(item_id));
    expect(queue.map(({ item_id }) => other.idOf(item_id))).toEqual(ids);
    expect(new Set(ids).size).toBe(10_000);
    expect(Math.max(...ids)).toBeLessThan(2 ** 31);
    expect(Math.min(...ids)).toBeGreaterThan(0);
    expect(ids.map((id) => one.placeOf(id))).toEqual(queue.map((_, at) => at));
  });

  it('tells all places to a client that knows a version of another life', () => {
    const view = new RoomView('r', 1000);
    view.follow([item('a1'), item('b1')]);
    expect([...view.changedSince(999)]).toEqual([0, 1]);
    expect([...view.changedSince(5000)]).toEqual([0, 1]);
    expect([...view.changedSince(view.version)]).toEqual([]);
  });

  it('counts the seconds it played', () => {
    const view = new RoomView('r', 1000);
    view.plays(true, 0);
    view.plays(false, 4e6);
    view.plays(true, 10e6);
    expect(view.playedSeconds(12e6)).toBe(6);
  });
});
