import type { QueueItem } from '../../src/protocol/queue.js';

/** A change of the queue that was asked for and is drawn before the server has answered. Drawing it twice changes nothing. */
export type QueueEdit =
  | { readonly type: 'remove'; readonly item_ids: ReadonlySet<string> }
  /** The item stands at `index` of the list afterwards. */
  | { readonly type: 'move'; readonly item_id: string; readonly index: number }
  | { readonly type: 'clear' };

/** The list as it will be when the edits are done, in their order. */
export function withEdits(items: readonly QueueItem[], edits: readonly QueueEdit[]): readonly QueueItem[] {
  return edits.reduce(withEdit, items);
}

function withEdit(items: readonly QueueItem[], edit: QueueEdit): readonly QueueItem[] {
  switch (edit.type) {
    case 'clear':
      return [];
    case 'remove':
      return items.filter((item) => !edit.item_ids.has(item.item_id));
    case 'move': {
      const from = items.findIndex((item) => item.item_id === edit.item_id);
      if (from < 0 || from === edit.index) return items;
      const moved = [...items];
      moved.splice(edit.index, 0, ...moved.splice(from, 1));
      return moved;
    }
    default:
      return edit satisfies never;
  }
}

/** What a list looks like while the row `from` is dragged over the place `to`: how many rows the row at `index` gives way. */
export function shiftOf(index: number, from: number, to: number): -1 | 0 | 1 {
  if (from < index && index <= to) return -1;
  if (to <= index && index < from) return 1;
  return 0;
}
