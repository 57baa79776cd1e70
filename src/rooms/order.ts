import type { QueueItem, Repeat } from '../protocol/index.js';

/** Whether an item is still a wish: its music is on its way, and playback passes over it. [WI1] */
export function isWish(item: QueueItem): boolean {
  return item.download_id !== undefined;
}

/** What follows an item by itself, when it ends. */
export function following(
  items: readonly QueueItem[],
  itemId: string | undefined,
  repeat: Repeat,
): QueueItem | undefined {
  const index = items.findIndex((item) => item.item_id === itemId);
  if (index < 0) return undefined;
  if (repeat === 'one') return items[index];
  const round = repeat === 'all' ? [...items, ...items] : items;
  return round.slice(index + 1, index + 1 + items.length).find((item) => !isWish(item));
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
  const round = repeat === 'all' ? [...items.slice(index), ...items.slice(0, index)] : items.slice(0, index);
  return round.findLast((item) => !isWish(item));
}
