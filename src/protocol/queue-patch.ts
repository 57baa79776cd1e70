import type { QueueItem, QueuePatch } from './queue.js';

type Run = [number, (QueueItem | string)[]];

/**
 * The smallest patch of its kind that turns `before` into `after`; undefined when nothing differs. Items are compared by identity of
 * the object, so callers keep unchanged items as they are. O(n log n) at worst, O(n) pointer comparisons for an edit in one place. [QP2]
 */
export function diffQueue(before: readonly QueueItem[], after: readonly QueueItem[]): QueuePatch | undefined {
  if (before === after) return undefined;
  let start = 0;
  const shortest = Math.min(before.length, after.length);
  while (start < shortest && before[start] === after[start]) start++;
  let tail = 0;
  while (tail < shortest - start && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail++;
  const block = movedBlock(before, after, start, before.length - tail);
  if (block) return { insert: [block] };
  const old = new Map(
    before.slice(start, before.length - tail).map((item, index) => [item.item_id, { item, index }]),
  );
  const middle = after.slice(start, after.length - tail);
  const kept = middle.flatMap((item) => old.get(item.item_id)?.index ?? []);
  const still = new Set(longestIncreasing(kept).map((at) => kept[at]));

  const insert: Run[] = [];
  const set: QueueItem[] = [];
  let run: Run | undefined;
  middle.forEach((item, offset) => {
    const was = old.get(item.item_id);
    if (was) {
      old.delete(item.item_id);
      if (was.item !== item) set.push(item);
      if (still.has(was.index)) {
        run = undefined;
        return;
      }
    }
    if (!run) insert.push((run = [start + offset, []]));
    run[1].push(was ? item.item_id : item);
  });
  const patch: QueuePatch = {};
  if (old.size > 0) patch.remove = [...old.keys()];
  if (insert.length > 0) patch.insert = insert;
  if (set.length > 0) patch.set = set;
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * The common edit in one pass over pointers: when the items from `start` to `end` are the same in two halves that changed places, the run
 * that moves the shorter half. Undefined when they are something else.
 */
function movedBlock(
  before: readonly QueueItem[],
  after: readonly QueueItem[],
  start: number,
  end: number,
): [number, string[]] | undefined {
  if (before.length !== after.length || start >= end) return undefined;
  const middle = before.indexOf(after[start]!, start);
  if (middle <= start || middle >= end) return undefined;
  const left = middle - start;
  const right = end - middle;
  for (let at = 0; at < right; at++) if (before[middle + at] !== after[start + at]) return undefined;
  for (let at = 0; at < left; at++) if (before[start + at] !== after[start + right + at]) return undefined;
  const [from, to, index] = right <= left ? [middle, end, start] : [start, middle, start + right];
  return [index, before.slice(from, to).map((item) => item.item_id)];
}

/** The list after the patch. Ids that are not there are passed over, so that a patch can never corrupt a list. [QP1] */
export function applyQueuePatch(before: readonly QueueItem[], patch: QueuePatch): QueueItem[] {
  const gone = new Set(patch.remove);
  const moved = new Map<string, QueueItem | undefined>();
  for (const [, run] of patch.insert ?? [])
    for (const entry of run) if (typeof entry === 'string') moved.set(entry, undefined);
  let items: QueueItem[] = [];
  for (const item of before) {
    if (moved.has(item.item_id)) moved.set(item.item_id, item);
    else if (!gone.has(item.item_id)) items.push(item);
  }
  if (patch.insert) items = insertRuns(items, patch.insert, moved);
  if (patch.set) {
    const replacements = new Map(patch.set.map((item) => [item.item_id, item]));
    items = items.map((item) => replacements.get(item.item_id) ?? item);
  }
  return items;
}

/** Runs come in ascending order of their final index, so one merge pass places them all. */
function insertRuns(
  items: QueueItem[],
  runs: readonly Run[],
  moved: Map<string, QueueItem | undefined>,
): QueueItem[] {
  const result: QueueItem[] = [];
  let next = 0;
  for (const [index, run] of runs) {
    while (result.length < index && next < items.length) result.push(items[next++]!);
    for (const entry of run) {
      const item = typeof entry === 'string' ? moved.get(entry) : entry;
      if (item) result.push(item);
    }
  }
  while (next < items.length) result.push(items[next++]!);
  return result;
}

/** Indexes into `values` of one longest strictly increasing subsequence (patience sorting). */
function longestIncreasing(values: readonly number[]): number[] {
  const tops: number[] = [];
  const previous = new Array<number>(values.length).fill(-1);
  values.forEach((value, at) => {
    let low = 0;
    let high = tops.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (values[tops[mid]!]! < value) low = mid + 1;
      else high = mid;
    }
    if (low > 0) previous[at] = tops[low - 1]!;
    tops[low] = at;
  });
  const chain: number[] = [];
  for (let at = tops.at(-1) ?? -1; at >= 0; at = previous[at]!) chain.push(at);
  return chain.reverse();
}
