import type { Playlist, Track } from '../protocol/index.js';
import { needing, type Asking, type MpdCommands } from './asking.js';
import { HOUSE_CALLER, trackIdOf } from './catalog.js';
import { splitOptions } from './filter.js';
import { found } from './library-commands.js';
import { here } from './player-commands.js';
import { addSources, inParts, position } from './queue-commands.js';
import { ACK, parseRange, Refusal, type Range } from './wire.js';

const PAGE = 500;

const browse = needing('browse');
const control = needing('control');

/** Playlists, which MPD knows by their names. */
export const playlistCommands: MpdCommands = {
  listplaylists: browse(0, 0, async (asking) => {
    const { playlists } = await asking.run('playlist:list', {});
    for (const { name } of playlists) asking.out.pair('playlist', name);
  }),
  listplaylist: browse(1, 1, (asking) => tell(asking, false)),
  listplaylistinfo: browse(1, 1, (asking) => tell(asking, true)),
  load: { min: 1, max: 3, access: 'party', handle: load },
  save: control(1, 1, async (asking) => {
    await asking.run('queue:save', { ...here(asking), name: asking.arg(0) });
  }),
  rm: control(1, 1, async (asking) => {
    const { playlist_id } = await named(asking, asking.arg(0));
    await asking.run('playlist:delete', { playlist_id });
  }),
  rename: control(2, 2, async (asking) => {
    const { playlist_id } = await named(asking, asking.arg(0));
    await asking.run('playlist:rename', { playlist_id, name: asking.arg(1) });
  }),
  playlistadd: control(2, 2, async (asking) => {
    const uri = asking.arg(1);
    const id = trackIdOf(uri);
    if (id !== undefined && uri.split('/').length === 3) return append(asking, asking.arg(0), [id]);
    const ids: string[] = [];
    for await (const { track_id } of asking.house.parts.catalog.below(uri))
      if (track_id !== undefined) ids.push(track_id);
    await append(asking, asking.arg(0), ids);
  }),
  searchaddpl: control(2, -1, async (asking) => {
    const [name = '', ...rest] = asking.args;
    const ids: string[] = [];
    for await (const { track_id } of found(asking, splitOptions(rest, ['sort', 'window']), true))
      if (track_id !== undefined) ids.push(track_id);
    await append(asking, name, ids);
  }),
  playlistdelete: control(2, 2, async (asking) => {
    const { playlist_id, track_count } = await named(asking, asking.arg(0));
    const { start, end } = parseRange(asking.arg(1));
    const last = Math.min(end, track_count) - 1;
    if (start > last) throw new Refusal(ACK.argument, 'Bad song index');
    for (let index = last; index >= start; index--)
      await asking.run('playlist:remove', { playlist_id, index });
  }),
  playlistclear: control(1, 1, async (asking) => {
    const { playlist_id, name } = await named(asking, asking.arg(0));
    await asking.run('playlist:delete', { playlist_id });
    await asking.run('playlist:create', { name });
  }),
};

async function named(asking: Asking, name: string): Promise<Playlist> {
  const { playlists } = await asking.run('playlist:list', {});
  const found = playlists.find((playlist) => playlist.name === name);
  if (!found) throw new Refusal(ACK.not_found, 'No such playlist');
  return found;
}

async function* tracksOf(asking: Asking, { playlist_id }: Playlist): AsyncGenerator<Track> {
  for (let offset = 0; ; offset += PAGE) {
    const request = { playlist_id, offset, limit: PAGE };
    const { tracks } = await asking.house.parts.library['playlist:get'](request, HOUSE_CALLER);
    yield* tracks;
    if (tracks.length < PAGE) return;
  }
}

async function tell(asking: Asking, tagged: boolean): Promise<void> {
  const { out, client, house } = asking;
  const playlist = await named(asking, asking.arg(0));
  await house.parts.catalog.ready();
  for await (const track of tracksOf(asking, playlist)) {
    const song = house.parts.catalog.trackSong(track);
    if (tagged) out.song(song, client.tags);
    else out.pair('file', song.uri);
    await out.pace();
  }
}

async function load(asking: Asking): Promise<void> {
  const playlist = await named(asking, asking.arg(0));
  const [, range, where] = asking.args;
  const at = where === undefined ? undefined : position(asking, where);
  if (playlist.track_count === 0) return;
  if (range === undefined) {
    await addSources(asking, [{ playlist_id: playlist.playlist_id }], at);
    return;
  }
  await addSources(asking, inParts(await cut(asking, playlist, parseRange(range))), at);
}

async function cut(asking: Asking, playlist: Playlist, { start, end }: Range): Promise<string[]> {
  const ids: string[] = [];
  let at = 0;
  for await (const { track_id } of tracksOf(asking, playlist)) {
    if (at >= end) break;
    if (at++ >= start) ids.push(track_id);
  }
  return ids;
}

/** To the end of a playlist, which is made when there is none of this name. */
async function append(asking: Asking, name: string, ids: readonly string[]): Promise<void> {
  const { playlists } = await asking.run('playlist:list', {});
  const known = playlists.find((playlist) => playlist.name === name);
  const [first, ...parts] = inParts(ids);
  let playlist = known;
  if (!playlist)
    ({ playlist } = await asking.run('playlist:create', { name, track_ids: first?.track_ids ?? [] }));
  else if (first) parts.unshift(first);
  const { playlist_id } = playlist;
  for (const { track_ids } of parts) await asking.run('playlist:add', { playlist_id, track_ids });
}
