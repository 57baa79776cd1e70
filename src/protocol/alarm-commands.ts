import * as z from 'zod';
import { Alarm, alarmSettings, Sleep } from './alarm.js';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Id } from './common.js';
import { QueueSource } from './queue.js';

const alarm = { alarm_id: Id };
const Source = z.union([
  QueueSource,
  z.strictObject({ last: z.literal(true) }),
  z.strictObject({ tone: z.literal(true) }),
]);
const One = z.object({ alarm: Alarm });

export const alarmCommands = {
  'alarm:list': {
    request: z.strictObject({}),
    reply: z.object({
      alarms: z.array(Alarm),
      /** Nothing rings while the clock of the server is not to be believed. */
      clock_trusted: z.boolean(),
      /** Local time of the house in minutes east of UTC, now. */
      utc_offset_minutes: z.number(),
      /** By which alarms, quiet hours and schedules go: `Europe/Berlin`. */
      time_zone: z.string(),
    }),
    access: 'house',
    http: 'GET /alarms',
    summary: 'All alarms, and whether the clock of the server is to be believed',
  },
  'alarm:set': {
    /** What is absent stays; a new one needs `room_id` and `time`. */
    request: z.strictObject({
      alarm_id: Id.optional(),
      ...z.object({ ...alarmSettings, source: Source }).partial().shape,
    }),
    reply: One,
    access: 'control',
    http: 'POST /alarms',
    summary: 'Set a new alarm, or change one',
  },
  'alarm:remove': {
    request: z.strictObject(alarm),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /alarms/{alarm_id}',
    summary: 'Forget an alarm',
  },
  'alarm:skip': {
    request: z.strictObject({ ...alarm, skip: z.boolean().default(true) }),
    reply: One,
    access: 'control',
    http: 'POST /alarms/{alarm_id}/skip',
    summary: 'Leave it out the next time, or not after all',
  },
  'alarm:snooze': {
    request: z.strictObject({ ...alarm, minutes: z.int().min(1).max(60).optional() }),
    reply: One,
    access: 'control',
    http: 'POST /alarms/{alarm_id}/snooze',
    summary: 'Ring again in some minutes',
  },
  'alarm:stop': {
    request: z.strictObject({ ...alarm, keep_playing: z.boolean().default(false) }),
    reply: One,
    access: 'control',
    http: 'POST /alarms/{alarm_id}/stop',
    summary: 'End the ringing, or the snooze; the music may play on',
  },
  'alarm:test': {
    request: z.strictObject(alarm),
    reply: One,
    access: 'control',
    http: 'POST /alarms/{alarm_id}/test',
    summary: 'Ring now, for a minute at most',
  },
  'alarm:dismiss': {
    request: z.strictObject(alarm),
    reply: One,
    access: 'control',
    http: 'POST /alarms/{alarm_id}/dismiss',
    summary: 'Somebody knows that it did not ring: the notice goes',
  },
  'sleep:set': {
    request: z.strictObject({
      room_id: Id,
      /** Either, or. */
      minutes: z.int().min(1).max(720).optional(),
      until: z.enum(['track', 'album', 'queue']).optional(),
      fade_seconds: z.int().min(0).max(300).default(20),
    }),
    reply: z.object({ sleep: Sleep }),
    access: 'control',
    http: 'PUT /rooms/{room_id}/sleep',
    summary: 'Let a room fall silent after some minutes, or at the end of what plays',
  },
  'sleep:cancel': {
    request: z.strictObject({ room_id: Id }),
    reply: Nothing,
    access: 'control',
    http: 'DELETE /rooms/{room_id}/sleep',
    summary: 'Let it play on',
  },
} as const satisfies Record<string, CommandSpec>;
