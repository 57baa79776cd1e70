import type {
  Album,
  CommandReply,
  CommandRequest,
  CommandType,
  Playback,
  Player,
  QueueItem,
  Track,
} from '../../src/protocol/index.js';
import { AppError } from '../../src/base/index.js';
import { alarmHandlers } from './fake-alarms.js';
import { balanced, groupHandlers, roomVolume } from './fake-groups.js';
import type { FakeHouse } from './fake-house.js';
import { playlistOf, queueItem } from './fake-music.js';

export type FakeHandlers = {
  /** Parties know people by their connection. */
  [T in CommandType]?: (request: CommandRequest<T>, connection?: string) => CommandReply<T>;
};

/** What the fake server does on a command: enough of the real rules for the page to be exercised. */
export function fakeHandlers(house: FakeHouse): FakeHandlers {
  return {
    ...roomHandlers(house),
    ...groupHandlers(house),
    ...queueHandlers(house),
    ...libraryHandlers(house),
    ...playlistHandlers(house),
    ...playerHandlers(house),
    ...house.parties.handlers,
    ...house.pipeline.handlers,
    ...alarmHandlers(house),
    ...house.inputs.handlers,
    ...house.doctor.handlers,
    ...house.settings.handlers,
    ...house.backups.handlers,
  };
}

function roomHandlers(house: FakeHouse): FakeHandlers {
  const get = (roomId: string) => {
    const state = house.room(roomId);
    if (!state) throw new AppError('ERR_ROOM_NOT_FOUND', 'no such room');
    return state;
  };
  /** Whoever refuses has not done it. */
  const outcomesOf = (roomId: string) => ({
    outcomes: get(roomId).room.player_ids.map((player_id) => {
      const reason = house.refusals.get(player_id);
      if (reason === undefined) return { player_id, outcome: 'applied' as const };
      return { player_id, outcome: 'failed' as const, reason };
    }),
  });
  const set = (roomId: string, change: (playback: Playback) => Playback) => {
    get(roomId);
    house.change(roomId, (state) => ({ ...state, playback: change(state.playback) }));
    return outcomesOf(roomId);
  };
  const start = (roomId: string, index: number) => {
    const item = get(roomId).queue.items[index];
    if (!item) throw new AppError('ERR_QUEUE_EMPTY', 'the queue is empty');
    return set(roomId, (playback) => {
      const { problem: _problem, ...rest } = playback;
      return {
        ...rest,
        state: 'playing',
        item_id: item.item_id,
        position_seconds: 0,
        at_us: house.nowUs(),
        rate: 1,
      };
    });
  };
  const step = (roomId: string, by: number) => {
    const { items, current_index = -1 } = get(roomId).queue;
    return start(roomId, (current_index + by + items.length) % Math.max(1, items.length));
  };
  return {
    'room:list': () => ({ rooms: [...house.lanes.values()].map(({ state }) => state.room) }),
    'room:get': ({ room_id }) => {
      get(room_id);
      return house.shown(room_id)!;
    },
    'room:play': ({ room_id, item_id }) => {
      const { playback, queue } = get(room_id);
      if (item_id !== undefined)
        return start(
          room_id,
          queue.items.findIndex((item) => item.item_id === item_id),
        );
      if (playback.item_id === undefined) return start(room_id, 0);
      return set(room_id, (now) => house.anchor(now, { state: 'playing', rate: 1 }));
    },
    'room:pause': ({ room_id }) => set(room_id, (now) => house.anchor(now, { state: 'paused', rate: 0 })),
    'room:stop': ({ room_id }) =>
      set(room_id, (now) => house.anchor(now, { state: 'stopped', rate: 0, position_seconds: 0 })),
    'room:next': ({ room_id }) => step(room_id, 1),
    'room:previous': ({ room_id }) => step(room_id, -1),
    'room:seek': ({ room_id, position_seconds }) => {
      if (get(room_id).playback.duration_seconds === undefined)
        throw new AppError('ERR_NOT_SEEKABLE', 'a stream has no positions');
      return set(room_id, (now) => house.anchor(now, { position_seconds }));
    },
    'room:volume': ({ room_id, volume }) => {
      const { players, room } = get(room_id);
      const levels = balanced(players, volume, room.volume_limit);
      house.change(room_id, (state) => ({
        ...state,
        players: state.players.map((player, at) => ({ ...player, volume: levels[at]! })),
      }));
      const reached = roomVolume(house.room(room_id)!.players) ?? volume;
      const { outcomes } = set(room_id, (now) => ({ ...now, volume: reached }));
      if (volume <= room.volume_limit) return { outcomes };
      const reason = `held at ${Math.round(room.volume_limit * 100)} % by the volume limit of the room`;
      return { outcomes: outcomes.map((one) => ({ ...one, reason })) };
    },
    'room:mute': ({ room_id, muted }) => {
      for (const id of get(room_id).room.player_ids) house.changePlayer(id, { muted });
      return set(room_id, (now) => ({ ...now, muted }));
    },
    'room:repeat': ({ room_id, repeat }) => {
      set(room_id, (now) => ({ ...now, repeat }));
      return {};
    },
    'room:shuffle': ({ room_id, shuffle }) => {
      set(room_id, (now) => ({ ...now, shuffle }));
      return { queue_length: get(room_id).queue.items.length };
    },
    'room:rename': ({ room_id, name }) => {
      house.change(room_id, (state) => ({ ...state, room: { ...state.room, name } }));
      return {};
    },
    'room:take-over': ({ room_id }) => {
      house.change(room_id, (state) => ({
        ...state,
        players: state.players.map(({ foreign: _foreign, ...player }) => ({
          ...player,
          controlled_elsewhere: false,
        })),
      }));
      return outcomesOf(room_id);
    },
  };
}

