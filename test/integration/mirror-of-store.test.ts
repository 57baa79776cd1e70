import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, applySnapshot, type Mirror } from '../../src/client/mirror.js';
import type { QueueItem, TopicEvent } from '../../src/protocol/index.js';
import { waitingRule } from '../../src/server/hub/waiting-rule.js';
import { emptyState, Store, type Change } from '../../src/state/index.js';

const ROOMS = ['kitchen', 'bath'] as const;
const EMPTY: Mirror = { job: {}, room: {}, progress: {}, revisions: {} };

const known = (room_id: string): Change => ({
  type: 'player/known',
  player: {
    player_id: `p-${room_id}`,
    kind: 'null',
    name: room_id,
    options: {},
    origin: 'added',
    room_id,
    address: 'here',
    memory: undefined,
    home_room_id: room_id,
    latency_ms: 0,
    volume_limit: 1,
  },
  room_name: room_id,
  sync_class: 'loose',
  capabilities: ['volume', 'seek'],
});

const moved = { type: 'player/moved', room_name: 'a room', at_us: 7 } as const;

/** Events as they leave on a slow line: of those that replace each other only the newest, where it came. */
function coalesced(events: readonly TopicEvent[]): TopicEvent[] {
  const waiting = new Map<string, TopicEvent>();
  for (const [index, event] of events.entries()) {
    const rule = waitingRule(event);
    const key = rule.kind === 'latest' ? rule.key : `${index}`;
    waiting.delete(key);
    waiting.set(key, event);
  }
  return [...waiting.values()];
}

/** A change of the store from four dice. */
function changeOf([what, which, n, m]: readonly [number, number, number, number], store: Store): Change {
  const room_id = ROOMS[which % 2]!;
  const player_id = `p-${room_id}`;
  const items = store.state.rooms.get(room_id)?.queue.items ?? [];
  const item: QueueItem | undefined = items[n % Math.max(1, items.length)];
  const fresh = Array.from({ length: (m % 4) + 1 }, (_, k) => ({
    item_id: `i${n}-${m}-${k}`,
    title: `T${k}`,
  }));
  const here = fresh.filter(({ item_id }) => !items.some((other) => other.item_id === item_id));
  const edit = (patch: (Change & { type: 'queue/edited' })['patch']): Change => ({
    type: 'queue/edited',
    room_id,
    label: 'edit',
    patch,
  });
  const fact = (said: (Change & { type: 'player/fact' })['fact']): Change => ({
    type: 'player/fact',
    player_id,
    fact: said,
  });
  const changes: (() => Change)[] = [
    () => edit({ insert: [[Math.min(n, items.length), here]] }),
    () => edit(item ? { remove: [item.item_id] } : {}),
    () => edit(item ? { insert: [[m % items.length, [item.item_id]]] } : {}),
    () => ({ type: 'queue/undone', room_id }),
    () => ({ type: 'queue/redone', room_id }),
    () => ({
      type: 'room/intent',
      room_id,
      intent: 'playing',
      state: 'loading',
      item_id: item?.item_id,
      position_seconds: n,
      at_us: m,
    }),
    () =>
      fact({
        type: 'playback',
        status: 'playing',
        ...(item && { ref: item.item_id }),
        position_seconds: m,
        at_us: n,
        rate: 1,
        ...(m % 2 && { duration_seconds: 100 }),
      }),
    () => ({ type: 'room/volume', room_id, volume: n / 50, muted: m % 2 === 0 }),
    () => fact({ type: 'volume', volume: m / 50, muted: n % 2 === 0 }),
    () => ({ type: 'room/renamed', room_id, name: `name ${n}` }),
    () => ({ type: 'room/repeat', room_id, repeat: n % 2 ? 'all' : 'off' }),
    () => ({ type: 'player/link', player_id, link: n % 2 ? 'online' : 'offline', at_us: m, problem: 'away' }),
    () => fact({ type: 'control', elsewhere: n % 2 === 0 }),
    () =>
      item ? { type: 'queue/item-problem', room_id, item_id: item.item_id, problem: 'bad' } : known(room_id),
    () => ({ type: 'player/renamed', player_id, name: `player ${m}` }),
    () => ({ type: 'player/removed', player_id, at_us: m }),
    () => known(room_id),
    () => ({ ...moved, player_id, room_id: ROOMS[n % 2]! }),
    () => ({ ...moved, player_id: `p-${ROOMS[n % 2]!}`, room_id: ROOMS[m % 2]!, home: n % 3 === 0 }),
    () => ({ type: 'player/latency', player_id, latency_ms: n }),
    () => ({ type: 'room/removed', room_id }),
    () => ({ type: 'player/limit', player_id, volume_limit: n / 50 }),
    () => ({
      type: 'room/limits',
      room_id,
      ...(n % 2 && { volume_limit: m / 50 }),
      ...(m % 3 && { quiet_hours: m % 3 === 1 ? null : { from: '22:00', to: '07:00', limit: n / 50 } }),
    }),
    () => ({
      type: 'room/levels',
      room_id,
      levels: ROOMS.map((room) => ({
        player_id: `p-${room}`,
        volume: n / 50,
        ...(m % 2 && { muted: true }),
      })),
    }),
  ];
  return changes[what % changes.length]!();
}

function fresh(store: Store): Mirror {
  return ['rooms', 'players', 'library', 'system', ...ROOMS.map((room) => `room/${room}`)].reduce(
    (mirror, topic) => {
      const snapshot = store.snapshot(topic);
      return snapshot
        ? applySnapshot(mirror, topic, snapshot.revision, JSON.parse(JSON.stringify(snapshot.data)))
        : mirror;
    },
    EMPTY,
  );
}

/** What a client has after these dice, when it is written to after every so many changes, and what one that comes later gets. */
function afterDice(
  dice: readonly (readonly [number, number, number, number])[],
  every: number,
): [Mirror, Mirror] {
  const store = new Store({
    state: emptyState('1'),
    epoch: 'e',
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  for (const room of ROOMS) store.commit(known(room));
  let mirror = fresh(store);
  let waiting: TopicEvent[] = [];
  store.subscribe((events) => void waiting.push(...events));
  const write = (): void => {
    for (const event of coalesced(waiting))
      mirror = applyEvent(mirror, JSON.parse(JSON.stringify(event)) as TopicEvent);
    waiting = [];
  };
  for (const [index, each] of dice.entries()) {
    const change = changeOf(each, store);
    if (change.type === 'player/known' && store.state.players.has(change.player.player_id)) continue;
    const topics = store.state.rooms.size;
    store.commit(change);
    if (index % every === 0) write();
    // A room that goes or comes back is a topic that a client subscribes to again.
    if (change.type !== 'player/known' && store.state.rooms.size === topics) continue;
    waiting = [];
    mirror = fresh(store);
  }
  write();
  return [mirror, fresh(store)];
}

describe('the mirror of a client', () => {
  const die = fc.integer({ min: 0, max: 50 });
  const dice = fc.array(fc.tuple(die, die, die, die), { maxLength: 60 });

  for (const [line, every] of [
    ['a quick line', 1],
    ['a slow line, where news replaces older news', 7],
  ] as const)
    it(`is after any changes of the store what a client that comes later gets, on ${line}`, () => {
      fc.assert(
        fc.property(dice, (thrown) => {
          const [mirror, later] = afterDice(thrown, every);
          const { revisions: _mirrored, progress: _progress, ...shown } = mirror;
          const { revisions: _told, progress: _none, ...expected } = later;
          expect(shown).toEqual(expected);
        }),
        { numRuns: 300 },
      );
    });
});
