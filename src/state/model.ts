import type {
  Activity,
  Capability,
  Foreign,
  Job,
  LibraryState,
  Output,
  PlaybackStatus,
  QueueItem,
  QueuePatch,
  QuietHours,
  Repeat,
  SyncClass,
  SystemState,
  Timeline,
} from '../protocol/index.js';
import { NO_LISTS, type Lists } from './lists.js';
import type { PartyRecord } from './party.js';

/** What survives a restart is under `kept`; what only a live connection knows is under `live`. */
export interface PlayerRecord {
  readonly kept: {
    readonly player_id: string;
    readonly kind: string;
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly origin: 'config' | 'added' | 'discovered';
    readonly room_id: string;
    readonly address: string;
    /** What the driver asked to get back after a restart. */
    readonly memory: unknown;
    /** Where it goes when it leaves a room it shares. */
    readonly home_room_id: string;
    readonly latency_ms: number;
    readonly volume_limit: number;
    /** While the house turns it: what it gets back afterwards. */
    readonly before?: BeforeHouse | undefined;
  };
  readonly live: PlayerLive;
}

/** How loud a player was before the house turned it for a clip, and before a fade; a clip is heard over a fade. */
export interface BeforeHouse {
  readonly clip?: OwnLevel | undefined;
  readonly fade?: OwnLevel | undefined;
}

export interface OwnLevel {
  readonly volume: number;
  /** Its place in the balance of its room, if that is elsewhere. */
  readonly wanted?: number | undefined;
  readonly muted: boolean;
}

export interface PlayerLive {
  readonly link: 'connecting' | 'online' | 'offline';
  readonly problem?: string | undefined;
  readonly version?: string | undefined;
  readonly capabilities: readonly Capability[];
  readonly sync_class: SyncClass;
  /** A start at a chosen moment must be asked for so long before, ms. */
  readonly lead_ms: number;
  readonly volume?: number | undefined;
  readonly muted: boolean;
  readonly outputs: readonly Output[];
  readonly elsewhere: boolean;
  readonly foreign?: Foreign | undefined;
  /** The queue item that is loaded on the player, as it says itself. */
  readonly ref?: string | undefined;
  readonly status: PlaybackStatus;
  /** Where it was heard, by its last `playback` fact. */
  readonly heard?: Timeline | undefined;
}

/** What people want of a room, whatever its players can do about it right now. */
export type Intent = 'stopped' | 'paused' | 'playing';

export interface RoomRecord {
  readonly kept: {
    readonly room_id: string;
    readonly name: string;
    readonly player_ids: readonly string[];
    readonly intent: Intent;
    readonly item_id?: string | undefined;
    /** Where the current item was at the last change of state; the playhead file knows it to the second. */
    readonly position_seconds: number;
    readonly repeat: Repeat;
    readonly volume: number;
    readonly muted: boolean;
    readonly volume_limit: number;
    readonly quiet_hours?: QuietHours | undefined;
    /** Of rooms that are shared: how their members stand to each other, by player_id. */
    readonly balance?: Readonly<Record<string, Balance>> | undefined;
  };
  readonly live: {
    readonly state: PlaybackStatus;
    readonly timeline: Timeline;
    readonly duration_seconds?: number | undefined;
    readonly stream_title?: string | undefined;
    readonly problem?: string | undefined;
  };
  readonly queue: QueueRecord;
  readonly edits: Edits;
  /** While its doors are open. */
  readonly party?: PartyRecord | undefined;
}

/** One member's place in the balance of its room. */
export interface Balance {
  /** What it was told last; where it stands elsewhere since, somebody turned it by itself. */
  readonly told: number;
  /** Where it would stand if nothing held it between 0 and its limit: so a room that goes to 0 and back is as it was. */
  readonly wanted: number;
}

export interface QueueRecord {
  readonly items: readonly QueueItem[];
  /** While shuffled: the order to go back to. */
  readonly unshuffled?: readonly string[] | undefined;
}

