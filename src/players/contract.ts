import type * as z from 'zod';
import type { Clock, Logger } from '../base/index.js';
import type { Capability, SyncClass } from '../protocol/index.js';
import type { PlayerReport } from '../state/index.js';

/** Something to play, as a driver gets it. The driver takes the first of `path`, `relative_path`, `url`, `url_path` that its player can open. */
export interface Media {
  /** Names this item in facts; the queue's item_id. Opaque to drivers, unique per queue entry. */
  readonly ref: string;
  /** Absolute path on this machine; absent for streams. */
  readonly path?: string;
  /** Path below the music folder with `/` between parts, for players that share the folder. */
  readonly relative_path?: string;
  /** A stream's http(s) URL. */
  readonly url?: string;
  /** Signed path on our HTTP server; the driver puts `http://<address it is reached at>:<httpPort>` before it. */
  readonly url_path?: string;
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
  /** Path of a picture on our HTTP server, as `url_path`, for players that show one; `?size=` in pixels. */
  readonly artwork_path?: string;
  /** Absent while unknown and for a stream without end. */
  readonly duration_seconds?: number;
  /** No end, no seeking. */
  readonly live: boolean;
}

/** A place of the music at a moment: `position_seconds` is heard at `at_us` of the server clock, and the music moves on at rate 1. */
export interface Cue {
  readonly position_seconds: number;
  readonly at_us: number;
}

/** What a player is told. Accepted when `execute` resolves; the effect arrives as a fact. */
export type PlayerCommand =
  /**
   * Replace what plays. `next` follows without a gap where the player can. With `playing: false` it resolves when the player is ready to
   * start within its lead. With `at_us` the position is heard at that moment; a player that is late begins where the music is by then.
   */
  | {
      readonly type: 'load';
      readonly media: Media;
      readonly next?: Media;
      readonly position_seconds: number;
      readonly playing: boolean;
      readonly at_us?: number;
    }
  /**
   * Change what follows the current media; absent = nothing follows. Must not disturb what plays. With `skip_ms` it begins so much later in
   * it, without a gap, where the player can do that exactly; else at its beginning.
   */
  | { readonly type: 'preload'; readonly next?: Media; readonly skip_ms?: number }
  /** With a cue: be there then, from wherever it stands; without: at once, from where it stands. */
  | { readonly type: 'play'; readonly cue?: Cue }
  | { readonly type: 'pause' }
  /** Silence; whatever was loaded is forgotten. */
  | { readonly type: 'stop' }
  /** With `at_us`, while it plays: the position is heard at that moment. */
  | { readonly type: 'seek'; readonly position_seconds: number; readonly at_us?: number }
  /**
   * The room's timeline, while media `ref` plays: from now on the player keeps to it as tightly as it can, over track changes too, and
   * reports how far off it is. A `load`, `play` or `seek` with a time begins the same. Without a cue: it is on its own again.
   * Never makes a silent player play. A player that cannot measure itself ignores it.
   */
  | { readonly type: 'follow'; readonly ref?: string; readonly cue?: Cue }
  /** Only to players with capability `latency`; for others the times are shifted before they are told. */
  | { readonly type: 'latency'; readonly latency_ms: number }
  /** 0..1 */
  | { readonly type: 'volume'; readonly volume: number }
  | { readonly type: 'mute'; readonly muted: boolean }
  | { readonly type: 'output'; readonly output_id: string; readonly active: boolean }
  /** From now on the player is ours: silence what somebody else plays. A `load` follows if the room wants music. */
  | { readonly type: 'take-over' };

/** What a player reports, in the order it happened; each fact is described where the store takes it in. */
export type Fact = PlayerReport;

export interface LinkContext {
  readonly player_id: string;
  /** Facts, in order. Never called after `close()` resolved or `closed` settled. */
  emit(fact: Fact): void;
  readonly log: Logger;
  readonly clock: Clock;
  /** The last `memory` fact of this player, also from before a restart. Validate it. */
  readonly memory: unknown;
  /** Port of our own HTTP server, for `Media.url_path`. */
  readonly httpPort: number;
  /** Folder (mode 0700) for sockets and pid files of helper programs; survives restarts of the server, not of the machine. */
  readonly runtimeDir: string;
}

/** One live connection to one player. It does not reconnect: when it is over, `closed` resolves and the supervisor makes a new one. */
export interface PlayerLink {
  /** Resolves once, with the reason, when the connection is over, also after `close()`. Never rejects. */
  readonly closed: Promise<Error>;
  /** Resolves on acceptance; rejects with an AppError. Rejects at once when the link is over or `signal` aborts. Calls may overlap; order is kept. */
  execute(command: PlayerCommand, signal: AbortSignal): Promise<void>;
  /** A round trip to the player that proves it still answers. Rejects, or never settles, when it does not. */
  probe(signal: AbortSignal): Promise<void>;
  /** Lets go of the player. Music that plays goes on unless the player lives in this process. Idempotent. */
  close(): Promise<void>;
}

/** A player that discovery saw. `key` is stable across restarts; it becomes the player_id. */
export interface Found {
  readonly key: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface MdnsService {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly txt: Readonly<Record<string, string>>;
}

export interface DriverDefinition<Options = unknown> {
  /** `mpd`, `local`, ... as on the wire. */
  readonly kind: string;
  readonly label: string;
  readonly options: z.ZodType<Options>;
  /** Assumed until the `info` fact says otherwise. */
  readonly capabilities: readonly Capability[];
  readonly syncClass: SyncClass;
  /** Codecs the player decodes by itself (`Track.codec`); others reach it transcoded through `url_path`. */
  readonly codecs: 'all' | readonly string[];
  /** For people: `192.168.1.5:6600`. No secrets. */
  address(options: Options): string;
  /** How to find players by mDNS: the service type without underscores, and what a sighting means. */
  readonly mdns?: { readonly type: string; found(service: MdnsService): Found | undefined };
  /** Players on this machine, asked once at the start. */
  readonly local?: (log: Logger) => Promise<readonly Found[]>;
  /**
   * Nothing happens before this. The supervisor gives it a deadline through `signal`. Facts may be emitted before it resolves. An AppError with
   * `params.retry_ms` says when to try again, from a driver that waited already.
   */
  connect(options: Options, context: LinkContext, signal: AbortSignal): Promise<PlayerLink>;
}

/** Checks a definition's types where it is written, and erases the options type for the table of drivers. */
export function defineDriver<Options>(definition: DriverDefinition<Options>): DriverDefinition {
  return definition;
}
