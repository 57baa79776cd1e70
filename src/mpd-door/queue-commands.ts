import { MAX_QUEUE_ITEMS, type QueueSource } from '../protocol/index.js';
import { needing, type Asking, type MpdCommands } from './asking.js';
import { isAddress, trackIdOf } from './catalog.js';
import { matches, parseFilter, splitOptions } from './filter.js';
import { here } from './player-commands.js';
import { ACK, parseInteger, parseLine, parseRange, parseUnsigned, Refusal, type Range } from './wire.js';

/** So many ids a command of Tutti takes at once. */
const AT_ONCE = 1000;

const look = needing('room');
const party = needing('party');
const control = needing('control');

/** The queue. */
export const queueCommands: MpdCommands = {
  playlistinfo: look(0, 1, async (asking) => {
    const range = optionalRange(asking.args[0]);
    const { length } = asking.view.queue;
    if (range.start >= length && (range.end === range.start + 1 || range.start > length))
      throw new Refusal(ACK.argument, 'Bad song index');
    await tell(asking, places(range, length));
  }),
  playlistid: look(0, 1, async (asking) => {
    const [text] = asking.args;
    if (text === undefined) return tell(asking, places(EVERYTHING, asking.view.queue.length));
    await tell(asking, [asking.placeOf(parseInteger(text, 0))]);
  }),
  playlist: look(0, 0, async (asking) => {
    await asking.house.parts.catalog.ready();
    for (const [at, item] of asking.view.queue.entries()) {
      asking.out.raw(`${at}:file: ${asking.house.parts.catalog.itemSong(item).uri}\n`);
      await asking.out.pace();
    }
  }),
  plchanges: look(1, 2, async (asking) => {
    const range = optionalRange(asking.args[1]);
    await tell(asking, within(asking.view.changedSince(parseUnsigned(asking.arg(0))), range));
  }),
  plchangesposid: look(1, 2, async (asking) => {
    const range = optionalRange(asking.args[1]);
    const { view, out } = asking;
    for (const at of within(view.changedSince(parseUnsigned(asking.arg(0))), range)) {
      out.pair('cpos', at);
      out.pair('Id', view.idOf(view.queue[at]?.item_id ?? ''));
      await out.pace();
    }
  }),
  playlistfind: look(1, -1, (asking) => findHere(asking, false)),
  playlistsearch: look(1, -1, (asking) => findHere(asking, true)),
  add: party(1, 2, async (asking) => {
    const at = asking.args[1] === undefined ? undefined : position(asking, asking.arg(1));
    await addSources(asking, await sources(asking, asking.arg(0)), at);
  }),
  addid: party(1, 2, async (asking) => {
    const at = asking.args[1] === undefined ? undefined : position(asking, asking.arg(1));
    const [source, ...more] = await sources(asking, asking.arg(0), true);
    if (!source || more.length > 0) throw new Refusal(ACK.not_found, 'No such song');
    const ids = await addSources(asking, [source], at);
    asking.out.pair('Id', asking.view.idOf(ids[0] ?? ''));
  }),
  delete: party(1, 1, async (asking) => {
    const range = parseRange(asking.arg(0));
    const { length } = asking.view.queue;
    if (range.start >= length && range.end !== Infinity) throw new Refusal(ACK.argument, 'Bad song index');
    await remove(asking, [...places(range, length)]);
  }),
  deleteid: party(1, 1, (asking) => remove(asking, [asking.placeOf(parseInteger(asking.arg(0), 0))])),
  clear: control(0, 0, async (asking) => {
    if (asking.view.queue.length > 0) await asking.run('queue:clear', here(asking));
  }),
  move: control(2, 2, (asking) => move(asking, parseRange(asking.arg(0)))),
  moveid: control(2, 2, (asking) => {
    const start = asking.placeOf(parseInteger(asking.arg(0), 0));
    return move(asking, { start, end: start + 1 });
  }),
  swap: control(2, 2, (asking) => swap(asking, parseUnsigned(asking.arg(0)), parseUnsigned(asking.arg(1)))),
  swapid: control(2, 2, (asking) =>
    swap(
      asking,
      asking.placeOf(parseInteger(asking.arg(0), 0)),
      asking.placeOf(parseInteger(asking.arg(1), 0)),
    ),
  ),
  /** Shuffled anew. The room remembers the order it had, so that `random 0` brings it back. */
  shuffle: control(0, 1, async (asking) => {
    const [text] = asking.args;
    if (text !== undefined && parseRange(text).end !== Infinity)
      throw new Refusal(ACK.argument, 'Tutti shuffles everything that comes next');
    if (asking.room.queue.unshuffled) await asking.run('room:shuffle', { ...here(asking), shuffle: false });
    await asking.run('room:shuffle', { ...here(asking), shuffle: true });
  }),
};

const EVERYTHING: Range = { start: 0, end: Infinity };

function optionalRange(text: string | undefined): Range {
  return text === undefined ? EVERYTHING : parseRange(text);
}

function* places({ start, end }: Range, length: number): Generator<number> {
  for (let at = start; at < Math.min(end, length); at++) yield at;
}

function* within(all: Iterable<number>, { start, end }: Range): Generator<number> {
  for (const at of all) if (at >= start && at < end) yield at;
}

async function tell(asking: Asking, which: Iterable<number>): Promise<void> {
  await asking.house.parts.catalog.ready();
  for (const at of which) {
    asking.item(at);
    await asking.out.pace();
  }
}