/** One queue edit, both ways. */
export interface Edit {
  readonly seq: number;
  readonly label: string;
  readonly undo: QueuePatch;
  readonly redo: QueuePatch;
  readonly unshuffled_before?: readonly string[] | undefined;
  readonly unshuffled_after?: readonly string[] | undefined;
}

export interface Edits {
  readonly done: readonly Edit[];
  /** Undone ones, the next to redo last. */
  readonly undone: readonly Edit[];
}

export interface State {
  /** What the pipeline is at, the oldest first. Kept by src/pipeline. */
  readonly lists: Lists;
  /** In the order they were made. Kept by src/jobs. */
  readonly jobs: ReadonlyMap<string, Job>;
  /** The newest first. Kept by src/activity. */
  readonly activity: readonly Activity[];
  readonly players: ReadonlyMap<string, PlayerRecord>;
  readonly rooms: ReadonlyMap<string, RoomRecord>;
  readonly library: LibraryState;
  readonly system: SystemState;
}

export const NO_EDITS: Edits = { done: [], undone: [] };
/** Edits that can be taken back, per room. */
export const MAX_EDITS = 50;

export function emptyState(version: string): State {
  return {
    lists: NO_LISTS,
    jobs: new Map(),
    activity: [],
    players: new Map(),
    rooms: new Map(),
    library: {
      artist_count: 0,
      album_count: 0,
      track_count: 0,
      duration_seconds: 0,
      problem_count: 0,
      demo: false,
      scan: { state: 'idle', done: 0, total: 0 },
      generation: 0,
    },
    system: { server: 'tutti', version, notices: [] },
  };
}

/** What a start at a chosen moment needs unless the player says otherwise, ms. */
const LEAD_MS = 250;

export function newRoom(roomId: string, name: string, playerIds: readonly string[]): RoomRecord {
  return {
    kept: {
      room_id: roomId,
      name,
      player_ids: playerIds,
      intent: 'stopped',
      position_seconds: 0,
      repeat: 'off',
      volume: 0.5,
      muted: false,
      volume_limit: 1,
    },
    live: { state: 'stopped', timeline: { position_seconds: 0, at_us: 0, rate: 0 } },
    queue: { items: [] },
    edits: NO_EDITS,
  };
}

export function newPlayer(
  kept: PlayerRecord['kept'],
  syncClass: SyncClass,
  capabilities: readonly Capability[],
): PlayerRecord {
  return {
    kept,
    live: {
      link: 'connecting',
      capabilities,
      sync_class: syncClass,
      lead_ms: LEAD_MS,
      muted: false,
      outputs: [],
      elsewhere: false,
      status: 'stopped',
    },
  };
}

const TIGHTEST_FIRST: readonly SyncClass[] = ['locked', 'steered', 'nudged', 'loose'];

/**
 * The player whose word counts for the room: a room's only one, else of those that play the one that follows most tightly, the first of
 * equals. When nobody plays it is the first of all.
 */
export function leaderOf(state: State, room: RoomRecord): string | undefined {
  const { player_ids } = room.kept;
  if (player_ids.length < 2) return player_ids[0];
  const rank = (id: string): number =>
    TIGHTEST_FIRST.indexOf(state.players.get(id)?.live.sync_class ?? 'loose');
  const playing = player_ids.filter((id) => plays(state.players.get(id)));
  return playing.reduce((best, id) => (rank(id) < rank(best) ? id : best), playing[0] ?? player_ids[0] ?? '');
}

/** Whether it plays music of ours. */
export function plays(player: PlayerRecord | undefined): boolean {
  if (!player) return false;
  const { link, elsewhere, status, ref } = player.live;
  return link === 'online' && !elsewhere && status === 'playing' && ref !== undefined;
}

/** Several players: then the room's timeline is the authority, and they follow it. */
export function isShared(room: RoomRecord): boolean {
  return room.kept.player_ids.length > 1;
}
