import { needing, type Asking, type MpdCommands } from './asking.js';
import type { AlbumEntry } from './catalog.js';
import { judge, matches, parseFilter, splitOptions, type Filter, type Options } from './filter.js';
import { addSources, inParts, position } from './queue-commands.js';
import { tagNamed, valueOf, type Song, type TagName } from './tags.js';
import { ACK, Refusal } from './wire.js';

const browse = needing('browse');

/** What is sorted or added must be held at once. */
const MOST_HELD = 20_000;

/** The library: found by tags, walked by folders. */
export const libraryCommands: MpdCommands = {
  find: browse(1, -1, (asking) => find(asking, false)),
  search: browse(1, -1, (asking) => find(asking, true)),
  findadd: { min: 1, max: -1, access: 'party', handle: (asking) => findAdd(asking, false) },
  searchadd: { min: 1, max: -1, access: 'party', handle: (asking) => findAdd(asking, true) },
  count: browse(1, -1, (asking) => count(asking, false)),
  searchcount: browse(1, -1, (asking) => count(asking, true)),
  list: browse(1, -1, list),
  lsinfo: browse(0, 1, (asking) => listFolder(asking, true)),
  listfiles: browse(0, 1, (asking) => listFolder(asking, false)),
  listall: browse(0, 1, (asking) => listAll(asking, false)),
  listallinfo: browse(0, 1, (asking) => listAll(asking, true)),
  update: { min: 0, max: 1, access: 'control', handle: (asking) => scan(asking, false) },
  rescan: { min: 0, max: 1, access: 'control', handle: (asking) => scan(asking, true) },
};

/** A look through the library counts as one of Tutti's own, so that the limits of commands hold for it. */
async function counted(asking: Asking): Promise<void> {
  await asking.run('library:search', { query: '', limit: 1 });
}

export async function* found(asking: Asking, options: Options, fold: boolean): AsyncGenerator<Song> {
  const filter = parseFilter(options.filter, fold);
  const { start, end } = options.window;
  await counted(asking);
  const { catalog } = asking.house.parts;
  const songs = options.sort ? await sorted(catalog.find(filter), options.sort) : catalog.find(filter);
  let at = 0;
  for await (const song of songs) {
    if (at >= end) return;
    if (at++ >= start) yield song;
  }
}

async function sorted(
  songs: AsyncIterable<Song>,
  { by, down }: NonNullable<Options['sort']>,
): Promise<Song[]> {
  const all: Song[] = [];
  for await (const song of songs) if (all.push(song) > MOST_HELD) tooMany();
  const sign = down ? -1 : 1;
  return all.sort((one, other) => sign * compare(valueOf(one, by), valueOf(other, by)));
}

function tooMany(): never {
  throw new Refusal(ACK.system, `more than ${MOST_HELD} songs; ask for fewer`);
}

/** Numbers by their size, all else by its letters. */
function compare(one: string, other: string): number {
  if (/^\d+$/.test(one) && /^\d+$/.test(other)) return Number(one) - Number(other);
  return one < other ? -1 : one > other ? 1 : 0;
}

async function find(asking: Asking, fold: boolean): Promise<void> {
  const options = splitOptions(asking.args, ['sort', 'window']);
  for await (const song of found(asking, options, fold)) {
    asking.out.song(song, asking.client.tags);
    await asking.out.pace();
  }
}

async function findAdd(asking: Asking, fold: boolean): Promise<void> {
  const options = splitOptions(asking.args, ['sort', 'window', 'position']);
  const at = options.position === undefined ? undefined : position(asking, options.position);
  const ids: string[] = [];
  for await (const { track_id } of found(asking, options, fold)) {
    if (track_id !== undefined) ids.push(track_id);
    if (ids.length > MOST_HELD) tooMany();
  }
  await addSources(asking, inParts(ids), at);
}

interface Sum {
  songs: number;
  seconds: number;
}

async function count(asking: Asking, fold: boolean): Promise<void> {
  const { filter: words, groups } = splitOptions(asking.args, ['group']);
  const filter = parseFilter(words, fold);
  const [group] = groups;
  const sums = new Map<string, Sum>();
  await counted(asking);
  if (!group) sums.set('', { songs: 0, seconds: 0 });
  for await (const song of asking.house.parts.catalog.find(filter)) {
    const key = group ? valueOf(song, group) : '';
    const sum = sums.get(key) ?? { songs: 0, seconds: 0 };
    sum.songs++;
    sum.seconds += song.duration_seconds ?? 0;
    sums.set(key, sum);
  }
  for (const [key, { songs, seconds }] of [...sums].sort(([one], [other]) => compare(one, other))) {
    if (group) asking.out.pair(group, key);
    asking.out.pair('songs', songs);
    asking.out.pair('playtime', Math.round(seconds));
    await asking.out.pace();
  }
}

/** Values by value, as deep as there are groups. */
type Tree = Map<string, Branch>;
interface Branch {
  readonly below: Tree;
}

