import type { QueueItem, Repeat } from '../protocol/index.js';

/** What follows an item by itself, when it ends. */
export function following(
  items: readonly QueueItem[],
  itemId: string | undefined,
  repeat: Repeat,
): QueueItem | undefined {
  const index = items.findIndex((item) => item.item_id === itemId);
  if (index < 0) return undefined;
  if (repeat === 'one') return items[index];
  return items[index + 1] ?? (repeat === 'all' ? items[0] : undefined);
}

/** What a person gets who asks for the next one: repeating one item is for its end, not for this. */
export function nextAsked(
  items: readonly QueueItem[],
  itemId: string | undefined,
  repeat: Repeat,
): QueueItem | undefined {
  return following(items, itemId, repeat === 'one' ? 'off' : repeat);
}

export function previousAsked(
  items: readonly QueueItem[],
  itemId: string | undefined,
  repeat: Repeat,
): QueueItem | undefined {
  const index = items.findIndex((item) => item.item_id === itemId);
  if (index < 0) return undefined;
  return items[index - 1] ?? (repeat === 'all' ? items.at(-1) : undefined);
}
