import * as z from 'zod';
import { HttpUrl, Id, Name } from '../common.js';
import { Nothing, type CommandSpec } from '../command-spec.js';
import { Download, SourceKind } from './download.js';

const download = { download_id: Id };

/** A name below the folder that is uploaded: no empty, `.` or `..` part; see S12 of the checks at the door. */
const UploadPath = z
  .string()
  .min(1)
  .max(1024)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'not a path below the folder',
  );

export const MAX_UPLOAD_FILES = 2000;

export const downloadCommands = {
  'download:list': {
    request: z.strictObject({}),
    reply: z.object({ downloads: z.array(Download), sources: z.array(SourceKind) }),
    access: 'house',
    http: 'GET /downloads',
    summary: 'Music on its way, the newest first, and the sources this house has',
  },
  'download:add': {
    cost: 10,
    request: z.strictObject({
      url: HttpUrl,
      /** Absent = the one that takes this address. */
      source: SourceKind.optional(),
      title: Name.optional(),
      /** Put what comes of it into the queue of this room. */
      room_id: Id.optional(),
      /** And play it when it is here, if that room is stopped then. */
      play: z.boolean().optional(),
    }),
    reply: z.object({ download_id: Id, job_id: Id, item_id: Id.optional() }),
    access: 'control',
    http: 'POST /downloads',
    summary: 'Fetch music from an address',
  },
  'download:cancel': {
    request: z.strictObject(download),
    reply: Nothing,
    access: 'control',
    http: 'POST /downloads/{download_id}/cancel',
    summary: 'Give up a download; what has arrived is kept until it is removed',
  },
  'download:pause': {
    request: z.strictObject({ ...download, paused: z.boolean() }),
    reply: Nothing,
    access: 'control',
    http: 'PUT /downloads/{download_id}/paused',
    summary: 'Hold a download, or let it go on where it was',
  },
  'download:retry': {
    cost: 10,
    request: z.strictObject(download),
    reply: Nothing,
    access: 'control',
    http: 'POST /downloads/{download_id}/retry',
    summary: 'Try a failed or cancelled download again, from where it was',
  },
  'download:remove': {
    request: z.strictObject(download),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /downloads/{download_id}',
    summary: 'Forget a download that is over, with what is left of it',
  },
  'upload:begin': {
    cost: 5,
    request: z.strictObject({
      title: Name,
      files: z
        .array(z.strictObject({ path: UploadPath, size_bytes: z.int().min(0).max(8_589_934_592) }))
        .min(1)
        .max(MAX_UPLOAD_FILES),
      room_id: Id.optional(),
      play: z.boolean().optional(),
    }),
    reply: z.object({ download_id: Id, received_bytes: z.array(z.int()) }),
    access: 'control',
    http: 'POST /uploads',
    summary: 'Announce a folder to upload; the bytes follow by PUT /uploads/{download_id}/files/{n}?offset=',
  },
  'upload:status': {
    request: z.strictObject(download),
    reply: z.object({ received_bytes: z.array(z.int()) }),
    access: 'control',
    http: 'GET /uploads/{download_id}',
    summary: 'How much of each file has arrived, to go on from there',
  },
  'upload:finish': {
    cost: 5,
    request: z.strictObject(download),
    reply: Nothing,
    access: 'control',
    http: 'POST /uploads/{download_id}/finish',
    summary: 'All bytes are sent: check them and hand them on',
  },
  'feed:list': {
    request: z.strictObject({}),
    reply: z.object({
      feeds: z.array(
        z.object({
          feed_id: Id,
          title: z.string(),
          url: z.string(),
          last_checked_at: z.string().optional(),
          episode_count: z.int(),
          error: z.string().optional(),
        }),
      ),
    }),
    access: 'house',
    http: 'GET /feeds',
    summary: 'Podcasts that are followed',
  },
  'feed:add': {
    cost: 10,
    request: z.strictObject({ url: HttpUrl, keep: z.int().min(1).max(100).default(5) }),
    reply: z.object({ feed_id: Id }),
    access: 'manage',
    http: 'POST /feeds',
    summary: 'Follow a podcast: its newest episodes are fetched as they come',
  },
  'feed:remove': {
    request: z.strictObject({ feed_id: Id }),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /feeds/{feed_id}',
    summary: 'Follow a podcast no longer; what was fetched stays',
  },
} as const satisfies Record<string, CommandSpec>;
