import { randomId } from '../base/index.js';
import type { Caller, QueueItem } from '../protocol/index.js';
import type { RoomRecord, State } from '../state/index.js';
import { isWish } from './order.js';
import { roomOf, type RoomParts } from './parts.js';
import { commitEdit, withAdded } from './queue-commands.js';
import type { Turns } from './turns.js';

export interface Wish {
  readonly room_id: string;
  readonly download_id: string;
  readonly title: string;
}

/** As many tracks as one wish may become. */
const MOST_TRACKS = 1000;
const TOO_LATE = 'it had not arrived when its turn came';

/**
 * Wishes in queues: items whose music is on its way. They stand where they will be played, are passed over until they can be, and become
 * their tracks in place. Undo, redo and restarts keep them. [WI1]
 */
export class Wishes {
  readonly #parts: RoomParts;
  readonly #turns: Turns;
  readonly #unwatch: () => void;

  constructor(parts: RoomParts, turns: Turns) {
    this.#parts = parts;
    this.#turns = turns;
    this.#unwatch = parts.store.watch((_change, before, after) => this.#passedOver(before, after));
  }

  close(): void {
    this.#unwatch();
  }

  /** Throws what `add` would throw, before anything is fetched. */
  check(roomId: string): void {
    withAdded(roomOf(this.#parts, roomId), [{ item_id: 'wish', title: '' }], 'end', undefined);
  }

  /** At the end of the queue, or where it is the person's turn in a fair party; the id of the item, once it is on disk. */
  async add({ room_id, download_id, title }: Wish, caller: Caller): Promise<string> {
    const room = roomOf(this.#parts, room_id);
    const person = this.#parts.people?.of(room, caller);
    const added_by = person && { participant_id: person.participant_id, name: person.name };
    const item: QueueItem = { item_id: randomId(8), title, download_id, ...(added_by && { added_by }) };
    return this.#turns.take(room, async () => {
      const items = withAdded(roomOf(this.#parts, room_id), [item], 'end', person);
      commitEdit(this.#parts, room_id, 'add', items);
      await this.#parts.store.durable();
      return item.item_id;
    });
  }

  /** Why the music does not come, everywhere it is waited for; undefined = it is coming. */
  told(download_id: string, problem: string | undefined): void {
    this.#parts.store.commit({ type: 'wish/told', download_id, problem });
  }

  /** The music is in the library; with `rest`, more of it may follow. Throws ERR_TRACK_NOT_FOUND when it is not. */
  came(download_id: string, track_ids: readonly string[], rest = false): void {
    const tracks = this.#parts.library.items({ track_ids: track_ids.slice(0, MOST_TRACKS) });
    this.#parts.store.commit({ type: 'wish/came', download_id, tracks, rest });
  }

  /** Who was passed over by the music is told so, unless there is more to say of it. */
  #passedOver(before: State, after: State): void {
    if (before.rooms === after.rooms) return;
    for (const [room_id, room] of after.rooms) {
      const was = before.rooms.get(room_id);
      if (!was || was === room) continue;
      for (const { item_id } of wishesBetween(room, was.kept.item_id))
        queueMicrotask(() =>
          this.#parts.store.commit({ type: 'queue/item-problem', room_id, item_id, problem: TOO_LATE }),
        );
    }
  }
}

/** The wishes between two items that followed each other in the loudspeaker. */
function wishesBetween({ kept, queue }: RoomRecord, fromItemId: string | undefined): QueueItem[] {
  if (fromItemId === kept.item_id || fromItemId === undefined || kept.item_id === undefined) return [];
  const index = queue.items.findIndex((item) => item.item_id === kept.item_id);
  const from = queue.items.findIndex((item) => item.item_id === fromItemId);
  if (from < 0 || index < 0) return [];
  const passed = queue.items.slice(from + 1, index);
  if (!passed.every(isWish)) return [];
  const stands = queue.items[index];
  const all = stands && isWish(stands) ? [...passed, stands] : passed;
  return all.filter((item) => item.problem === undefined);
}
