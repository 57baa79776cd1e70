import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeHouse } from '../../test/fakes/fake-house.js';
import { fakeHandlers } from '../../test/fakes/fake-commands.js';
import { fakeMusic } from '../../test/fakes/fake-music.js';
import type { QueueItem, RoomState, TopicEvent } from '../protocol/index.js';
import { applyEvent, applySnapshot, dropTopic, EMPTY_MIRROR, timelineOf, type Mirror } from './mirror.js';

const TOPICS = [
  'rooms',
  'players',
  'library',
  'system',
  'toasts',
  'jobs',
  'activity',
  'room/kitchen',
  'room/study',
];

function house(): FakeHouse {
  let now = 0;
  const made = new FakeHouse(fakeMusic(6), () => (now += 1000));
  made.addRoom('Kitchen', 'mpd');
  made.addRoom('Study', 'mpd');
  made.fill('kitchen', 5);
  return made;
}

function fresh(from: FakeHouse): Mirror {
  return TOPICS.reduce((mirror, topic) => {
    const { revision, data } = from.snapshot(topic)!;
    return applySnapshot(mirror, topic, revision, JSON.parse(JSON.stringify(data)));
  }, EMPTY_MIRROR);
}

function roomMirror(): { mirror: Mirror; state: RoomState } {
  const mirror = fresh(house());
  return { mirror, state: mirror.room['kitchen']! };
}

/** Any of the things that people do, by three dice. */
function act(on: FakeHouse, [what, who, where]: readonly [number, number, number]): void {
  const room_id = who % 2 ? 'kitchen' : 'study';
  const handlers = fakeHandlers(on);
  const items = on.room(room_id)!.queue.items;
  const item: QueueItem | undefined = items[where % Math.max(1, items.length)];
  const acts: (() => unknown)[] = [
    () => handlers['queue:add']!({ room_id, source: { album_id: 'al1' }, at: where, play: who > 5 }),
    () => item && handlers['queue:remove']!({ room_id, item_ids: [item.item_id] }),
    () => item && handlers['queue:move']!({ room_id, item_ids: [item.item_id], index: who }),
    () => handlers['queue:clear']!({ room_id }),
    () => handlers['queue:undo']!({ room_id }),
    () => handlers['queue:redo']!({ room_id }),
    () => handlers['room:play']!({ room_id }),
    () => handlers['room:next']!({ room_id }),
    () => handlers['room:pause']!({ room_id }),
    () => handlers['room:volume']!({ room_id, volume: (where % 10) / 10 }),
    () => handlers['room:rename']!({ room_id, name: `name ${where}` }),
    () => handlers['room:take-over']!({ room_id }),
    () => handlers['library:scan']!({ full: false }),
  ];
  try {
    acts[what % acts.length]!();
  } catch {
    // Nothing to undo, nothing to play: refused, and nothing changed.
  }
}

describe('mirror', () => {
  it('is after any sequence of events what a fresh snapshot is', () => {
    const die = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(die, die, die), { maxLength: 40 }), (acts) => {
        const model = house();
        let mirror = fresh(model);
        model.subscribe((event) => {
          if (TOPICS.includes(event.topic))
            mirror = applyEvent(mirror, JSON.parse(JSON.stringify(event)) as TopicEvent);
        });
        for (const dice of acts) act(model, dice);
        expect(mirror).toEqual(fresh(model));
      }),
      { numRuns: 300 },
    );
  });
  it('keeps every part that did not change as the same object', () => {
    const { mirror, state } = roomMirror();
    const after = applyEvent(mirror, {
      type: 'volume:updated',
      topic: 'room/kitchen',
      revision: 99,
      data: { room_id: 'kitchen', volume: 0.1, muted: true },
    });
    expect(after.rooms).toBe(mirror.rooms);
    expect(after.room['study']).toBe(mirror.room['study']);
    expect(after.room['kitchen']!.queue).toBe(state.queue);
    expect(after.room['kitchen']!.playback.volume).toBe(0.1);
  });
  it('does not count progress as state, and follows whichever anchor is newer', () => {
    const { mirror, state } = roomMirror();
    const at = (server_time_us: number): TopicEvent => ({
      type: 'playback:progress',
      topic: 'room/kitchen',
      revision: mirror.revisions['room/kitchen']!,
      data: { room_id: 'kitchen', position_seconds: 7, server_time_us, rate: 1 },
    });
    const newer = applyEvent(mirror, at(state.playback.at_us + 1));
    expect(newer.room).toBe(mirror.room);
    expect(timelineOf(newer, 'kitchen')?.position_seconds).toBe(7);
    expect(timelineOf(applyEvent(mirror, at(state.playback.at_us - 1)), 'kitchen')).toBe(state.playback);
  });
  it('lets go of a player that moved to another room', () => {
    const { mirror, state } = roomMirror();
    const after = applyEvent(mirror, {
      type: 'room:updated',
      topic: 'room/kitchen',
      revision: 99,
      data: { ...state.room, player_ids: [] },
    });
    expect(after.room['kitchen']!.players).toEqual([]);
  });
  it('passes over events of a room it has no snapshot of', () => {
    const event: TopicEvent = {
      type: 'room:removed',
      topic: 'room/attic',
      revision: 1,
      data: { room_id: 'attic' },
    };
    expect(applyEvent(EMPTY_MIRROR, event).room).toEqual({});
  });
  it('forgets what it does not want any more', () => {
    const { mirror } = roomMirror();
    const after = dropTopic(dropTopic(mirror, 'room/kitchen'), 'library');
    expect(after.room['kitchen']).toBeUndefined();
    expect(after.library).toBeUndefined();
    expect(after.rooms).toBe(mirror.rooms);
    expect(after.revisions['room/kitchen']).toBeUndefined();
  });
  it('refuses a snapshot that is not what the topic promises', () => {
    expect(() => applySnapshot(EMPTY_MIRROR, 'room/kitchen', 1, { room: {} })).toThrow();
  });
});