async function findHere(asking: Asking, fold: boolean): Promise<void> {
  const options = splitOptions(asking.args, ['sort', 'window']);
  const filter = parseFilter(options.filter, fold);
  const { catalog } = asking.house.parts;
  await catalog.ready();
  let found = 0;
  for (const [at, item] of asking.view.queue.entries()) {
    if (!matches(filter, catalog.itemSong(item))) continue;
    if (found >= options.window.end) return;
    if (found++ >= options.window.start) asking.item(at);
    await asking.out.pace();
  }
}

/** `7` is a place, `+0` right behind what plays, `-0` right before it. */
export function position(asking: Asking, text: string): number {
  const { length } = asking.view.queue;
  const at = /^[+-]/.test(text) ? relative(asking, text) : parseUnsigned(text);
  if (at < 0 || at > length) throw new Refusal(ACK.argument, 'Bad song index');
  return at;
}

function relative(asking: Asking, text: string): number {
  const { item_id } = asking.room.kept;
  const current = item_id === undefined ? undefined : asking.view.placeOfItem(item_id);
  if (current === undefined) throw new Refusal(ACK.player, 'No current song');
  const by = parseUnsigned(text.slice(1));
  return text.startsWith('+') ? current + 1 + by : current - by;
}

/** What a path or an address stands for, in parts that Tutti takes. */
async function sources(asking: Asking, uri: string, single = false): Promise<QueueSource[]> {
  if (isAddress(uri)) return [{ url: uri }];
  const { catalog } = asking.house.parts;
  const id = trackIdOf(uri);
  const depth = uri.split('/').length;
  // The end of a path says which track it is: the rest may have another name by now.
  if (id !== undefined && (depth === 3 || (single && depth < 3))) return [{ track_ids: [id] }];
  if (single) throw new Refusal(ACK.not_found, 'No such song');
  const ids: string[] = [];
  for await (const song of catalog.below(uri)) {
    if (song.track_id !== undefined) ids.push(song.track_id);
    if (ids.length > MAX_QUEUE_ITEMS) throw new Refusal(ACK.full, 'the queue would be too long');
  }
  return inParts(ids);
}

/** The track of a plain `add`, one that names a song and no place; undefined for any other line. */
function addedTrack(line: string): string | undefined {
  if (!line.startsWith('add ')) return undefined;
  const { name, args } = parseLine(line);
  const [uri = ''] = args;
  const plain = name === 'add' && args.length === 1 && !isAddress(uri) && uri.split('/').length === 3;
  return plain ? trackIdOf(uri) : undefined;
}

/** The tracks of the plain `add`s that follow each other in a command list: they may be added as one edit. */
export function addedTracks(lines: readonly string[], from: number): string[] {
  const ids: string[] = [];
  try {
    for (let at = from; at < lines.length && ids.length < AT_ONCE; at++) {
      const id = addedTrack(lines[at]!);
      if (id === undefined) break;
      ids.push(id);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return ids;
}

export function inParts(ids: readonly string[]): { track_ids: string[] }[] {
  const parts: { track_ids: string[] }[] = [];
  for (let at = 0; at < ids.length; at += AT_ONCE) parts.push({ track_ids: ids.slice(at, at + AT_ONCE) });
  return parts;
}

/** Adds in order, from a place on or at the end; the ids of the new items. */
export async function addSources(
  asking: Asking,
  what: readonly QueueSource[],
  at: number | undefined,
): Promise<string[]> {
  const ids: string[] = [];
  for (const source of what) {
    const place = at === undefined ? 'end' : at + ids.length;
    const { item_ids = [] } = await asking.run('queue:add', { ...here(asking), source, at: place });
    ids.push(...item_ids);
  }
  return ids;
}

async function remove(asking: Asking, which: readonly number[]): Promise<void> {
  const { queue } = asking.view;
  if (which.length === 0) return;
  if (which.length === queue.length) {
    await asking.run('queue:clear', here(asking));
    return;
  }
  const ids = which.map((at) => asking.itemAt(at).item_id);
  for (let at = 0; at < ids.length; at += AT_ONCE)
    await asking.run('queue:remove', { ...here(asking), item_ids: ids.slice(at, at + AT_ONCE) });
}

async function move(asking: Asking, { start, end }: Range): Promise<void> {
  const { length } = asking.view.queue;
  const stop = Math.min(end, length);
  const to = position(asking, asking.arg(1));
  if (start >= length || (end !== Infinity && end > length) || to > length - (stop - start))
    throw new Refusal(ACK.argument, 'Bad song index');
  const item_ids = [...places({ start, end: stop }, length)].map((at) => asking.itemAt(at).item_id);
  if (item_ids.length > AT_ONCE) throw new Refusal(ACK.argument, `at most ${AT_ONCE} songs move at once`);
  if (item_ids.length > 0) await asking.run('queue:move', { ...here(asking), item_ids, index: to });
}

async function swap(asking: Asking, one: number, other: number): Promise<void> {
  const [low, high] = one < other ? [one, other] : [other, one];
  const [first, last] = [asking.itemAt(low), asking.itemAt(high)];
  if (low === high) return;
  await asking.run('queue:move', { ...here(asking), item_ids: [last.item_id], index: low });
  await asking.run('queue:move', { ...here(asking), item_ids: [first.item_id], index: high });
}
