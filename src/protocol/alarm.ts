import * as z from 'zod';
import { ClockUs, HttpUrl, Id, Volume } from './common.js';

export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export const Weekday = z.enum(WEEKDAYS);
export type Weekday = z.infer<typeof Weekday>;

/** `HH:MM`, as the clocks on the walls of the house show it. */
const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const DayOfYear = z.string().regex(/^\d{4}-\d\d-\d\d$/);

/** What wakes people: music as for `queue:add`, what was last in the queue of the room, or the tone that needs no network and no library. */
export const AlarmSource = z.union([
  z.object({ track_ids: z.array(Id) }),
  z.object({ album_id: Id }),
  z.object({ artist_id: Id }),
  z.object({ playlist_id: Id }),
  z.object({ url: HttpUrl, title: z.string().optional() }),
  z.object({ last: z.literal(true) }),
  z.object({ tone: z.literal(true) }),
]);
export type AlarmSource = z.infer<typeof AlarmSource>;

/** What people choose of an alarm. [AL1] */
export const alarmSettings = {
  room_id: Id,
  /** For people; may be empty. */
  name: z.string().trim().max(60),
  time: TimeOfDay,
  /** None = once, at the next time it is that hour. */
  days: z.array(Weekday).max(7),
  enabled: z.boolean(),
  source: AlarmSource,
  /** What the source is called, for people. */
  source_title: z.string().trim().max(200).optional(),
  /** Where the fade begins and ends. Limits hold. */
  from_volume: Volume,
  volume: Volume,
  fade_seconds: z.int().min(0).max(900),
  /** When nothing is heard for so long the tone takes over. */
  silence_seconds: z.int().min(5).max(120),
  snooze_minutes: z.int().min(1).max(60),
  /** How often one may snooze; 0 = never. */
  snooze_count: z.int().min(0).max(20),
  /** Nobody is at home: it ends after so long. */
  stop_minutes: z.int().min(1).max(180),
  /** Missed by less than this it is made up, else it is left out. [AL3] */
  grace_minutes: z.int().min(0).max(720),
  /** Whether the quiet hours of the room hold it down too. */
  quiet_hours: z.enum(['ignore', 'hold']),
} as const;

/** An alarm that rings, or that somebody sent back to sleep. */
export const AlarmRing = z.object({
  state: z.enum(['ringing', 'snoozed']),
  since: z.string(),
  /** When it rings again. */
  snoozed_until_us: ClockUs.optional(),
  snoozes_left: z.int(),
  /** The tone is heard, and not what was chosen. */
  tone: z.boolean(),
  test: z.boolean(),
  /** Members of the room that do not ring. */
  missing_player_ids: z.array(Id),
  /** Why there is the tone, or nothing yet. */
  problem: z.string().optional(),
});
export type AlarmRing = z.infer<typeof AlarmRing>;

export const Alarm = z.object({
  alarm_id: Id,
  ...alarmSettings,
  /** The day on which it is left out once. */
  skip_date: DayOfYear.optional(),
  /** When it rings next; the clocks of the house may be set until then. */
  next_at: z.string().optional(),
  ring: AlarmRing.optional(),
  last_at: z.string().optional(),
  last_result: z.enum(['rang', 'made_up', 'skipped', 'missed', 'failed']).optional(),
  /** For people. */
  last_message: z.string().optional(),
  /** That it did not ring: every phone of the house shows it until somebody has seen to it. [AL7] */
  notice: z.object({ level: z.enum(['warning', 'error']), message: z.string() }).optional(),
});
export type Alarm = z.infer<typeof Alarm>;

/** What makes a room fall silent by itself. There is one in a room, and its id is that of the room. [SL1] */
export const Sleep = z.object({
  sleep_id: Id,
  room_id: Id,
  until: z.enum(['time', 'track', 'album', 'queue']),
  fade_seconds: z.int(),
  /** When the room falls silent; absent while that is not known: nothing plays, or the album has more tracks. */
  ends_at_us: ClockUs.optional(),
  fading: z.boolean(),
});
export type Sleep = z.infer<typeof Sleep>;

export const ALARM_EVENTS = {
  'alarm:updated': { data: Alarm, state: true },
  'alarm:removed': { data: z.object({ alarm_id: Id }), state: true },
  'sleep:updated': { data: Sleep, state: true },
  'sleep:removed': { data: z.object({ sleep_id: Id }), state: true },
} as const;
