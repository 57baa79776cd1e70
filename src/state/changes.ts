import type {
  Capability,
  LibraryState,
  PlaybackStatus,
  QueuePatch,
  QuietHours,
  Repeat,
  RoleLimits,
  SyncClass,
  SystemState,
} from '../protocol/index.js';
import type { ActivityChange, JobChange } from './jobs.js';
import type { ListChange } from './lists.js';
import type { PartyChange } from './party.js';
import type { Balance, BeforeHouse, Intent, PlayerRecord } from './model.js';
import type { PlayerReport } from './player-report.js';
import type { WishChange } from './wishes.js';

/** What one member of a shared room accepted. */
export interface Level {
  readonly player_id: string;
  readonly volume?: number | undefined;
  readonly muted?: boolean | undefined;
  /** What it was told in the end, and where it would stand without limits. */
  readonly balance?: Balance | undefined;
}

/** Every way the state can change. `at_us` is the server clock when it happened. */
export type Change =
  | PartyChange
  | {
      readonly type: 'player/known';
      readonly player: PlayerRecord['kept'];
      readonly room_name: string;
      readonly sync_class: SyncClass;
      readonly capabilities: readonly Capability[];
    }
  | { readonly type: 'player/removed'; readonly player_id: string; readonly at_us: number }
  /** Into another room, where nothing is loaded on it yet. A room that does not exist is made, with `room_name`. */
  | {
      readonly type: 'player/moved';
      readonly player_id: string;
      readonly room_id: string;
      readonly room_name: string;
      /** From now on that room is its own. */
      readonly home?: boolean;
      readonly at_us: number;
    }
  | { readonly type: 'player/latency'; readonly player_id: string; readonly latency_ms: number }
  | { readonly type: 'player/renamed'; readonly player_id: string; readonly name: string }
  | {
      readonly type: 'player/link';
      readonly player_id: string;
      readonly link: 'connecting' | 'online' | 'offline';
      readonly problem?: string;
      readonly at_us: number;
    }
  | { readonly type: 'player/limit'; readonly player_id: string; readonly volume_limit: number }
  /** The house turns it, or does no more. */
  | { readonly type: 'player/before'; readonly player_id: string; readonly before: BeforeHouse | undefined }
  | { readonly type: 'player/fact'; readonly player_id: string; readonly fact: PlayerReport }
  | { readonly type: 'room/renamed'; readonly room_id: string; readonly name: string }
  /** Only a room without players can go. */
  | { readonly type: 'room/removed'; readonly room_id: string }
  /** The room decided what it wants; facts follow. */
  | {
      readonly type: 'room/intent';
      readonly room_id: string;
      readonly intent: Intent;
      readonly state: PlaybackStatus;
      readonly item_id?: string | undefined;
      readonly position_seconds: number;
      readonly at_us: number;
      /** 1 while it moves; default 0. */
      readonly rate?: number;
      readonly problem?: string | undefined;
    }
  | {
      readonly type: 'room/volume';
      readonly room_id: string;
      readonly volume?: number;
      readonly muted?: boolean;
    }
  /** Members accepted how loud to be. What a member's own facts have said meanwhile is left out: they are exact. */
  | { readonly type: 'room/levels'; readonly room_id: string; readonly levels: readonly Level[] }
  /** What is absent stays; null = no quiet hours. */
  | {
      readonly type: 'room/limits';
      readonly room_id: string;
      readonly volume_limit?: number | undefined;
      readonly quiet_hours?: QuietHours | null | undefined;
    }
  | { readonly type: 'room/repeat'; readonly room_id: string; readonly repeat: Repeat }
  /** `unshuffled` absent = as it was; null = not shuffled any more. */
  | {
      readonly type: 'queue/edited';
      readonly room_id: string;
      readonly label: string;
      readonly patch: QueuePatch;
      readonly unshuffled?: readonly string[] | null;
    }
  | { readonly type: 'queue/undone'; readonly room_id: string }
  | { readonly type: 'queue/redone'; readonly room_id: string }
  | {
      readonly type: 'queue/item-problem';
      readonly room_id: string;
      readonly item_id: string;
      readonly problem: string | undefined;
    }
  | JobChange
  | ActivityChange
  | ListChange
  | WishChange
  | { readonly type: 'library/state'; readonly library: LibraryState }
  | { readonly type: 'system/notices'; readonly notices: SystemState['notices'] }
  | { readonly type: 'system/limits'; readonly role_limits: RoleLimits };
