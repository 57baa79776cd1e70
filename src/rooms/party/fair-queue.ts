import type { QueueItem } from '../../protocol/index.js';

/** Who an item belongs to for the purpose of turns; nobody's items fill up behind everybody's. */
type Owner = string | undefined;

const ownerOf = (item: QueueItem): Owner => item.added_by?.participant_id;

/**
 * Where the next item of `owner` goes so that people take turns: behind every item of an earlier round and before the first of a later
 * one. A person's n-th item that is still to come is of round n; one that plays now counts as a turn taken. Items that nobody queued
 * come last. Items already there never change places.
 */
export function fairIndex(
  items: readonly QueueItem[],
  currentIndex: number | undefined,
  owner: string,
): number {
  const start = currentIndex === undefined ? 0 : currentIndex + 1;
  const turns = new Map<Owner, number>();
  const playing = currentIndex === undefined ? undefined : items[currentIndex];
  if (playing) turns.set(ownerOf(playing), 1);
  const rounds: number[] = [];
  for (const item of items.slice(start)) {
    const who = ownerOf(item);
    const round = (turns.get(who) ?? 0) + 1;
    turns.set(who, round);
    rounds.push(who === undefined ? Infinity : round);
  }
  const own = (turns.get(owner) ?? 0) + 1;
  const before = rounds.findLastIndex((round) => round <= own);
  return start + before + 1;
}

/** The queue with several items of one person, each in its own turn. */
export function takeTurns(
  items: readonly QueueItem[],
  currentIndex: number | undefined,
  owner: string,
  added: readonly QueueItem[],
): QueueItem[] {
  let queue = [...items];
  for (const item of added) queue = queue.toSpliced(fairIndex(queue, currentIndex, owner), 0, item);
  return queue;
}
