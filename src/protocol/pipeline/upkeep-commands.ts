import * as z from 'zod';
import { HttpUrl, Id, Name } from '../common.js';
import { Nothing, type CommandSpec } from '../command-spec.js';
import { Export, PathMapping, Schedule, Target, TargetKind } from './upkeep.js';

const target = { target_id: Id };
const schedule = { schedule_id: Id };
const Secret = z.string().min(1).max(512);

const targetFields = {
  name: Name,
  url: HttpUrl.or(z.string().regex(/^mpd:\/\/[^\s]{1,250}$/)),
  enabled: z.boolean(),
  /** Plex: number of the music library. Subsonic: the user. */
  section: z.string().max(64).optional(),
  mappings: z.array(PathMapping).max(16),
  /** Token, API key or password. Never given back. */
  secret: Secret.optional(),
};

export const upkeepCommands = {
  'export:list': {
    request: z.strictObject({}),
    reply: z.object({ exports: z.array(Export), folders: z.array(z.string()) }),
    access: 'house',
    http: 'GET /exports',
    summary: 'Exports, the newest first, and the folders and sticks that may be written to',
  },
  'export:start': {
    cost: 10,
    request: z.strictObject({
      /** Absent: the albums that one has given a heart. */
      playlist_id: Id.optional(),
      format: z.enum(['flac', 'mp3', 'both']),
      /** One of `folders` of the list. */
      folder: z.string().max(4096),
    }),
    reply: z.object({ export_id: Id, job_id: Id }),
    access: 'control',
    http: 'POST /exports',
    summary: 'Write hearted albums or a playlist to a folder or stick',
  },
  'export:cancel': {
    request: z.strictObject({ export_id: Id }),
    reply: Nothing,
    access: 'control',
    http: 'POST /exports/{export_id}/cancel',
    summary: 'Stop an export; what is written stays, whole',
  },
  'export:resume': {
    cost: 10,
    request: z.strictObject({ export_id: Id }),
    reply: z.object({ job_id: Id }),
    access: 'control',
    http: 'POST /exports/{export_id}/resume',
    summary: 'Go on with an export that failed or was cancelled',
  },
  'export:remove': {
    request: z.strictObject({ export_id: Id }),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /exports/{export_id}',
    summary: 'Forget an export that is over; its files stay',
  },
  'schedule:list': {
    request: z.strictObject({}),
    reply: z.object({ schedules: z.array(Schedule) }),
    access: 'manage',
    http: 'GET /schedules',
    summary: 'Work that comes by the clock',
  },
  'schedule:set': {
    request: z.strictObject({
      ...schedule,
      enabled: z.boolean().optional(),
      cron: z.string().max(120).optional(),
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /schedules/{schedule_id}',
    summary: 'Switch it on or off, or choose another time',
  },
  'schedule:run': {
    cost: 10,
    request: z.strictObject(schedule),
    reply: z.object({ job_id: Id }),
    access: 'manage',
    http: 'POST /schedules/{schedule_id}/run',
    summary: 'Do it now',
  },
  'target:list': {
    request: z.strictObject({}),
    reply: z.object({ targets: z.array(Target) }),
    access: 'manage',
    http: 'GET /targets',
    summary: 'Music servers that are told what changed',
  },
  'target:add': {
    request: z.strictObject({ kind: TargetKind, ...targetFields, enabled: z.boolean().default(true) }),
    reply: z.object(target),
    access: 'manage',
    http: 'POST /targets',
    summary: 'Tell another music server what changes',
  },
  'target:update': {
    request: z.strictObject({
      ...target,
      name: targetFields.name.optional(),
      url: targetFields.url.optional(),
      enabled: z.boolean().optional(),
      section: targetFields.section,
      mappings: targetFields.mappings.optional(),
      secret: targetFields.secret,
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /targets/{target_id}',
    summary: 'Change what is given; a secret that is not given stays',
  },
  'target:remove': {
    request: z.strictObject(target),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /targets/{target_id}',
    summary: 'Tell it no longer',
  },
  'target:test': {
    cost: 10,
    request: z.strictObject(target),
    reply: z.object({
      ok: z.boolean(),
      /** What to do about it, for people. */
      message: z.string(),
      version: z.string().optional(),
      /** Its music libraries: what `section` may be. */
      sections: z.array(z.object({ section: z.string(), title: z.string(), folders: z.array(z.string()) })),
      /** Where our music folder is for it; absent when the mappings do not lead there. */
      music_folder: z.string().optional(),
    }),
    access: 'manage',
    http: 'POST /targets/{target_id}/test',
    summary: 'Try address, secret and path mappings',
  },
  'target:scan': {
    cost: 10,
    request: z.strictObject({ ...target, album_id: Id.optional() }),
    reply: z.object({ job_id: Id }),
    access: 'manage',
    http: 'POST /targets/{target_id}/scan',
    summary: 'Have it look at an album, or at everything',
  },
  'library:heart-track': {
    request: z.strictObject({ track_id: Id, hearted: z.boolean() }),
    reply: z.object({ hearted: z.boolean(), heart_count: z.int() }),
    access: 'self',
    http: 'PUT /library/tracks/{track_id}/heart',
    summary: 'Say that one loves a track, or no longer does',
  },
  'library:heart-artist': {
    request: z.strictObject({ artist_id: Id, hearted: z.boolean() }),
    reply: z.object({ hearted: z.boolean(), heart_count: z.int() }),
    access: 'self',
    http: 'PUT /library/artists/{artist_id}/heart',
    summary: 'Love an artist: new albums get a heart by themselves',
  },
  'library:hearted': {
    request: z.strictObject({}),
    reply: z.object({
      album_ids: z.array(Id),
      track_ids: z.array(Id),
      artist_ids: z.array(Id),
    }),
    access: 'self',
    http: 'GET /library/hearted',
    summary: 'Ids of everything one loves',
  },
} as const satisfies Record<string, CommandSpec>;
