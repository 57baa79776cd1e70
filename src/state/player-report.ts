import type {
  Capability,
  Foreign,
  Output,
  PlaybackStatus,
  SyncClass,
  SyncCorrection,
} from '../protocol/index.js';

/** What a player reports, in the order it happened: the facts of the driver contract. */
export type PlayerReport =
  /**
   * Once after connecting, and again when it changes (an MPD may gain a mixer). `fresh` = the player was started just now by the driver
   * and remembers nothing: the room gives it its volume before anything plays. Sent before the first `volume` fact.
   */
  | {
      readonly type: 'info';
      readonly version?: string;
      readonly capabilities: readonly Capability[];
      readonly fresh?: boolean;
      /** When it is not the one of the driver's definition. */
      readonly sync_class?: SyncClass;
      /** A start at a chosen moment must be asked for so long before. Default 250. */
      readonly lead_ms?: number;
    }
  /**
   * Where playback is: at `at_us` of the context's clock it was at `position_seconds`, moving `rate` seconds a second (0 unless playing).
   * Sent on every change of status, ref, position (seek) or duration, and at least every 10 s while playing. A new `ref` means that
   * the player went on to the preloaded media by itself. No `ref` = nothing of ours is loaded.
   */
  | {
      readonly type: 'playback';
      readonly status: PlaybackStatus;
      readonly ref?: string;
      readonly position_seconds: number;
      readonly at_us: number;
      readonly rate: number;
      readonly duration_seconds?: number;
      readonly stream_title?: string;
    }
  /**
   * The media `ref` is over: played to its end with nothing preloaded behind it (`finished`), or it could not be played (`failed`).
   * When the player went on by itself to the preloaded media there is no `finished`, only the next `playback` fact.
   */
  | {
      readonly type: 'ended';
      readonly ref: string;
      readonly reason: 'finished' | 'failed';
      readonly message?: string;
    }
  /**
   * Measured against the cue it follows: how far ahead (positive) of it the player is heard, and by how much that can be wrong. At most
   * four a second, and at once when something was corrected. `estimated` = reckoned, not measured at the output.
   */
  | {
      readonly type: 'sync';
      readonly skew_ms: number;
      readonly error_ms: number;
      readonly estimated: boolean;
      readonly at_us: number;
      readonly drift_ppm?: number;
      readonly correction?: SyncCorrection;
    }
  /** Also when somebody else turned the knob. Absent volume = the player has none. */
  | { readonly type: 'volume'; readonly volume?: number; readonly muted: boolean }
  | { readonly type: 'outputs'; readonly outputs: readonly Output[] }
  /** Whether somebody else's music is on this player, and what. */
  | { readonly type: 'control'; readonly elsewhere: boolean; readonly foreign?: Foreign }
  /** Something is wrong with the player that does not end the link, such as an output that cannot be opened; absent = all is well again. */
  | { readonly type: 'problem'; readonly message?: string }
  /** Whatever the driver wants back in `LinkContext.memory` after a restart of the server; JSON, below 4 kB. */
  | { readonly type: 'memory'; readonly value: unknown };