async function list(asking: Asking): Promise<void> {
  const { filter: words, groups } = splitOptions(asking.args, ['group']);
  const [name = '', ...rest] = words;
  const tag = name.toLowerCase() === 'file' || name.toLowerCase() === 'filename' ? 'file' : tagNamed(name);
  if (!tag) throw new Refusal(ACK.argument, `Unknown tag type: ${name}`);
  const filter = listFilter(tag, rest);
  await counted(asking);
  if (tag === 'file') {
    for await (const song of asking.house.parts.catalog.find(filter)) {
      asking.out.pair('file', song.uri);
      await asking.out.pace();
    }
    return;
  }
  if (groups.includes(tag)) throw new Refusal(ACK.argument, 'Conflicting group');
  const tags = [...groups, tag];
  const tree: Tree = new Map();
  for await (const values of valuesOf(asking, filter, tags)) {
    let place = tree;
    for (const value of values) {
      let branch = place.get(value);
      if (!branch) place.set(value, (branch = { below: new Map() }));
      place = branch.below;
    }
  }
  await tellTree(asking, tree, tags);
}

/** `list album "X"` of old clients means the albums of an artist. */
function listFilter(tag: TagName | 'file', rest: readonly string[]): Filter {
  const [only] = rest;
  if (rest.length !== 1 || only === undefined || only.startsWith('(')) return parseFilter(rest, false);
  if (tag !== 'Album') throw new Refusal(ACK.argument, 'should be "Album" for 3 arguments');
  return parseFilter(['Artist', only], false);
}

async function* valuesOf(asking: Asking, filter: Filter, tags: readonly TagName[]): AsyncGenerator<string[]> {
  const { catalog } = asking.house.parts;
  const unread = new Set<string>();
  for (const entry of await catalog.albums()) {
    const verdict = judge(filter, entry);
    if (verdict === false) continue;
    const known = verdict === true ? ofAlbum(entry, tags) : undefined;
    if (known) yield* known;
    else unread.add(entry.path);
  }
  if (unread.size === 0) return;
  for await (const song of catalog.find(filter, (entry) => unread.has(entry.path)))
    if (matches(filter, song)) yield tags.map((tag) => valueOf(song, tag));
}

/** The values all songs of an album have, when they need not be read for that. */
function ofAlbum(entry: AlbumEntry, tags: readonly TagName[]): string[][] | undefined {
  const artists = tags.includes('Artist') ? entry.artists : [''];
  if (!artists) return undefined;
  const facts = new Map<TagName, string>([
    ['Album', entry.title],
    ['AlbumArtist', entry.artist],
    ['Date', entry.date],
  ]);
  if (!tags.every((tag) => tag === 'Artist' || facts.has(tag))) return undefined;
  return artists.map((artist) => tags.map((tag) => facts.get(tag) ?? artist));
}

async function tellTree(asking: Asking, tree: Tree, tags: readonly TagName[]): Promise<void> {
  const [tag, ...deeper] = tags;
  if (!tag) return;
  for (const value of [...tree.keys()].sort()) {
    asking.out.pair(tag, value);
    await asking.out.pace();
    const branch = tree.get(value);
    if (branch) await tellTree(asking, branch.below, deeper);
  }
}

/** The parts of a path; empty for the root. */
function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

async function listFolder(asking: Asking, tagged: boolean): Promise<void> {
  const { out, client, house } = asking;
  const { catalog } = house.parts;
  await counted(asking);
  const parts = partsOf(asking.arg(0));
  const [folder, album] = parts;
  if (folder === undefined) {
    for (const name of await catalog.folders()) {
      out.pair('directory', name);
      await out.pace();
    }
    if (!tagged) return;
    const { playlists } = await asking.run('playlist:list', {});
    for (const { name } of playlists) out.pair('playlist', name);
    return;
  }
  if (album === undefined) {
    const albums = await catalog.albumsIn(folder);
    if (!albums) throw new Refusal(ACK.not_found, 'No such directory');
    for (const entry of albums) {
      out.pair('directory', tagged ? entry.path : entry.folder);
      await out.pace();
    }
    return;
  }
  for await (const song of catalog.below(parts.join('/'))) {
    if (tagged) out.song(song, client.tags);
    else out.pair('file', song.track_id ?? '');
    await out.pace();
  }
}

async function listAll(asking: Asking, tagged: boolean): Promise<void> {
  const { out, client, house } = asking;
  await counted(asking);
  const path = partsOf(asking.arg(0)).join('/');
  let [folder, album] = ['', ''];
  for await (const song of house.parts.catalog.below(path)) {
    const [first = '', second = ''] = song.uri.split('/');
    if (partsOf(path).length < 1 && first !== folder) out.pair('directory', first);
    if (partsOf(path).length < 2 && (first !== folder || second !== album))
      out.pair('directory', `${first}/${second}`);
    [folder, album] = [first, second];
    if (tagged) out.song(song, client.tags);
    else out.pair('file', song.uri);
    await out.pace();
  }
}

async function scan(asking: Asking, full: boolean): Promise<void> {
  await asking.run('library:scan', { full });
  asking.out.pair('updating_db', asking.house.scans);
}
