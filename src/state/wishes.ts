import { applyQueuePatch, diffQueue, MAX_QUEUE_ITEMS, type QueueItem } from '../protocol/index.js';
import { updateRoom } from './entries.js';
import type { Edit, Edits, RoomRecord, State } from './model.js';

/** What became of music that was asked for and is on its way: every queue that waits for the download has it. [WI1] */
export type WishChange =
  /** Why it cannot be played; undefined = it is coming. */
  | { readonly type: 'wish/told'; readonly download_id: string; readonly problem: string | undefined }
  /** It is here: these tracks stand in its place, the first under its id; with `rest`, what may still come of it stands behind them. */
  | {
      readonly type: 'wish/came';
      readonly download_id: string;
      readonly tracks: readonly Omit<QueueItem, 'item_id'>[];
      readonly rest?: boolean;
    };

export function reduceWishes(state: State, change: WishChange): State {
  let next = state;
  for (const roomId of state.rooms.keys())
    next = updateRoom(next, roomId, (room) =>
      change.type === 'wish/told' ? told(room, change) : came(room, change),
    );
  return next;
}

/** Whether a queue waits for this download, or would after an undo or redo. */
export function waitsFor({ queue, edits }: RoomRecord, downloadId: string): boolean {
  return wishesIn(queue.items).has(downloadId) || wishesOf(edits).has(downloadId);
}

/** Every download that some queue waits for. */
export function wishedDownloads(state: State): Set<string> {
  const all = new Set<string>();
  for (const { queue, edits } of state.rooms.values())
    for (const ids of [wishesIn(queue.items), wishesOf(edits)]) for (const id of ids) all.add(id);
  return all;
}

function wishesIn(items: readonly QueueItem[]): Set<string> {
  return new Set(items.flatMap((item) => item.download_id ?? []));
}

function wishesOf({ done, undone }: Edits): Set<string> {
  const all = [...done, ...undone].flatMap(({ undo, redo }) =>
    [undo, redo].flatMap(({ insert = [], set = [] }) => [...insert.flatMap(([, run]) => run), ...set]),
  );
  return wishesIn(all.filter((entry) => typeof entry !== 'string'));
}

function told(
  room: RoomRecord,
  { download_id, problem }: Extract<WishChange, { type: 'wish/told' }>,
): RoomRecord {
  if (!room.queue.items.some((item) => item.download_id === download_id && item.problem !== problem))
    return room;
  const items = room.queue.items.map((item) => {
    if (item.download_id !== download_id || item.problem === problem) return item;
    const { problem: _old, ...rest } = item;
    return problem === undefined ? rest : { ...rest, problem };
  });
  return { ...room, queue: { ...room.queue, items } };
}

/** Also where undo and redo go: no step of them brings back a wish that has come true. */
function came(room: RoomRecord, change: Extract<WishChange, { type: 'wish/came' }>): RoomRecord {
  if (!waitsFor(room, change.download_id)) return room;
  const space = MAX_QUEUE_ITEMS - room.queue.items.length + 1;
  const tracks = change.tracks.slice(0, Math.max(1, space));
  const grown = new Grown(change.download_id, tracks, change.rest === true && tracks.length < space);
  const items = grown.list(room.queue.items);
  const done: Edit[] = [];
  let [after, afterNow] = [room.queue.items, items];
  for (const edit of room.edits.done.toReversed()) {
    const before = applyQueuePatch(after, edit.undo);
    const beforeNow = grown.list(before);
    done.unshift(grown.edit(edit, [before, beforeNow], [after, afterNow]));
    [after, afterNow] = [before, beforeNow];
  }
  const undone: Edit[] = [];
  let [before, beforeNow]: [readonly QueueItem[], readonly QueueItem[]] = [room.queue.items, items];
  for (const edit of room.edits.undone.toReversed()) {
    const then = applyQueuePatch(before, edit.redo);
    const thenNow = grown.list(then);
    undone.unshift(grown.edit(edit, [before, beforeNow], [then, thenNow]));
    [before, beforeNow] = [then, thenNow];
  }
  const unshuffled = grown.ids(room.queue.unshuffled);
  const orders = (edit: Edit): Edit => ({
    ...edit,
    unshuffled_before: grown.ids(edit.unshuffled_before),
    unshuffled_after: grown.ids(edit.unshuffled_after),
  });
  const stoodOnIt = items !== room.queue.items && grown.has(room.kept.item_id);
  return {
    ...room,
    ...(stoodOnIt && { live: { ...room.live, problem: undefined } }),
    queue: { items, unshuffled },
    edits: { done: done.map(orders), undone: undone.map(orders) },
  };
}

type BeforeAndNow = readonly [readonly QueueItem[], readonly QueueItem[]];

/** Lists in which a wish is replaced by what it became: the same objects in each, as `diffQueue` wants them. */
class Grown {
  readonly #downloadId: string;
  readonly #tracks: readonly Omit<QueueItem, 'item_id'>[];
  readonly #rest: boolean;
  readonly #became = new Map<string, readonly QueueItem[]>();

  constructor(downloadId: string, tracks: readonly Omit<QueueItem, 'item_id'>[], rest: boolean) {
    this.#downloadId = downloadId;
    this.#tracks = tracks;
    this.#rest = rest;
  }

  list(items: readonly QueueItem[]): readonly QueueItem[] {
    if (!items.some((item) => item.download_id === this.#downloadId)) return items;
    return items.flatMap((item) => (item.download_id === this.#downloadId ? this.#tracksOf(item) : item));
  }

  ids(order: readonly string[] | undefined): readonly string[] | undefined {
    if (!order?.some((id) => this.#became.has(id))) return order;
    return order.flatMap((id) => this.#became.get(id)?.map((item) => item.item_id) ?? id);
  }

  has(itemId: string | undefined): boolean {
    return itemId !== undefined && this.#became.has(itemId);
  }

  edit(edit: Edit, [before, beforeNow]: BeforeAndNow, [after, afterNow]: BeforeAndNow): Edit {
    if (before === beforeNow && after === afterNow) return edit;
    return {
      ...edit,
      undo: diffQueue(afterNow, beforeNow) ?? {},
      redo: diffQueue(beforeNow, afterNow) ?? {},
    };
  }

  #tracksOf({ item_id, added_by, title }: QueueItem): readonly QueueItem[] {
    let tracks = this.#became.get(item_id);
    if (!tracks) {
      const by = added_by && { added_by };
      const rest = { item_id: `${item_id}-more`, title, download_id: this.#downloadId, ...by };
      tracks = [
        ...this.#tracks.map((track, at) => ({
          item_id: at === 0 ? item_id : `${item_id}-${at}`,
          ...track,
          ...by,
        })),
        ...(this.#rest ? [rest] : []),
      ];
      this.#became.set(item_id, tracks);
    }
    return tracks;
  }
}