function queueHandlers(house: FakeHouse): FakeHandlers {
  const length = (roomId: string) => ({ queue_length: house.room(roomId)!.queue.items.length });
  const swap = (roomId: string, from: 'done' | 'undone', to: 'done' | 'undone') => {
    const lane = house.lanes.get(roomId)!;
    const items = lane[from].pop();
    if (!items) throw new AppError('ERR_NOTHING_TO_UNDO', 'no edit is left');
    lane[to].push(lane.state.queue.items);
    house.setItems(roomId, items);
    return length(roomId);
  };
  return {
    'queue:add': ({ room_id, source, at, play, start_index }, connection) => {
      const added = sourceItems(house, source);
      const { current_index = -1 } = house.room(room_id)!.queue;
      house.edit(room_id, (items) => {
        if (at === 'replace') return added;
        if (at === 'end') return house.parties.queued(room_id, items, added, connection);
        const index = at === 'next' ? current_index + 1 : at;
        return [...items.slice(0, index), ...added, ...items.slice(index)];
      });
      const first = added[start_index ?? 0];
      if (play && first) fakeHandlers(house)['room:play']!({ room_id, item_id: first.item_id });
      return { ...length(room_id), item_ids: added.map((item) => item.item_id) };
    },
    'queue:remove': ({ room_id, item_ids }) => {
      house.edit(room_id, (items) => items.filter((item) => !item_ids.includes(item.item_id)));
      return length(room_id);
    },
    'queue:move': ({ room_id, item_ids, index }) => {
      house.edit(room_id, (items) => {
        const moved = items.filter((item) => item_ids.includes(item.item_id));
        const rest = items.filter((item) => !item_ids.includes(item.item_id));
        return [...rest.slice(0, index), ...moved, ...rest.slice(index)];
      });
      return length(room_id);
    },
    'queue:clear': ({ room_id }) => {
      house.edit(room_id, () => []);
      return length(room_id);
    },
    'queue:undo': ({ room_id }) => swap(room_id, 'done', 'undone'),
    'queue:redo': ({ room_id }) => swap(room_id, 'undone', 'done'),
    'queue:save': ({ room_id, name }) => {
      const ids = house.room(room_id)!.queue.items.map((item) => item.track_id);
      const track_ids = ids.filter((id) => id !== undefined);
      return playlistHandlers(house)['playlist:create']!({ name, track_ids });
    },
  };
}

function sourceItems(house: FakeHouse, source: CommandRequest<'queue:add'>['source']): QueueItem[] {
  const { tracks } = house.music;
  const from = (some: readonly Track[]) => some.map((track) => queueItem(house.newItemId(), track));
  if ('track_ids' in source) return from(tracks.filter((track) => source.track_ids.includes(track.track_id)));
  if ('album_id' in source) return from(tracks.filter((track) => track.album_id === source.album_id));
  if ('artist_id' in source) return from(tracks.filter((track) => track.artist_id === source.artist_id));
  if ('playlist_id' in source) return from(house.music.contents.get(source.playlist_id) ?? []);
  return [{ item_id: house.newItemId(), url: source.url, title: source.title ?? source.url }];
}

