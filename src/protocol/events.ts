import * as z from 'zod';
import type { Access, Role } from './access.js';
import { Activity } from './activity.js';
import { ALARM_EVENTS } from './alarm.js';
import { ClockUs, Id, Seconds, Volume } from './common.js';
import { DOCTOR_EVENTS } from './doctor.js';
import { Job, JOB_EVENTS } from './job.js';
import { ChatMessage, Participant, Party, PARTY_EVENTS, PartySummary } from './party.js';
import { INPUT_EVENTS } from './inputs.js';
import { Candidate } from './pipeline/candidate.js';
import { LIST_TOPICS } from './lists.js';
import { PIPELINE_EVENTS } from './pipeline/events.js';
import { Player } from './player.js';
import { QueueItem, QueuePatch } from './queue.js';
import { Playback, Room, RoomState } from './room.js';
import { SyncReport } from './sync.js';
import { LibraryState, SystemState } from './system.js';

/**
 * Events by type. `state` events change a topic's mirror and carry the topic's revision; the others are told once and not replayed.
 * Readers ignore unknown fields and unknown types. [EV1]
 */
export const EVENTS = {
  'playback:state': { data: Playback, state: true },
  'playback:track': {
    data: z.object({ room_id: Id, track: QueueItem.optional(), previous_track: QueueItem.optional() }),
    state: false,
  },
  'playback:progress': {
    data: z.object({
      room_id: Id,
      position_seconds: Seconds,
      duration_seconds: Seconds.optional(),
      buffered_seconds: Seconds.optional(),
      server_time_us: ClockUs,
      rate: z.number(),
    }),
    state: false,
  },
  'volume:updated': {
    data: z.object({ room_id: Id, player_id: Id.optional(), volume: Volume, muted: z.boolean() }),
    state: true,
  },
  'queue:updated': {
    data: z.object({
      room_id: Id,
      patch: QueuePatch,
      current_index: z.int().optional(),
      queue_length: z.int(),
    }),
    state: true,
  },
  'sync:report': {
    data: z.object({ room_id: Id, at_us: ClockUs, players: z.array(SyncReport) }),
    state: false,
  },
  'room:added': { data: Room, state: true },
  'room:updated': { data: Room, state: true },
  'room:removed': { data: z.object({ room_id: Id }), state: true },
  'room:state': { data: RoomState, state: true },
  /** What a room shows of its party to who is not in it; absent = its doors are closed. */
  'party:summary': { data: z.object({ room_id: Id, party: PartySummary.optional() }), state: true },
  /** The party of a room without its chat; absent = its doors are closed. */
  'party:updated': {
    data: z.object({ room_id: Id, party: Party.omit({ chat: true }).optional() }),
    state: true,
  },
  'room:chat': { data: z.object({ room_id: Id, ...ChatMessage.shape }), state: true },
  'room:event': {
    data: z.object({
      room_id: Id,
      event_type: z.enum(PARTY_EVENTS),
      participant: Participant.pick({ participant_id: true, name: true }).optional(),
    }),
    state: false,
  },
  /** Where the music goes on, for who plays along: at `sync_time_us` of the server clock it is at `start_position_seconds`. */
  'playback:sync': {
    data: z.object({
      room_id: Id,
      command: z.enum(['play', 'pause', 'seek', 'stop']),
      track_id: Id.optional(),
      item_id: Id.optional(),
      start_position_seconds: Seconds,
      sync_timestamp: z.string(),
      sync_time_us: ClockUs,
    }),
    state: false,
  },
  'player:added': { data: Player, state: true },
  'player:updated': { data: Player, state: true },
  'player:removed': { data: z.object({ player_id: Id }), state: true },
  'library:state': { data: LibraryState, state: true },
  'library:updated': {
    data: z.object({ album_id: Id, action: z.enum(['added', 'removed', 'updated']) }),
    state: false,
  },
  'system:state': { data: SystemState, state: true },
  toast: {
    data: z.object({
      type: z.enum(['info', 'success', 'warning', 'error']),
      message: z.string(),
      duration: z.int(),
      room_id: Id.optional(),
    }),
    state: false,
  },
  /** For one person or one role; see `audience`. */
  notification: {
    data: z.object({
      level: z.enum(['info', 'success', 'warning', 'error']),
      title: z.string(),
      message: z.string(),
    }),
    state: false,
  },
  activity: { data: Activity, state: true },
  ...JOB_EVENTS,
  ...PIPELINE_EVENTS,
  ...INPUT_EVENTS,
  ...DOCTOR_EVENTS,
  ...ALARM_EVENTS,
  /** Accounts, sessions, API tokens or invitations are others: ask for the lists anew. */
  'people:changed': { data: z.object({}), state: false },
  heartbeat: { data: z.object({ timestamp: z.string() }), state: false },
  'server:restarting': { data: z.object({ reason: z.string(), retry_after_ms: z.int() }), state: false },
} as const satisfies Record<string, { data: z.ZodType; state: boolean }>;

