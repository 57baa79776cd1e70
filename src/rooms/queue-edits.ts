import type { QueueItem } from '../protocol/index.js';

/** Where new items go: an index of the queue as it is. */
export function insertionIndex(
  at: 'end' | 'next' | 'replace' | number,
  length: number,
  currentIndex: number | undefined,
): number {
  if (typeof at === 'number') return Math.min(at, length);
  if (at === 'end') return length;
  return at === 'next' && currentIndex !== undefined ? currentIndex + 1 : 0;
}

export function inserted(
  items: readonly QueueItem[],
  index: number,
  added: readonly QueueItem[],
): QueueItem[] {
  return items.toSpliced(index, 0, ...added);
}

export function removed(items: readonly QueueItem[], ids: ReadonlySet<string>): QueueItem[] {
  return items.filter((item) => !ids.has(item.item_id));
}

/** The named items, in the order of the queue, as one run that starts at `index` of the list without them. */
export function moved(items: readonly QueueItem[], ids: ReadonlySet<string>, index: number): QueueItem[] {
  const rest = removed(items, ids);
  return rest.toSpliced(Math.min(index, rest.length), 0, ...items.filter((item) => ids.has(item.item_id)));
}

/** What has played stays; what comes after the current item is shuffled (Fisher-Yates). `random` gives 0..1. */
export function shuffled(
  items: readonly QueueItem[],
  currentIndex: number | undefined,
  random: () => number,
): QueueItem[] {
  const start = currentIndex === undefined ? 0 : currentIndex + 1;
  const rest = items.slice(start);
  for (let last = rest.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1));
    [rest[last], rest[pick]] = [rest[pick]!, rest[last]!];
  }
  return [...items.slice(0, start), ...rest];
}

/** The items in the remembered order; items that came since stay behind the item they stood behind. */
export function unshuffled(items: readonly QueueItem[], order: readonly string[]): QueueItem[] {
  const rank = new Map(order.map((id, index) => [id, index]));
  const runs: { readonly rank: number; readonly items: QueueItem[] }[] = [];
  for (const item of items) {
    const own = rank.get(item.item_id);
    const last = runs.at(-1);
    if (own === undefined && last) last.items.push(item);
    else runs.push({ rank: own ?? -1, items: [item] });
  }
  return runs.sort((one, other) => one.rank - other.rank).flatMap((run) => run.items);
}