function page<T>(list: readonly T[], { offset, limit }: { offset: number; limit: number }) {
  return { total: list.length, items: list.slice(offset, offset + limit) };
}

/** Orders by plays have only what was played. */
function inOrder(albums: readonly Album[], sort: CommandRequest<'library:albums'>['sort']): readonly Album[] {
  const played = albums.filter(({ play_count = 0 }) => play_count > 0);
  if (sort === 'most_played') return played.toSorted((a, b) => (b.play_count ?? 0) - (a.play_count ?? 0));
  if (sort === 'recently_played')
    return played.toSorted((a, b) => (b.last_played_at ?? '').localeCompare(a.last_played_at ?? ''));
  return albums;
}

function libraryHandlers(house: FakeHouse): FakeHandlers {
  const { albums, artists, tracks, playlists } = house.music;
  const problems = [
    { path: 'incoming/cover.mp3', reason: 'this is a web page, not music' },
    { path: 'old/zero.flac', reason: 'the file is empty' },
  ];
  return {
    'library:status': () => house.library(),
    'library:scan': () => {
      house.scanning = true;
      house.publish({ type: 'library:state', topic: 'library', data: house.library() });
      return { job_id: house.background.begin('library-scan', 'Library scan') };
    },
    'library:heart': ({ album_id }) => house.background.love(album_id, true),
    'library:unheart': ({ album_id }) => house.background.love(album_id, false),
    'library:hearts': ({ album_id }) => ({
      total: album_id !== undefined && house.background.loved.has(album_id) ? 1 : 0,
      items: [],
    }),
    'job:cancel': ({ job_id }) => {
      house.background.end(job_id, 'cancelled');
      return {};
    },
    'library:artists': (request) => page(artists, request),
    'library:albums': ({ artist_id, sort, ...request }) =>
      page(
        inOrder(
          artist_id === undefined ? albums : albums.filter((album) => album.artist_id === artist_id),
          sort,
        ),
        request,
      ),
    'library:album': ({ album_id }) => {
      const album = albums.find((one) => one.album_id === album_id);
      if (!album) throw new AppError('ERR_ALBUM_NOT_FOUND', 'no such album');
      return { album, tracks: tracks.filter((track) => track.album_id === album_id) };
    },
    'library:tracks': (request) => page(tracks, request),
    'library:search': ({ query, limit }) => {
      const words = query.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = <T>(list: readonly T[], text: (one: T) => string) =>
        list
          .filter((one) => words.every((word) => ` ${text(one).toLowerCase()}`.includes(` ${word}`)))
          .slice(0, limit);
      return {
        artists: hits(artists, (artist) => artist.name),
        albums: hits(albums, (album) => `${album.title} ${album.artist}`),
        tracks: hits(tracks, (track) => `${track.title} ${track.artist}`),
        playlists: hits(playlists, (playlist) => playlist.name),
      };
    },
    'library:problems': (request) => page(problems, request),
    'system:status': () => house.system,
  };
}

