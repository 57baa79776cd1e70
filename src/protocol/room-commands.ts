import * as z from 'zod';
import { Id, Name, Seconds, Volume } from './common.js';
import { Nothing, Outcomes, type CommandSpec } from './command-spec.js';
import { MAX_QUEUE_ITEMS, QueueSource } from './queue.js';
import { HttpUrl } from './common.js';
import { Listening, Outcome, QuietHours, Repeat, RoleLimits, Room, RoomState } from './room.js';
import { Playlist } from './track.js';

const QueueReply = z.object({
  queue_length: z.int(),
  item_ids: z.array(Id).optional(),
  outcomes: z.array(Outcome).optional(),
});
const room = { room_id: Id };

export const roomCommands = {
  'room:list': {
    request: z.strictObject({}),
    reply: z.object({ rooms: z.array(Room) }),
    access: 'house',
    http: 'GET /rooms',
    summary: 'All rooms',
  },
  'room:get': {
    request: z.strictObject(room),
    reply: RoomState,
    access: 'room',
    http: 'GET /rooms/{room_id}',
    summary: 'One room with its queue and players',
  },
  'room:play': {
    request: z.strictObject({ ...room, item_id: Id.optional() }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/play',
    summary: 'Play an item, or go on where it stopped',
  },
  'room:pause': {
    request: z.strictObject(room),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/pause',
    summary: 'Pause',
  },
  'room:stop': {
    request: z.strictObject(room),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/stop',
    summary: 'Stop; the queue and the current item stay',
  },
  'room:next': {
    request: z.strictObject(room),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/next',
    summary: 'Next item',
  },
  'room:previous': {
    request: z.strictObject(room),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/previous',
    summary: 'Back to the start, or the item before within its first 3 s',
  },
  'room:seek': {
    latest_by: 'room_id',
    request: z.strictObject({ ...room, position_seconds: Seconds }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/seek',
    summary: 'Go to a position in the current item',
  },
  'room:volume': {
    latest_by: 'room_id',
    request: z.strictObject({ ...room, volume: Volume }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /rooms/{room_id}/volume',
    summary: 'Set the volume',
  },
  'room:mute': {
    request: z.strictObject({ ...room, muted: z.boolean() }),
    reply: Outcomes,
    access: 'control',
    http: 'PUT /rooms/{room_id}/mute',
    summary: 'Mute or unmute',
  },
  'room:repeat': {
    request: z.strictObject({ ...room, repeat: Repeat }),
    reply: Nothing,
    access: 'control',
    http: 'PUT /rooms/{room_id}/repeat',
    summary: 'Repeat off, all or one',
  },
  'room:shuffle': {
    request: z.strictObject({ ...room, shuffle: z.boolean() }),
    reply: QueueReply,
    access: 'control',
    http: 'PUT /rooms/{room_id}/shuffle',
    summary: 'Shuffle what comes next; off restores the order',
  },
  'room:rename': {
    request: z.strictObject({ ...room, name: Name }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /rooms/{room_id}/name',
    summary: 'Rename',
  },
  'room:take-over': {
    request: z.strictObject(room),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/take-over',
    summary: 'Make a player ours that somebody else drives',
  },
  'room:group': {
    request: z.strictObject({ ...room, player_ids: z.array(Id).min(1).max(64) }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/group',
    summary: 'Bring players into a room; what plays there goes on, and they join it',
  },
  'room:ungroup': {
    request: z.strictObject({ ...room, player_ids: z.array(Id).min(1).max(64) }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/ungroup',
    summary: 'Send players back to rooms of their own; the others play on',
  },
  'room:transfer': {
    request: z.strictObject({ ...room, to_room_id: Id }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /rooms/{room_id}/transfer',
    summary: 'Go on in another room at the same place; its own queue can be brought back with undo',
  },
  'room:limits': {
    request: z.strictObject({
      ...room,
      volume_limit: Volume.optional(),
      /** null = no quiet hours. */
      quiet_hours: z.strictObject(QuietHours.shape).nullable().optional(),
    }),
    reply: Nothing,
    access: 'manage',
    http: 'PUT /rooms/{room_id}/limits',
    summary: 'How loud a room may be, and when it must be quiet',
  },
  'house:limits': {
    request: z.strictObject(RoleLimits.partial().shape),
    reply: z.object({ limits: RoleLimits }),
    access: 'manage',
    http: 'PUT /limits',
    summary:
      'How loud users and devices may turn anything, at any time and in quiet hours; without fields, how it is',
  },
  'room:remove': {
    request: z.strictObject(room),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /rooms/{room_id}',
    summary: 'Forget a room that has no players, with its queue',
  },
  'room:listen': {
    /** Default: what plays. */
    request: z.strictObject({ ...room, item_id: Id.optional() }),
    reply: Listening,
    access: 'room',
    http: 'POST /rooms/{room_id}/listen',
    summary: 'Samples of an item of the queue, for a browser that plays along',
  },
  'room:announce': {
    cost: 5,
    request: z.strictObject({
      room_ids: z.array(Id).min(1).max(64),
      /** What is played: a track of the library, or a clip's address. */
      clip: z.union([z.strictObject({ track_id: Id }), z.strictObject({ url: HttpUrl })]),
      /** Of the clip; default: the room's. Limits hold. */
      volume: Volume.optional(),
      /** `duck` where the players can, else the music is paused. */
      mode: z.enum(['duck', 'pause']).default('duck'),
    }),
    reply: Outcomes,
    access: 'control',
    http: 'POST /announcements',
    summary: 'Play a clip over the music of rooms, then restore exactly what was',
  },
} as const satisfies Record<string, CommandSpec>;

export const queueCommands = {
  'queue:add': {
    request: z.strictObject({
      ...room,
      source: QueueSource,
      /** `next` = after the current item; `replace` = instead of the whole queue; a number = index. */
      at: z.union([z.enum(['end', 'next', 'replace']), z.int().min(0).max(MAX_QUEUE_ITEMS)]).default('end'),
      /** Start the first added item at once. */
      play: z.boolean().default(false),
      /** With `play`: start this one of the added tracks instead of the first. */
      start_index: z.int().min(0).max(MAX_QUEUE_ITEMS).optional(),
    }),
    reply: QueueReply,
    access: 'party',
    http: 'POST /rooms/{room_id}/queue',
    summary: 'Add tracks, an album, an artist, a playlist or a stream',
  },
  'queue:remove': {
    request: z.strictObject({ ...room, item_ids: z.array(Id).min(1).max(1000) }),
    reply: QueueReply,
    access: 'party',
    http: 'POST /rooms/{room_id}/queue/remove',
    summary: 'Remove items',
  },
  'queue:move': {
    request: z.strictObject({
      ...room,
      item_ids: z.array(Id).min(1).max(1000),
      index: z.int().min(0).max(MAX_QUEUE_ITEMS),
    }),
    reply: QueueReply,
    access: 'control',
    http: 'POST /rooms/{room_id}/queue/move',
    summary: 'Move items so that the first stands at index, counted without the moved ones',
  },
  'queue:clear': {
    request: z.strictObject(room),
    reply: QueueReply,
    access: 'control',
    http: 'DELETE /rooms/{room_id}/queue',
    summary: 'Remove everything',
  },
  'queue:undo': {
    request: z.strictObject(room),
    reply: QueueReply,
    access: 'control',
    http: 'POST /rooms/{room_id}/queue/undo',
    summary: 'Take back the last queue edit',
  },
  'queue:redo': {
    request: z.strictObject(room),
    reply: QueueReply,
    access: 'control',
    http: 'POST /rooms/{room_id}/queue/redo',
    summary: 'Do an undone edit again',
  },
  'queue:save': {
    request: z.strictObject({ ...room, name: Name }),
    reply: z.object({ playlist: Playlist }),
    access: 'control',
    http: 'POST /rooms/{room_id}/queue/save',
    summary: 'Save the queue as a playlist',
  },
} as const satisfies Record<string, CommandSpec>;
