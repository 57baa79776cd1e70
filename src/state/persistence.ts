import * as z from 'zod';
import { AppError } from '../base/index.js';
import { diffQueue, Id, QueueItem, QueuePatch, QuietHours, Repeat } from '../protocol/index.js';
import type { Db, Durability } from '../storage/index.js';
import {
  emptyState,
  newPlayer,
  NO_EDITS,
  type Edit,
  type OwnLevel,
  type PlayerRecord,
  type RoomRecord,
  type State,
} from './model.js';
import { forgetParty, keepParty, loadParty, weighParty } from './keep-party.js';
import type { Keeper } from './store.js';

const Own = z.object({ volume: z.number(), wanted: z.number().optional(), muted: z.boolean() });
const KeptPlayer = z.object({
  player_id: Id,
  kind: z.string(),
  name: z.string(),
  options: z.record(z.string(), z.unknown()),
  origin: z.enum(['config', 'added', 'discovered']),
  room_id: Id,
  address: z.string(),
  memory: z.unknown().default(null),
  home_room_id: Id.optional(),
  latency_ms: z.number().default(0),
  volume_limit: z.number().default(1),
  before: z.object({ clip: Own.optional(), fade: Own.optional() }).optional(),
});
const KeptRoom = z.object({
  room_id: Id,
  name: z.string(),
  player_ids: z.array(Id),
  intent: z.enum(['stopped', 'paused', 'playing']),
  item_id: Id.optional(),
  position_seconds: z.number(),
  repeat: Repeat,
  volume: z.number(),
  muted: z.boolean(),
  volume_limit: z.number().default(1),
  quiet_hours: QuietHours.optional(),
  balance: z.record(Id, z.object({ told: z.number(), wanted: z.number() })).optional(),
  /** Where `before.clip` of players was kept once. */
  before_clip: z.record(Id, Own).optional(),
});
const KeptOrder = z.object({ order: z.array(Id), unshuffled: z.array(Id).optional() });
const KeptEdit = z.object({
  label: z.string(),
  undo: QueuePatch,
  redo: QueuePatch,
  unshuffled_before: z.array(Id).optional(),
  unshuffled_after: z.array(Id).optional(),
});

/** True of the store: it is done in memory, and tried again. */
const REFUSED =
  'The disk has refused this: it holds until the server restarts, and is kept for good only if the disk takes it before';

/**
 * Writes what changed between two states, in one transaction: one row per room, player and queue item, one row for a queue's order.
 * Queues, undo and what rooms and players are wait for the disk and survive a power cut; where a knob stands and what plays only survive
 * `kill -9`, because a volume slider must not wait for an SD card.
 */
export function sqliteKeeper(db: Db): Keeper {
  return {
    weigh,
    keep(before, after) {
      const weight = weigh(before, after);
      if (weight === undefined) return;
      const write = (): void => {
        if (before.players !== after.players) keepPlayers(db, before, after);
        if (before.rooms !== after.rooms) keepRooms(db, before, after);
      };
      try {
        db.transaction(write, weight);
      } catch (cause) {
        throw new AppError('ERR_DISK', REFUSED, { cause });
      }
    },
  };
}

/** How much the heaviest change between two states matters; undefined when nothing of it is kept. */
function weigh(before: State, after: State): Durability | undefined {
  if (before === after) return undefined;
  if (before.rooms.size !== after.rooms.size || before.players.size !== after.players.size) return 'full';
  let weight: Durability | undefined;
  for (const [id, { kept, queue, edits, party }] of after.rooms) {
    const old = before.rooms.get(id);
    if (!old || old.queue !== queue || old.edits !== edits) return 'full';
    const party_weight = weighParty(old.party, party);
    if (party_weight === 'full') return 'full';
    weight = party_weight ?? weight;
    if (old.kept === kept) continue;
    if (old.kept.name !== kept.name || old.kept.player_ids !== kept.player_ids) return 'full';
    if (old.kept.volume_limit !== kept.volume_limit || old.kept.quiet_hours !== kept.quiet_hours)
      return 'full';
    weight = 'normal';
  }
  for (const [id, { kept }] of after.players) {
    const old = before.players.get(id)?.kept;
    if (old === kept) continue;
    if (!old || (old.memory === kept.memory && old.before === kept.before)) return 'full';
    weight = 'normal';
  }
  return weight;
}

