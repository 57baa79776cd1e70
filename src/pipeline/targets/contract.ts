import type { ScanResult } from '../../protocol/index.js';

/** A file of ours that a target has once it has scanned. */
export interface Proof {
  /** Where the target has it, as its mappings say. */
  readonly file: string;
  /** What it is probably called there: narrows the search, is never believed alone. */
  readonly title: string;
  readonly size_bytes: number;
}

/** A folder a target shall look at. */
export interface Place {
  /** As the target names it. */
  readonly folder: string;
  /** All of them have to be found; none = there is nothing to prove, because music was taken away. */
  readonly proofs: readonly Proof[];
}

/** A music library of a target. */
export interface Section {
  readonly section: string;
  readonly title: string;
  /** As the target names them. */
  readonly folders: readonly string[];
}

export interface TargetHealth {
  readonly version?: string | undefined;
  readonly sections: readonly Section[];
}

export interface Outcome {
  readonly result: Extract<ScanResult, 'confirmed' | 'scanned' | 'timeout'>;
  /** What to do about it, for people. */
  readonly message: string;
}

/** A scan that the target has taken on. */
export interface RunningScan {
  /** How it ends. Throws TargetFault when the target goes away meanwhile. */
  outcome(signal: AbortSignal): Promise<Outcome>;
}

/**
 * Another music server that can be asked to look at folders. Every method throws TargetFault when the server is not there or refuses;
 * nothing it throws or says has the secret in it. Nothing is kept open between calls.
 */
export interface ScanTarget {
  /** How many folders one scan may have. */
  readonly most: number;
  /** Where it has a folder or file of ours, given as absolute path; undefined = no mapping leads there. */
  map(path: string): string | undefined;
  /** Whether a folder, as it names it, is inside what it lists as its libraries. */
  covers(folder: string, sections: readonly Section[]): boolean;
  /** Tries address and secret, and lists its music libraries. */
  check(signal: AbortSignal): Promise<TargetHealth>;
  /** Waits until it does not scan already: a scan asked for meanwhile may be lost. False = it did not come to an end. */
  calm(signal: AbortSignal): Promise<boolean>;
  /** Resolves when the target has taken it on. At most `most` places. */
  scan(places: readonly Place[], signal: AbortSignal): Promise<RunningScan>;
  /** Whether it has this file now. */
  has(proof: Proof, signal: AbortSignal): Promise<boolean>;
}

/** Why a target could not be asked. The message is for people and says what to do. */
export class TargetFault extends Error {
  readonly result: Exclude<ScanResult, 'confirmed' | 'scanned'>;
  /** It will say the same until somebody changes something: it is not asked again by itself. */
  readonly fatal: boolean;

  constructor(
    result: Exclude<ScanResult, 'confirmed' | 'scanned'>,
    message: string,
    { fatal = false, cause }: { readonly fatal?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TargetFault';
    this.result = result;
    this.fatal = fatal;
  }
}

/** What a fault is that will not go away by itself. */
export const refusal = (message: string): TargetFault => new TargetFault('refused', message, { fatal: true });
