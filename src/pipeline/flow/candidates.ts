import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError, Serial, type Clock } from '../../base/index.js';
import {
  allows,
  Duplicate,
  Gate,
  Match,
  personOf,
  Release,
  type Caller,
  type Candidate,
} from '../../protocol/index.js';
import { KeptList, type KeptEntry, type Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import { ExaminedSchema } from '../examine/index.js';
import { readJson, writeJson } from '../sources/workplace.js';
import { Gather } from './gather.js';

/** What only this house knows of a candidate. */
export const Own = z.object({
  /** What it came with: the same arrival twice is one. */
  arrival: z.string(),
  /** Absolute: where its files are once they have been gathered. */
  folder: z.string(),
  gather: Gather.optional(),
  /** Leave the files where they are, after the import too. */
  keep_sources: z.boolean(),
  /** What its folder was called. */
  name: z.string(),
  /** Who asked for it. */
  user_id: z.string().optional(),
  /** The work that is under way for it. */
  job_id: z.string().optional(),
  /** What it is to be tried again at the earliest, ms since 1970. */
  not_before_ms: z.number().optional(),
  /** How often what goes on now has been put off. */
  tries: z.int(),
  /** Of the import that was decided: done once, whatever happens meanwhile. */
  import_id: z.string().optional(),
  track_ids: z.array(z.string()),
  /** Whether its tracks stand in the queues that waited for them. */
  queued: z.boolean().optional(),
});
export type Own = z.infer<typeof Own>;

const IdentifiedSchema = z.object({
  by: z.enum(['source', 'tags']),
  matches: z.array(Match),
  decision: z.enum(['import', 'review', 'later']),
  gates: z.array(Gate),
  confidence: z.number(),
});

/** As what a candidate is to be imported. */
export const Decision = z.object({
  release: Release,
  /** `files[n]` is track n of the release; null = left out. */
  files: z.array(z.string().nullable()),
  replace_album_id: z.string().optional(),
});
export type Decision = z.infer<typeof Decision>;

/** What was found out about a candidate: too much for a list, and kept beside its files. */
export const Details = z.object({
  examined: ExaminedSchema.optional(),
  identified: IdentifiedSchema.optional(),
  /** Found by a person, who asked the source about other names. */
  searched: z.array(Match),
  duplicates: z.array(Duplicate),
  decision: Decision.optional(),
});
export type Details = z.infer<typeof Details>;
export type Entry = KeptEntry<'imports', Own>;

const NO_DETAILS: Details = { searched: [], duplicates: [] };

export interface CandidatesParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  /** Absolute. */
  readonly workspace: string;
}

/** Every album on its way in, as far as it has come. Each step is on disk before the next begins. */
export class Candidates {
  readonly #list: KeptList<'imports', Own>;
  readonly #parts: CandidatesParts;
  readonly #writing = new Serial();

  constructor(parts: CandidatesParts) {
    this.#parts = parts;
    this.#list = new KeptList({ db: parts.db, store: parts.store, list: 'imports', own: Own });
  }

  all(): Entry[] {
    return this.#list.all();
  }

  /** What came of a download, with the tracks it has become. */
  of(downloadId: string): {
    readonly item: Candidate;
    readonly track_ids: readonly string[];
    readonly queued: boolean;
  }[] {
    return this.all()
      .filter(({ item }) => item.download_id === downloadId)
      .map(({ item, own }) => ({ item, track_ids: own.track_ids, queued: own.queued === true }));
  }

  /** What has come of a download stands in queues now: it does not come there twice. */
  queued(downloadId: string): void {
    for (const { item, queued } of this.of(downloadId))
      if (item.state === 'imported' && !queued) this.move(item.candidate_id, {}, { queued: true });
  }

  find(candidateId: string): Entry | undefined {
    return this.#list.get(candidateId);
  }

  /** Throws ERR_NOT_FOUND. */
  get(candidateId: string): Entry {
    const entry = this.#list.get(candidateId);
    if (!entry)
      throw new AppError('ERR_NOT_FOUND', 'No candidate has this id', {
        params: { candidate_id: candidateId },
      });
    return entry;
  }

  /** All of them or none. */
  add(entries: readonly Entry[]): void {
    this.#list.putAll(entries);
  }

  /** What is undefined is taken away. */
  move(candidateId: string, item: Partial<Candidate>, own: Partial<Own> = {}): Entry {
    const old = this.get(candidateId);
    const updated_at = this.now();
    const next: Entry = {
      item: defined({ ...old.item, ...item, updated_at }),
      own: defined({ ...old.own, ...own }),
    };
    this.#list.put(next.item, next.own);
    return next;
  }

  async forget(candidateId: string): Promise<void> {
    await rm(this.#detailsPath(candidateId), { force: true });
    this.#list.remove([candidateId]);
  }

  async details(candidateId: string): Promise<Details> {
    return (await readJson(this.#detailsPath(candidateId), Details)) ?? NO_DETAILS;
  }

  async note(candidateId: string, news: Partial<Details>): Promise<Details> {
    return this.#writing.run(async () => {
      const details = { ...(await this.details(candidateId)), ...news };
      await writeJson(this.#detailsPath(candidateId), details);
      return details;
    });
  }

  /** Whoever brought it may give it up; all else is for admins. Throws ERR_NOT_ALLOWED. */
  mayControl(candidateId: string | undefined, caller: Caller, act: 'cancel' | 'retry'): void {
    const owner = candidateId === undefined ? undefined : this.find(candidateId)?.own.user_id;
    if (allows('manage', caller) || (act === 'cancel' && owner === personOf(caller).user_id)) return;
    throw new AppError('ERR_NOT_ALLOWED', 'Only admins decide about music that is on its way in');
  }

  /** The candidate for which a job of the queue works. */
  ofJob(jobId: string): string | undefined {
    return this.all().find(({ own }) => own.job_id === jobId)?.item.candidate_id;
  }

  folderOf(candidateId: string): string {
    return join(this.#parts.workspace, 'candidates', candidateId);
  }

  now(): string {
    return new Date(this.#parts.clock.wallMs()).toISOString();
  }

  #detailsPath(candidateId: string): string {
    return join(this.#parts.workspace, 'details', `${candidateId}.json`);
  }
}

function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}
