import type { QueueItem } from '../../src/protocol/index.js';
import type { Change, Store } from '../../src/state/index.js';

/** Rooms of a house that dice change. */
export const ROOMS = ['kitchen', 'bath'] as const;

/** A room with its player. */
export const known = (room_id: string): Change => ({
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

export type Dice = readonly [number, number, number, number];

/** A change of the store from four dice. */
export function changeOf([what, which, n, m]: Dice, store: Store): Change {
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
