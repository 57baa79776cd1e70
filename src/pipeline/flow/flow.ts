import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError, Serial, toError, underFirst, uuid, type Logger, type Timer } from '../../base/index.js';
import type { JobQueue, JobRun, Jobs, Outcome, Work, WorkError } from '../../jobs/index.js';
import type { Candidate, Gate, SourceKind } from '../../protocol/index.js';
import type { Examined, Identified } from '../contract.js';
import { walkFolder } from '../examine/walk-folder.js';
import type { ExamineParams } from '../examine/index.js';
import { quoted } from '../sentences.js';
import type { Candidates } from './candidates.js';
import { type CandidatesParts, type Entry, type Own } from './candidates.js';
import { gather, removeEmpty } from './gather.js';
import type { Imports } from './imports.js';
import type { News } from './news.js';
import { splitFolder } from './split.js';

/** Music that is whole and holds still. */
export interface Arrival {
  /** The same arrival twice is one: it goes on where it was. */
  readonly arrival_id: string;
  /** Absolute; a folder, or a single file. */
  readonly folder: string;
  /** For people. */
  readonly title: string;
  readonly source: SourceKind;
  readonly download_id?: string | undefined;
  /** Leave it where it is, whatever comes of it. */
  readonly keep?: boolean;
  readonly username?: string | undefined;
  readonly user_id?: string | undefined;
}

export interface FlowParts extends CandidatesParts {
  readonly log: Logger;
  readonly queue: Pick<JobQueue, 'add' | 'handle'>;
  readonly candidates: Candidates;
  readonly imports: Imports;
  readonly news: News;
  readonly examine: Work<ExamineParams, Examined>;
  readonly jobs: Pick<Jobs, 'run'>;
  /** What a folder is, by the files that were found; `name` is what it was called where it came from. In the house, which asks its source slowly. */
  identify(this: void, examined: Examined, name: string, signal: AbortSignal): Promise<Identified>;
}

/** A source that does not answer is asked again after so long, so many times; then by the scan of what is pending. */
const LATER_MS = 300_000;
const LATER_TRIES = 2;
/** Each keeps two cores busy, and there may be music to play. */
const EXAMINED_AT_ONCE = 2;
/** Records of what is over that are kept at most: all of them are in the list that phones get. */
const MOST_OVER = 300;

/**
 * The life of a candidate: it arrives, its files are examined, it is identified, and then it is imported or waits for a person. What is done
 * next is on disk before it is done, so that a life of the server that ends in the middle is continued by the next.
 */
export class Flow {
  readonly #parts: FlowParts;
  /** One delivery after the other is moved: two that name the same files cannot meet. */
  readonly #moving = new Serial();
  readonly #identifying = new Serial();
  readonly #stop = new AbortController();
  /** Until what waits for the source is tried again, by candidate. */
  readonly #timers = new Map<string, Timer>();

  constructor(parts: FlowParts) {
    this.#parts = parts;
    const { queue, examine } = parts;
    queue.handle(examine, {
      concurrency: EXAMINED_AT_ONCE,
      settled: (jobId, _params, outcome) => this.#examined(jobId, outcome),
      retry: (_params, jobId) => this.#retryOf(jobId),
    });
  }