function keepPlayers(db: Db, before: State, after: State): void {
  for (const [id, player] of after.players) {
    if (before.players.get(id)?.kept === player.kept) continue;
    db.prepare('INSERT OR REPLACE INTO players (player_id, value) VALUES (?, ?)').run(
      id,
      JSON.stringify(player.kept),
    );
  }
  for (const id of before.players.keys())
    if (!after.players.has(id)) db.prepare('DELETE FROM players WHERE player_id = ?').run(id);
}

function keepRooms(db: Db, before: State, after: State): void {
  for (const [id, room] of after.rooms) {
    const old = before.rooms.get(id);
    if (old === room) continue;
    if (old?.kept !== room.kept)
      db.prepare('INSERT OR REPLACE INTO rooms (room_id, value) VALUES (?, ?)').run(
        id,
        JSON.stringify(room.kept),
      );
    if (old?.queue !== room.queue) keepQueue(db, id, old, room);
    if (old?.party !== room.party) keepParty(db, id, old?.party, room.party);
    if (old?.edits !== room.edits) keepEdits(db, id, old?.edits ?? NO_EDITS, room.edits);
  }
  for (const id of before.rooms.keys()) {
    if (after.rooms.has(id)) continue;
    for (const table of ['rooms', 'queue_items', 'queue_orders', 'queue_edits'])
      db.prepare(`DELETE FROM ${table} WHERE room_id = ?`).run(id);
    forgetParty(db, id);
  }
}

function keepQueue(db: Db, roomId: string, old: RoomRecord | undefined, room: RoomRecord): void {
  const { remove = [], insert = [], set = [] } = diffQueue(old?.queue.items ?? [], room.queue.items) ?? {};
  const put = db.prepare('INSERT OR REPLACE INTO queue_items (room_id, item_id, value) VALUES (?, ?, ?)');
  for (const item of [...insert.flatMap(([, run]) => run), ...set])
    if (typeof item !== 'string') put.run(roomId, item.item_id, JSON.stringify(item));
  const drop = db.prepare('DELETE FROM queue_items WHERE room_id = ? AND item_id = ?');
  for (const itemId of remove) drop.run(roomId, itemId);
  const order = { order: room.queue.items.map((item) => item.item_id), unshuffled: room.queue.unshuffled };
  db.prepare('INSERT OR REPLACE INTO queue_orders (room_id, value) VALUES (?, ?)').run(
    roomId,
    JSON.stringify(order),
  );
}

function keepEdits(db: Db, roomId: string, old: RoomRecord['edits'], edits: RoomRecord['edits']): void {
  const stored = new Map([...rows(old.done, 0), ...rows(old.undone, 1)]);
  const put = db.prepare(
    'INSERT OR REPLACE INTO queue_edits (room_id, seq, undone, value) VALUES (?, ?, ?, ?)',
  );
  const mark = db.prepare('UPDATE queue_edits SET undone = ? WHERE room_id = ? AND seq = ?');
  for (const [seq, { edit, undone }] of [...rows(edits.done, 0), ...rows(edits.undone, 1)]) {
    const was = stored.get(seq);
    stored.delete(seq);
    if (was?.edit !== edit) put.run(roomId, seq, undone, JSON.stringify(edit));
    else if (was.undone !== undone) mark.run(undone, roomId, seq);
  }
  for (const seq of stored.keys())
    db.prepare('DELETE FROM queue_edits WHERE room_id = ? AND seq = ?').run(roomId, seq);
}

function rows(edits: readonly Edit[], undone: 0 | 1): [number, { edit: Edit; undone: 0 | 1 }][] {
  return edits.map((edit) => [edit.seq, { edit, undone }]);
}

