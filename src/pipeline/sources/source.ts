import * as z from 'zod';
import type { WorkContext } from '../../jobs/index.js';
import type { SourceKind } from '../../protocol/index.js';

/** What a source is told to fetch. */
export interface FetchOrder {
  readonly download_id: string;
  /** Whole, as it was asked for. Absent for what is brought here: uploads. */
  readonly url?: string | undefined;
  /** What the file shall be called, where its address says little: an episode. */
  readonly name?: string | undefined;
  /** The place of this download alone, absolute; see `Workplace`. */
  readonly folder: string;
}

/** What a source can know before it fetches. */
export interface FetchPlan {
  /** For people, until more is known. */
  readonly title: string;
}

export const FetchedFile = z.object({
  /** Below `files` of the workplace. */
  path: z.string(),
  size_bytes: z.int(),
  /** As ffprobe calls them; absent for what goes along and is no sound. */
  format: z.string().optional(),
  codec: z.string().optional(),
  duration_seconds: z.number().optional(),
});
export type FetchedFile = z.infer<typeof FetchedFile>;

/** What is whole, looked at, and on disk. */
export const Fetched = z.object({
  title: z.string(),
  files: z.array(FetchedFile).min(1),
  size_bytes: z.int(),
});
export type Fetched = z.infer<typeof Fetched>;

export type FetchContext = Pick<WorkContext, 'signal' | 'clock' | 'log' | 'progress'>;

export interface SourceCapabilities {
  /** Goes on after an abort or the death of the process where it was, and does not begin anew. */
  readonly resume: boolean;
  /** One address may bring several files. */
  readonly several: boolean;
  /** `progress` says how many bytes of how many; otherwise only how many. */
  readonly knows_total: boolean;
}

/**
 * Where music comes from. Every source passes test/contracts/source-contract.ts. What it throws is an AppError whose `retryable` says
 * whether the same may succeed later; what has arrived by then stays in the workplace, and the next `run` with the same order goes on.
 */
export interface Source {
  readonly kind: SourceKind;
  readonly capabilities: SourceCapabilities;
  /** By the address alone: asks nobody. */
  takes(url: URL): boolean;
  /** Whether the address may be asked, and what to call it. Throws ERR_ADDRESS_REFUSED, ERR_INVALID, ERR_SOURCE. */
  plan(url: string, signal: AbortSignal): Promise<FetchPlan>;
  /** Fetches all of it and looks at it. A signal that aborts ends it soon, with the reason of the signal. Done twice it does no harm. */
  run(order: FetchOrder, context: FetchContext): Promise<Fetched>;
}

/** What everything that is fetched has to keep to. */
export interface Caps {
  /** Of one download, all files together. */
  readonly max_bytes: number;
  /** Of one attempt. */
  readonly max_ms: number;
  /** What stays free on the disk. */
  readonly reserve_bytes: number;
}