function playlistHandlers(house: FakeHouse): FakeHandlers {
  const { tracks, playlists, contents } = house.music;
  const indexOf = (playlistId: string): number => {
    const index = playlists.findIndex((one) => one.playlist_id === playlistId);
    if (index < 0) throw new AppError('ERR_PLAYLIST_NOT_FOUND', 'no playlist has this id');
    return index;
  };
  const known = (ids: readonly string[]) =>
    ids.flatMap((id) => tracks.find((track) => track.track_id === id) ?? []);
  const told = () => {
    house.generation++;
    house.publish({ type: 'library:state', topic: 'library', data: house.library() });
  };
  const put = (index: number, playlistId: string, name: string, list: readonly Track[]) => {
    const playlist = playlistOf(playlistId, name, list);
    if (playlists.some((one, at) => at !== index && one.name === name))
      throw new AppError('ERR_CONFLICT', 'a playlist has this name already');
    playlists[index] = playlist;
    contents.set(playlistId, list);
    told();
    return { playlist };
  };
  const edit = (playlistId: string, change: (list: readonly Track[]) => readonly Track[]) => {
    const index = indexOf(playlistId);
    return put(index, playlistId, playlists[index]!.name, change(contents.get(playlistId) ?? []));
  };
  const create = (name: string, list: readonly Track[]) =>
    put(playlists.length, `pl${house.newItemId()}`, name, list);
  return {
    'playlist:list': () => ({ playlists: [...playlists] }),
    'playlist:get': ({ playlist_id, ...request }) => ({
      playlist: playlists[indexOf(playlist_id)]!,
      tracks: page(contents.get(playlist_id) ?? [], request).items,
    }),
    'playlist:create': ({ name, track_ids }) => create(name, known(track_ids)),
    // A line names a track when it is its id.
    'playlist:import': ({ name, m3u }) => {
      const lines = m3u.split('\n').filter((line) => !line.startsWith('#'));
      const missing = lines.filter((line) => known([line]).length === 0);
      return { ...create(name, known(lines)), missing };
    },
    'playlist:rename': ({ playlist_id, name }) => {
      put(indexOf(playlist_id), playlist_id, name, contents.get(playlist_id) ?? []);
      return {};
    },
    'playlist:add': ({ playlist_id, track_ids }) =>
      edit(playlist_id, (list) => [...list, ...known(track_ids)]),
    'playlist:remove': ({ playlist_id, index }) =>
      edit(playlist_id, (list) => list.filter((_track, at) => at !== index)),
    'playlist:delete': ({ playlist_id }) => {
      playlists.splice(indexOf(playlist_id), 1);
      told();
      return {};
    },
  };
}

function playerHandlers(house: FakeHouse): FakeHandlers {
  const change = (playerId: string, edit: (player: Player) => Player): void => {
    const player = house.player(playerId);
    if (!player) throw new AppError('ERR_PLAYER_NOT_FOUND', 'no such player');
    house.changePlayer(playerId, edit(player));
  };
  const outcome = (player_id: string) => ({ outcomes: [{ player_id, outcome: 'applied' as const }] });
  /** The room is as loud as its members together, and muted when all of them are. */
  const level = (player_id: string, edit: (player: Player) => Player) => {
    change(player_id, edit);
    house.change(house.player(player_id)!.room_id, (state) => ({
      ...state,
      playback: {
        ...state.playback,
        volume: roomVolume(state.players) ?? state.playback.volume,
        muted: state.players.every((player) => player.muted),
      },
    }));
    return outcome(player_id);
  };
  return {
    'player:list': () => ({ players: [...house.lanes.values()].flatMap(({ state }) => state.players) }),
    'player:add': ({ name, kind, options }) => {
      if (options['host'] === 'nowhere') throw new AppError('ERR_INVALID', 'nobody is called nowhere');
      const { host, port = 6600, output = 'default output', client_id } = options;
      const place = client_id === undefined ? 'this server' : `${client_id} at ${host}:${port}`;
      const address = kind === 'mpd' ? `${host}:${port}` : kind === 'local' ? String(output) : place;
      const room_id = house.addRoom(name, kind, { origin: 'added', link: 'connecting', address });
      return { room_id, player_id: `p-${room_id}` };
    },
    'player:rename': ({ player_id, name }) => {
      change(player_id, (player) => ({ ...player, name }));
      return {};
    },
    'player:output': ({ player_id, output_id, active }) => {
      change(player_id, (player) => ({
        ...player,
        outputs: player.outputs.map((output) =>
          output.output_id === output_id ? { ...output, active } : output,
        ),
      }));
      return { outcomes: [] };
    },
    'player:volume': ({ player_id, volume }) =>
      level(player_id, (player) => {
        const limit = house.room(player.room_id)!.room.volume_limit;
        return { ...player, volume: Math.min(volume, limit, player.volume_limit) };
      }),
    'player:mute': ({ player_id, muted }) => level(player_id, (player) => ({ ...player, muted })),
    'player:latency': ({ player_id, latency_ms }) => {
      change(player_id, (player) => ({ ...player, latency_ms }));
      return outcome(player_id);
    },
    'player:limit': ({ player_id, volume_limit }) =>
      level(player_id, (player) => ({
        ...player,
        volume_limit,
        volume: Math.min(player.volume ?? 0, volume_limit),
      })),
  };
}
