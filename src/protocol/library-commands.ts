import * as z from 'zod';
import { Id, Name, Page, Volume } from './common.js';
import { Nothing, Outcomes, type CommandSpec } from './command-spec.js';
import { LatencyMs, Player } from './player.js';
import { LibraryState, SystemState } from './system.js';
import { Album, Artist, LibraryProblem, Playlist, Track } from './track.js';

const player = { player_id: Id };
const page = <T extends z.ZodType>(item: T) => z.object({ total: z.int(), items: z.array(item) });

export const playerCommands = {
  'player:list': {
    request: z.strictObject({}),
    reply: z.object({ players: z.array(Player) }),
    access: 'house',
    http: 'GET /players',
    summary: 'All players',
  },
  'player:add': {
    request: z.strictObject({
      kind: z.string().max(32),
      name: Name,
      options: z.record(z.string().max(64), z.union([z.string().max(512), z.number(), z.boolean()])),
    }),
    reply: z.object({ player_id: Id, room_id: Id }),
    access: 'manage',
    http: 'POST /players',
    summary: 'Add a player by hand',
  },
  'player:remove': {
    request: z.strictObject(player),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /players/{player_id}',
    summary: 'Forget a player and its room',
  },
  'player:rename': {
    request: z.strictObject({ ...player, name: Name }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /players/{player_id}/name',
    summary: 'Rename',
  },
  'player:output': {
    request: z.strictObject({
      ...player,
      output_id: z.string().min(1).max(256),
      active: z.boolean().default(true),
    }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /players/{player_id}/output',
    summary: 'Choose or switch an output',
  },
  'player:volume': {
    latest_by: 'player_id',
    request: z.strictObject({ ...player, volume: Volume }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /players/{player_id}/volume',
    summary: 'Set the volume of one player of a room',
  },
  'player:mute': {
    request: z.strictObject({ ...player, muted: z.boolean() }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /players/{player_id}/mute',
    summary: 'Mute or unmute one player of a room',
  },
  'player:latency': {
    request: z.strictObject({ ...player, latency_ms: LatencyMs }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /players/{player_id}/latency',
    summary: 'How much later a loudspeaker is heard than its player believes; takes effect while it plays',
  },
  'player:limit': {
    request: z.strictObject({ ...player, volume_limit: Volume }),
    reply: Outcomes,
    access: 'manage',
    http: 'PUT /players/{player_id}/limit',
    summary: 'Never louder than this, whoever turns the knob',
  },
} as const satisfies Record<string, CommandSpec>;

export const libraryCommands = {
  'library:status': {
    request: z.strictObject({}),
    reply: LibraryState,
    access: 'browse',
    http: 'GET /library',
    summary: 'Counts and the state of the scan',
  },
  'library:scan': {
    cost: 10,
    request: z.strictObject({ full: z.boolean().default(false) }),
    reply: z.object({ job_id: Id }),
    access: 'control',
    http: 'POST /library/scan',
    summary: 'Look for changed files; full = read every file again',
  },
  'library:artists': {
    request: z.strictObject({ ...Page }),
    reply: page(Artist),
    access: 'browse',
    http: 'GET /library/artists',
    summary: 'Album artists by name',
  },
  'library:albums': {
    request: z.strictObject({
      ...Page,
      artist_id: Id.optional(),
      sort: z.enum(['title', 'artist', 'year', 'added', 'most_played', 'recently_played']).default('artist'),
    }),
    reply: page(Album),
    access: 'browse',
    http: 'GET /library/albums',
    summary: 'Albums',
  },
  'library:album': {
    request: z.strictObject({ album_id: Id }),
    reply: z.object({ album: Album, tracks: z.array(Track) }),
    access: 'browse',
    http: 'GET /library/albums/{album_id}',
    summary: 'One album with its tracks in order',
  },
  'library:tracks': {
    request: z.strictObject({ ...Page, artist_id: Id.optional() }),
    reply: page(Track),
    access: 'browse',
    http: 'GET /library/tracks',
    summary: 'Tracks',
  },
  'library:search': {
    cost: 1,
    request: z.strictObject({ query: z.string().max(200), limit: z.int().min(1).max(100).default(20) }),
    reply: z.object({
      artists: z.array(Artist),
      albums: z.array(Album),
      tracks: z.array(Track),
      playlists: z.array(Playlist),
    }),
    access: 'browse',
    http: 'GET /library/search',
    summary: 'Search as you type: every word is a prefix, accents do not matter',
  },
  'library:problems': {
    request: z.strictObject({ ...Page }),
    reply: page(LibraryProblem),
    access: 'house',
    http: 'GET /library/problems',
    summary: 'Files the scan could not take, and why',
  },
  'playlist:list': {
    request: z.strictObject({}),
    reply: z.object({ playlists: z.array(Playlist) }),
    access: 'browse',
    http: 'GET /playlists',
    summary: 'All playlists',
  },
  'playlist:get': {
    request: z.strictObject({ playlist_id: Id, ...Page }),
    reply: z.object({ playlist: Playlist, tracks: z.array(Track) }),
    access: 'browse',
    http: 'GET /playlists/{playlist_id}',
    summary: 'One playlist with its tracks',
  },
  'playlist:create': {
    request: z.strictObject({ name: Name, track_ids: z.array(Id).max(1000).default([]) }),
    reply: z.object({ playlist: Playlist }),
    access: 'control',
    http: 'POST /playlists',
    summary: 'New playlist',
  },
  'playlist:import': {
    cost: 5,
    request: z.strictObject({ name: Name, m3u: z.string().max(60_000) }),
    reply: z.object({ playlist: Playlist, missing: z.array(z.string()) }),
    access: 'control',
    http: 'POST /playlists/import',
    summary: 'New playlist from m3u text; lines that name no track come back in missing',
  },
  'playlist:rename': {
    request: z.strictObject({ playlist_id: Id, name: Name }),
    reply: Nothing,
    access: 'control',
    http: 'PUT /playlists/{playlist_id}/name',
    summary: 'Rename',
  },
  'playlist:add': {
    request: z.strictObject({ playlist_id: Id, track_ids: z.array(Id).min(1).max(1000) }),
    reply: z.object({ playlist: Playlist }),
    access: 'control',
    http: 'POST /playlists/{playlist_id}/tracks',
    summary: 'Add tracks at the end',
  },
  'playlist:remove': {
    request: z.strictObject({ playlist_id: Id, index: z.int().min(0) }),
    reply: z.object({ playlist: Playlist }),
    access: 'control',
    http: 'DELETE /playlists/{playlist_id}/tracks/{index}',
    summary: 'Remove the track at an index',
  },
  'playlist:delete': {
    request: z.strictObject({ playlist_id: Id }),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /playlists/{playlist_id}',
    summary: 'Delete a playlist',
  },
  'system:status': {
    request: z.strictObject({}),
    reply: SystemState,
    access: 'browse',
    http: 'GET /system',
    summary: 'The server and what its owner should know',
  },
} as const satisfies Record<string, CommandSpec>;
