import * as z from 'zod';
import { Id, ROLES, SCOPES, type Alarm } from '../protocol/index.js';

/** What an alarm did to the queue of its room. */
export const MusicKept = z.object({
  /** Items that are the alarm's; others are somebody else's. */
  item_ids: z.array(Id),
  tone_ids: z.array(Id),
  /** Edits it made, each one step of undo. */
  edits: z.int(),
});
export type MusicKept = z.infer<typeof MusicKept>;

export const NO_MUSIC: MusicKept = { item_ids: [], tone_ids: [], edits: 0 };

/** What is kept of an alarm that rings, so that a restart does not end it. Times are of the wall clock. */
export const RingKept = z.object({
  state: z.enum(['ringing', 'snoozed']),
  since_ms: z.number(),
  /** Since the last snooze. */
  rang_ms: z.number().optional(),
  until_ms: z.number().optional(),
  /** How long the snooze is: a clock that is wrong after a restart makes it no longer. */
  snooze_ms: z.number().optional(),
  snoozes: z.int(),
  fallback: z.boolean(),
  test: z.boolean(),
  music: MusicKept,
  /** Players that somebody has turned while it rang. */
  turned: z.array(Id).optional(),
  /** How loud the room was, as older versions kept it. */
  before: z.number().optional(),
});
export type RingKept = z.infer<typeof RingKept>;

/** What is kept beside an alarm. */
export const AlarmOwn = z.object({
  looked_ms: z.number(),
  done: z.array(z.string()),
  /** With the rights of whoever set it: its volume is held where theirs would be. */
  by: z.object({ role: z.enum(ROLES), scopes: z.array(z.enum(SCOPES)).optional() }),
  ring: RingKept.optional(),
  /** Set while it was not known how late it is: nothing is made up of what lies before it is. */
  unsure: z.boolean().optional(),
  /** One that was for once and was missed then: it is on again when a clock that was wrongly ahead goes back before that. */
  missed_ms: z.number().optional(),
});
export type AlarmOwn = z.infer<typeof AlarmOwn>;

/** What is kept beside a sleep timer. */
export const SleepOwn = z.object({
  /** Wall clock; of those that end by time. */
  ends_ms: z.number().optional(),
  /** How long it was set for: a clock that is wrong after a restart makes it no longer. */
  length_ms: z.number().optional(),
  fades: z.boolean().optional(),
  /** While it fades: how loud the room was, as older versions kept it. */
  before: z.number().optional(),
});
export type SleepOwn = z.infer<typeof SleepOwn>;

/** An alarm of which only the room and the time are known. */
export const DEFAULTS = {
  name: '',
  days: [],
  enabled: true,
  source: { last: true },
  from_volume: 0.05,
  volume: 0.35,
  fade_seconds: 60,
  silence_seconds: 15,
  snooze_minutes: 9,
  snooze_count: 5,
  stop_minutes: 30,
  grace_minutes: 30,
  quiet_hours: 'ignore',
} as const satisfies Partial<Alarm>;