/** Told of a row that could not be read, by what it was. */
type Unread = (what: 'room' | 'player' | 'queue' | 'queue item' | 'edit of a queue') => void;

/**
 * The state a database holds, with nothing live in it: every link is still to be made and every timeline stands. Rows that cannot be read are
 * left out and left alone.
 */
export function loadState(db: Db, version: string, unread: Unread = () => undefined): State {
  const rooms = new Map<string, RoomRecord>();
  const beforeClip = new Map<string, OwnLevel>();
  for (const { before_clip = {}, ...kept } of values(db, 'rooms', KeptRoom, () => unread('room'))) {
    const { room_id, position_seconds } = kept;
    for (const [playerId, own] of Object.entries(before_clip)) beforeClip.set(playerId, own);
    const record: RoomRecord = {
      kept,
      live: {
        state: kept.intent === 'stopped' ? 'stopped' : 'paused',
        timeline: { position_seconds, at_us: 0, rate: 0 },
      },
      queue: loadQueue(db, room_id, unread),
      edits: loadEdits(db, room_id, unread),
      party: loadParty(db, room_id),
    };
    const item = record.queue.items.find((candidate) => candidate.item_id === kept.item_id);
    rooms.set(room_id, { ...record, live: { ...record.live, duration_seconds: item?.duration_seconds } });
  }
  const players = new Map<string, PlayerRecord>();
  for (const kept of values(db, 'players', KeptPlayer, () => unread('player'))) {
    const clip = beforeClip.get(kept.player_id);
    const before = kept.before ?? (clip && { clip });
    const home_room_id = kept.home_room_id ?? kept.room_id;
    players.set(kept.player_id, newPlayer({ ...kept, home_room_id, before }, 'loose', []));
  }
  return { ...emptyState(version), players, rooms };
}

function values<S extends z.ZodType>(
  db: Db,
  table: 'rooms' | 'players',
  schema: S,
  unread: () => void,
): z.output<S>[] {
  const rows = db.prepare(`SELECT value FROM ${table}`).all();
  return rows.flatMap((row) => {
    const value = read(schema, row['value']);
    if (value === undefined) unread();
    return value === undefined ? [] : [value];
  });
}

/** A value of a row; undefined when a disk has made something else of it. */
function read<S extends z.ZodType>(schema: S, text: unknown): z.output<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(String(text))).data;
  } catch {
    return undefined;
  }
}

function loadQueue(db: Db, roomId: string, unread: Unread): RoomRecord['queue'] {
  const stored = db.prepare('SELECT value FROM queue_orders WHERE room_id = ?').get(roomId);
  if (!stored) return { items: [] };
  const items = new Map<string, QueueItem>();
  for (const row of db.prepare('SELECT value FROM queue_items WHERE room_id = ?').all(roomId)) {
    const item = read(QueueItem, row['value']);
    if (item) items.set(item.item_id, item);
    else unread('queue item');
  }
  const kept = read(KeptOrder, stored['value']);
  if (!kept) unread('queue');
  const { order, unshuffled } = kept ?? { order: [...items.keys()], unshuffled: undefined };
  return { items: order.flatMap((itemId) => items.get(itemId) ?? []), unshuffled };
}

function loadEdits(db: Db, roomId: string, unread: Unread): RoomRecord['edits'] {
  const edits = { done: [] as Edit[], undone: [] as Edit[] };
  for (const row of db
    .prepare('SELECT seq, undone, value FROM queue_edits WHERE room_id = ? ORDER BY seq')
    .all(roomId)) {
    const kept = read(KeptEdit, row['value']);
    if (!kept) {
      // What was done before an edit that is lost can no longer be undone.
      unread('edit of a queue');
      return { done: [], undone: [] };
    }
    const edit = { seq: Number(row['seq']), ...kept };
    if (row['undone'] === 0) edits.done.push(edit);
    else edits.undone.unshift(edit);
  }
  return edits;
}