  /** Everything that was on its way goes on. After the importer has recovered, before the queue starts. */
  start(): void {
    for (const { item } of this.#parts.candidates.all()) this.#resume(item.candidate_id);
  }

  /** Resolves when the pipeline has it, and whoever brought it may forget it. The ids of what came of it. */
  async arrived(arrival: Arrival): Promise<string[]> {
    return this.#moving.run(async () => {
      const known = this.#of(arrival.arrival_id);
      const entries = known.length > 0 ? known : await this.#entriesOf(arrival);
      if (known.length === 0) this.#parts.candidates.add(entries);
      for (const { item } of entries) await this.#gatherOrSay(item);
      if (arrival.keep !== true) await removeEmpty(arrival.folder);
      return entries.map(({ item }) => item.candidate_id);
    });
  }

  /** What waits for a source, and what nobody is at: tried again. How many that are. */
  pendingScan(): number {
    const waiting = this.#parts.candidates
      .all()
      .filter(({ item, own }) => item.state === 'waiting' && own.not_before_ms === undefined);
    for (const { item } of waiting) this.#behind(item.candidate_id, this.#identify(item.candidate_id));
    return waiting.length;
  }

  /** Looks at it anew; the id of the job. Throws ERR_CONFLICT for what is not to be looked at any more. */
  retry(candidateId: string): string {
    const { item } = this.#parts.candidates.get(candidateId);
    if (!['review', 'failed', 'waiting'].includes(item.state))
      throw new AppError('ERR_CONFLICT', 'This is not waiting for anything');
    return this.#examine(candidateId);
  }

  /** Its files go where `trash` puts them; then it is over. Killed in between it is open still, and can be rejected again. */
  async reject(
    candidateId: string,
    trash: (candidate: Candidate, folder: string) => Promise<unknown>,
  ): Promise<void> {
    const { candidates } = this.#parts;
    const { item, own } = candidates.get(candidateId);
    this.#forgetTimer(candidateId);
    await trash(item, own.folder);
    candidates.move(candidateId, { state: 'rejected', reason: undefined }, { job_id: undefined });
  }

  /** Its files are back where they were when it was rejected. One that nobody knows any more arrives anew. */
  restored(candidateId: string, folder: string): void {
    const known = this.#parts.candidates.find(candidateId);
    if (known?.item.state === 'rejected') this.#examine(candidateId);
    if (known) return;
    const arrival = {
      arrival_id: `restored:${candidateId}`,
      folder,
      title: basename(folder),
      source: 'upload',
    } as const;
    this.arrived(arrival).catch(() => undefined);
  }

  /** Records of what has been over for longer than `before`, or of which there are too many; never a file. */
  async forgetBefore(before: string): Promise<number> {
    // What stays where it was found would be found again.
    const over = this.#parts.candidates
      .all()
      .filter(
        ({ item, own }) => item.state === 'rejected' || (item.state === 'imported' && !own.keep_sources),
      )
      .toSorted((one, other) => (one.item.updated_at < other.item.updated_at ? 1 : -1));
    const old = over.filter(({ item }, at) => at >= MOST_OVER || item.updated_at < before);
    for (const { item } of old) await this.#parts.candidates.forget(item.candidate_id);
    return old.length;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#stop.abort(new AppError('ERR_BUSY', 'The server stops'));
    await Promise.all([this.#moving.idle(), this.#identifying.idle()]);
  }

  #of(arrivalId: string): Entry[] {
    return this.#parts.candidates.all().filter(({ own }) => own.arrival === arrivalId);
  }

  async #entriesOf(arrival: Arrival): Promise<Entry[]> {
    const { candidates } = this.#parts;
    const groups = await splitFolder(arrival.folder, arrival.title);
    const now = candidates.now();
    const isFolder = (await lstat(arrival.folder)).isDirectory();
    return groups.map(({ dirs, title }): Entry => {
      const candidate_id = idOf(arrival.arrival_id, dirs);
      const { source, download_id, username, user_id, keep = false } = arrival;
      const inPlace = keep && isFolder && groups.length === 1;
      const own: Own = {
        arrival: arrival.arrival_id,
        folder: inPlace ? arrival.folder : candidates.folderOf(candidate_id),
        ...(!inPlace && { gather: { from: arrival.folder, dirs: [...dirs], copy: keep } }),
        keep_sources: inPlace,
        ...(user_id !== undefined && { user_id }),
        name: title,
        tries: 0,
        track_ids: [],
      };
      const item: Candidate = {
        candidate_id,
        title,
        source,
        path: dirs[0] === '' ? title : (dirs[0] ?? title),
        state: 'arriving',
        file_count: 0,
        size_bytes: 0,
        gates: [],
        ...(download_id !== undefined && { download_id }),
        ...(username !== undefined && { username }),
        created_at: now,
        updated_at: now,
      };
      return { item, own };
    });
  }

  async #gather(candidateId: string): Promise<void> {
    const { candidates, news } = this.#parts;
    const { item, own } = candidates.get(candidateId);
    if (item.state !== 'arriving') return;
    if (own.gather) await gather(own.gather, own.folder);
    const { files } = await walkFolder(own.folder, new AbortController().signal);
    const sized = files.map(({ path, stat }) => ({ path, size_bytes: Number(stat.size) }));
    const size_bytes = sized.reduce((sum, file) => sum + file.size_bytes, 0);
    candidates.move(candidateId, { file_count: files.length, size_bytes }, { gather: undefined });
    news.files.added(candidateId, sized, item.source === 'upload');
    this.#examine(candidateId);
  }

  async #gatherOrSay(item: Candidate): Promise<void> {
    try {
      await this.#gather(item.candidate_id);
    } catch (error) {
      this.#failed(item, error);
      throw error;
    }
  }

  #resume(candidateId: string): void {
    const { item, own } = this.#parts.candidates.get(candidateId);
    if (item.state === 'arriving') {
      this.#moving.run(() => this.#gatherOrSay(item)).catch(() => undefined);
    } else if (item.state === 'examining') this.#examine(candidateId, own.job_id);
    else if (item.state === 'identifying') this.#behind(candidateId, this.#identify(candidateId));
    else if (item.state === 'waiting' && own.not_before_ms !== undefined)
      this.#wait(
        candidateId,
        Math.min(LATER_MS, Math.max(0, own.not_before_ms - this.#parts.clock.wallMs())),
      );
    else if (item.state === 'importing') this.#parts.imports.resume(candidateId);
  }

  /** What goes on behind a command or the start; how it ends is told by the candidate. */
  #behind(candidateId: string, work: Promise<void>): void {
    work.catch((error: unknown) => this.#failed(this.#parts.candidates.get(candidateId).item, error));
  }

  #examine(candidateId: string, jobId: string = uuid()): string {
    const { candidates, queue, examine } = this.#parts;
    const { item, own } = candidates.move(
      candidateId,
      { state: 'examining', reason: undefined, gates: [], confidence: undefined },
      { job_id: jobId, import_id: undefined, not_before_ms: undefined },
    );
    const params = { folder: own.folder };
    return queue.add(examine, params, { title: `Examine ${item.title}`, job_id: jobId });
  }

  async #examined(jobId: string, outcome: Outcome<Examined>): Promise<void> {
    const entry = this.#under(jobId, 'examining');
    if (!entry) return;
    const { candidate_id } = entry.item;
    if (!outcome.ok) return this.#gaveUp(candidate_id, outcome.error);
    const { candidates } = this.#parts;
    await candidates.note(candidate_id, {
      examined: { ...outcome.result, files: [...outcome.result.files], gates: [...outcome.result.gates] },
      identified: undefined,
      searched: [],
      duplicates: [],
      decision: undefined,
    });
    const { files } = outcome.result;
    const size_bytes = files.reduce((sum, file) => sum + file.size_bytes, 0);
    candidates.move(
      candidate_id,
      { state: 'identifying', file_count: files.length, size_bytes },
      { tries: 0, job_id: undefined },
    );
    await this.#identify(candidate_id);
  }

  /** From the beginning where the files were never examined. */
  async #identify(candidateId: string): Promise<void> {
    const { candidates, jobs } = this.#parts;
    this.#forgetTimer(candidateId);
    const { examined } = await candidates.details(candidateId);
    if (!examined) return void this.#examine(candidateId);
    const { item } = candidates.move(
      candidateId,
      { state: 'identifying' },
      { job_id: undefined, not_before_ms: undefined },
    );
    const spec = { kind: 'identify', title: `Identify ${item.title}`, params: { candidate_id: candidateId } };
    jobs.run(spec, (job) => this.#identifying.run(() => this.#look(candidateId, examined, job)));
  }

  async #look(candidateId: string, examined: Examined, job: JobRun): Promise<{ message: string }> {
    const { candidates, identify } = this.#parts;
    try {
      const identified = await underFirst([job.signal, this.#stop.signal], async (signal) => {
        signal.throwIfAborted();
        return identify(examined, candidates.get(candidateId).own.name, signal);
      });
      if (candidates.get(candidateId).item.state === 'identifying')
        await this.#identified(candidateId, identified);
    } catch (thrown) {
      if (this.#stop.signal.aborted) throw thrown;
      const cancelled = job.signal.aborted;
      const { message } = toError(thrown);
      const retryable = !(thrown instanceof AppError) || thrown.retryable;
      if (retryable && !cancelled) this.#later(candidateId, [], message);
      else this.#gaveUp(candidateId, { message, retryable, ...(cancelled && { cancelled }) });
      throw thrown;
    }
    const { state, reason = '' } = candidates.get(candidateId).item;
    return { message: state === 'importing' ? 'It is known, and nothing speaks against it' : reason };
  }

  async #identified(candidateId: string, identified: Identified): Promise<void> {
    const { candidates, imports } = this.#parts;
    const { decision, gates, confidence, matches } = identified;
    const details = await candidates.note(candidateId, {
      identified: { ...identified, matches: [...matches], gates: [...gates] },
    });
    if (decision === 'later') return this.#later(candidateId, gates, gates[0]?.sentence);
    const best = matches[0]?.release;
    candidates.move(
      candidateId,
      {
        confidence,
        ...(best && {
          title: `${best.album_artist} - ${best.album}`,
          artist: best.album_artist,
          album: best.album,
          year: best.year,
        }),
      },
      { tries: 0 },
    );
    if (decision === 'import') imports.decide(candidateId);
    else await imports.toReview(candidateId, gates, details);
  }

  /** The source did not answer: nothing was decided, and it is asked again. */
  #later(candidateId: string, gates: readonly Gate[], reason: string | undefined): void {
    const { candidates, clock } = this.#parts;
    const tries = candidates.get(candidateId).own.tries + 1;
    const not_before_ms = tries <= LATER_TRIES ? clock.wallMs() + LATER_MS : undefined;
    candidates.move(
      candidateId,
      { state: 'waiting', gates: [...gates], reason: reason ?? 'The source of releases did not answer.' },
      { tries, not_before_ms },
    );
    if (not_before_ms !== undefined) this.#wait(candidateId, LATER_MS);
  }

  #wait(candidateId: string, ms: number): void {
    this.#forgetTimer(candidateId);
    const timer = this.#parts.clock.after(ms, () => {
      this.#timers.delete(candidateId);
      const { state } = this.#parts.candidates.get(candidateId).item;
      if (state === 'waiting') this.#behind(candidateId, this.#identify(candidateId));
    });
    this.#timers.set(candidateId, timer);
  }

  #forgetTimer(candidateId: string): void {
    this.#timers.get(candidateId)?.cancel();
    this.#timers.delete(candidateId);
  }

  #gaveUp(candidateId: string, { message, cancelled }: WorkError): void {
    const reason = cancelled === true ? 'Somebody cancelled this.' : message;
    this.#parts.candidates.move(candidateId, { state: 'failed', reason });
  }

  #failed({ candidate_id, title }: Candidate, error: unknown): void {
    this.#parts.log.error({ candidate_id, err: toError(error) }, 'a candidate could not be taken in');
    const reason = `${quoted(title)} could not be taken in: ${toError(error).message}.`;
    this.#parts.candidates.move(candidate_id, { reason });
  }

  #retryOf(jobId: string): string {
    const entry = this.#parts.candidates.all().find(({ own }) => own.job_id === jobId);
    if (!entry) throw new AppError('ERR_CONFLICT', 'This has gone on without that job');
    return this.retry(entry.item.candidate_id);
  }

  #under(jobId: string, state: Candidate['state']): Entry | undefined {
    return this.#parts.candidates.all().find(({ item, own }) => own.job_id === jobId && item.state === state);
  }
}

/** The same for the same part of the same arrival. */
function idOf(arrivalId: string, dirs: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([arrivalId, ...dirs]))
    .digest('hex')
    .slice(0, 24);
}