export type EventType = keyof typeof EVENTS;
export type EventPayload<T extends EventType> = z.output<(typeof EVENTS)[T]['data']>;
/**
 * Whom an event that is told once is for, among those who may have its topic: every field that is there has to fit. `user_id` is the
 * subject of a connection; `room_id` means who follows that room, and guests of it; `access` whoever may have topics of that kind. Without an
 * audience: everybody. [AD1]
 */
export interface Audience {
  readonly user_id?: string | undefined;
  readonly role?: Role | undefined;
  readonly connection_id?: string | undefined;
  readonly room_id?: string | undefined;
  readonly access?: Access | undefined;
}

/**
 * Who may have a topic, when its row in TOPIC_ACCESS alone does not say so: these connections and accounts, and who manages the house; `nobody`: the topic is over.
 * Goes from the store to the hub and never to clients. [PT7]
 */
export type Readers =
  'all' | 'nobody' | { readonly connection_ids: readonly string[]; readonly subject_ids: readonly string[] };

/** An event before the hub stamps the time: what the feed hands out. */
export type TopicEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly topic: string;
    readonly revision: number;
    readonly data: EventPayload<T>;
    readonly audience?: Audience | undefined;
    /** Who may have the topic from this event on: who else follows it is told that it ends. */
    readonly readers?: Readers | undefined;
  };
}[EventType];

/** Topics and the snapshot each one gives. `room/<id>` and the like are families. [TP1] */
export const TOPICS = {
  rooms: z.object({ rooms: z.array(Room) }),
  players: z.object({ players: z.array(Player) }),
  'room/*': RoomState,
  'party/*': Party,
  library: LibraryState,
  system: SystemState,
  toasts: z.object({}),
  people: z.object({}),
  activity: z.object({ activity: z.array(Activity) }),
  jobs: z.object({ jobs: z.array(Job) }),
  'job/*': Job,
  ...LIST_TOPICS,
  'candidate/*': Candidate,
} as const;
export type TopicName = keyof typeof TOPICS;
export type Snapshot<T extends TopicName> = z.output<(typeof TOPICS)[T]>;

/** The family a topic belongs to, or undefined for a name that is no topic. */
export function topicFamily(topic: string): TopicName | undefined {
  if (topic.startsWith('room/') && topic.length > 5) return 'room/*';
  if (topic.startsWith('party/') && topic.length > 6) return 'party/*';
  if (topic.startsWith('job/') && topic.length > 4) return 'job/*';
  if (topic.startsWith('candidate/') && topic.length > 10) return 'candidate/*';
  return !topic.endsWith('/*') && Object.hasOwn(TOPICS, topic) ? (topic as TopicName) : undefined;
}
export const roomTopic = (roomId: string): string => `room/${roomId}`;
export const partyTopic = (roomId: string): string => `party/${roomId}`;
