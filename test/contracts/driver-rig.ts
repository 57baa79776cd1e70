import type { DriverDefinition, Media } from '../../src/players/index.js';
import type { Capability } from '../../src/protocol/index.js';
import type { DrivenLink } from './driven-link.js';

/** A player for the suite to drive. One for the whole suite; each test makes a link of its own. */
export interface DriverRig {
  readonly definition: DriverDefinition;
  /** Unparsed; the suite parses them with the definition's schema. */
  readonly options: unknown;
  /** Port for `Media.url_path`, where the player fetches by HTTP. */
  readonly httpPort?: number;
  /** How far from a cue the player's own facts may put it, on a busy machine. Default 30. */
  readonly toleranceMs?: number;
  /** Same `n` and seconds = same sound; a fresh `ref` each call. Default 2 seconds. `broken` cannot be decoded. */
  makeMedia(n: number, options?: { seconds?: number; broken?: boolean }): Promise<Media>;
  /** Cuts the link from outside: kills the player, or the way to it. The player must be reachable again when it resolves. */
  breakConnection?(): Promise<void>;
  close(): Promise<void>;
}

/**
 * What a player honestly does without: a capability (then `info` must not name it), or one of
 * `broken-media` (every media plays), `break` (no connection that could be cut), `re-adopt` (music lives in this process),
 * `timing` (times in commands are ignored), `skew` (it cannot tell how far off it is).
 */
export type Lack = Capability | 'broken-media' | 'break' | 're-adopt' | 'timing' | 'skew';

/** The suite's side of the rig, for the files that hold the tests. */
export interface Bench {
  readonly rig: DriverRig;
  readonly runtimeDir: string;
  readonly lacks: ReadonlySet<Lack>;
  /** A new link, closed after the test. */
  connect(options?: { memory?: unknown; signal?: AbortSignal }): Promise<DrivenLink>;
}
