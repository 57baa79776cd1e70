import {
  AppError,
  Serial,
  toError,
  underFirst,
  uuid,
  type Clock,
  type Logger,
  type Timer,
} from '../../base/index.js';
import type { JobProgress, JobRun, Jobs } from '../../jobs/index.js';
import { GateName, type Duplicate, type Gate, type Match } from '../../protocol/index.js';
import type { Examined, Imported, ImportPlan } from '../contract.js';
import { gate, quoted } from '../sentences.js';
import type { Candidates, Decision, Details, Entry } from './candidates.js';
import type { News } from './news.js';

export interface ImportsParts {
  readonly candidates: Candidates;
  readonly jobs: Pick<Jobs, 'run'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly news: News;
  /** Albums of the library that it would be again, taken as `match`. */
  duplicates(
    this: void,
    examined: Examined,
    match: Match,
  ): Promise<readonly Duplicate[]> | readonly Duplicate[];
  /** Puts it into the library; the same `import_id` twice is done once. */
  import(
    this: void,
    plan: ImportPlan,
    progress: (news: JobProgress) => void,
    signal: AbortSignal,
  ): Promise<Imported>;
}

/** What failed for a reason that may pass is done again after so long, so many times. */
const RETRY_MS = 300_000;
const RETRIES = 2;

/** The last part of the way: from what a candidate is to the shelf, one album at a time, or to a person. */
export class Imports {
  readonly #parts: ImportsParts;
  readonly #line = new Serial();
  readonly #abort = new AbortController();
  readonly #timers = new Map<string, Timer>();

  constructor(parts: ImportsParts) {
    this.#parts = parts;
  }

  /** Nothing speaks against it; whether the library has it already is looked at when its turn has come. */
  decide(candidateId: string): void {
    this.#parts.candidates.move(
      candidateId,
      { state: 'importing', gates: [], reason: undefined },
      { import_id: undefined, tries: 0 },
    );
    this.#open(candidateId);
  }

  /** A person decided; the id of the job. */
  async approved(candidateId: string, decision: Decision): Promise<string> {
    const { candidates } = this.#parts;
    await candidates.note(candidateId, { decision });
    const { album, album_artist, year } = decision.release;
    candidates.move(
      candidateId,
      {
        state: 'importing',
        title: `${album_artist} - ${album}`,
        artist: album_artist,
        album,
        year,
        gates: [],
        reason: undefined,
      },
      { import_id: uuid(), tries: 0, job_id: undefined },
    );
    return this.#open(candidateId);
  }

  /** A candidate that the last life of the server was importing. */
  resume(candidateId: string): void {
    this.#open(candidateId);
  }

  /** The first gate is the reason that people read first. */
  async toReview(candidateId: string, gates: readonly Gate[], details: Details): Promise<void> {
    const { candidates, news } = this.#parts;
    const { duplicates } =
      details.duplicates.length > 0 ? details : await this.#compared(candidateId, details);
    const all =
      duplicates.length > 0 && !gates.some(isAboutDuplicates) ? [...gates, duplicateGate(duplicates)] : gates;
    const { item, own } = candidates.move(
      candidateId,
      { state: 'review', gates: [...all], reason: all[0]?.sentence ?? 'A person has to decide.' },
      { job_id: undefined, import_id: undefined, not_before_ms: undefined },
    );
    const best = details.identified?.matches[0]?.release;
    news.review(item, own.user_id, best && `${best.album_artist} - ${best.album}`);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#abort.abort();
    await this.#line.idle();
  }

  #open(candidateId: string): string {
    const { jobs, candidates } = this.#parts;
    const { item } = candidates.get(candidateId);
    const spec = { kind: 'import', title: `Import ${item.title}`, params: { candidate_id: candidateId } };
    const { job_id } = jobs.run(spec, (job) => this.#line.run(() => this.#import(candidateId, job)));
    return job_id;
  }

  #import(candidateId: string, job: JobRun): Promise<{ message: string }> {
    return underFirst([job.signal, this.#abort.signal], (signal) =>
      this.#importUntil(signal, candidateId, job),
    );
  }

  async #importUntil(signal: AbortSignal, candidateId: string, job: JobRun): Promise<{ message: string }> {
    const { candidates } = this.#parts;
    try {
      signal.throwIfAborted();
      const details = await candidates.details(candidateId);
      const decision = await this.#decision(candidateId, details);
      if (!decision) return { message: candidates.get(candidateId).item.reason ?? '' };
      const plan = planOf(candidates.get(candidateId), details, decision);
      const imported = await this.#parts.import(plan, (news) => job.progress(news), signal);
      return { message: this.#done(candidateId, imported, details) };
    } catch (thrown) {
      if (!this.#abort.signal.aborted) await this.#failed(candidateId, thrown, job.signal.aborted);
      throw thrown;
    }
  }

  /** What is to be imported; undefined when a person has to say. */
  async #decision(candidateId: string, details: Details): Promise<Decision | undefined> {
    const { candidates } = this.#parts;
    const { own } = candidates.get(candidateId);
    if (own.import_id !== undefined && details.decision) return details.decision;
    const match = details.identified?.matches[0];
    if (!match) throw new AppError('ERR_CONFLICT', 'Nothing says what this album is');
    const compared = await this.#compared(candidateId, details);
    const [duplicate, ...others] = compared.duplicates;
    const isSure = duplicate?.by === 'release' || duplicate?.by === 'audio';
    const isUpgrade = duplicate?.quality === 'better' && isSure && others.length === 0;
    if (duplicate && !isUpgrade) {
      await this.toReview(candidateId, [duplicateGate(compared.duplicates)], compared);
      return undefined;
    }
    const decision: Decision = {
      release: match.release,
      files: match.files,
      ...(duplicate && { replace_album_id: duplicate.album_id }),
    };
    await candidates.note(candidateId, { decision });
    candidates.move(candidateId, {}, { import_id: uuid() });
    return decision;
  }

  async #compared(candidateId: string, details: Details): Promise<Details> {
    const { examined, identified } = details;
    const match = identified?.matches[0];
    if (!examined || !match) return details;
    const duplicates = await this.#parts.duplicates(examined, match);
    return this.#parts.candidates.note(candidateId, { duplicates: [...duplicates] });
  }

  #done(candidateId: string, imported: Imported, { examined }: Details): string {
    const { candidates, news } = this.#parts;
    const { album_id, track_ids } = imported;
    const { item, own } = candidates.move(
      candidateId,
      { state: 'imported', album_id, gates: [], reason: undefined },
      { track_ids: track_ids.filter((id) => id !== undefined), job_id: undefined },
    );
    if (!own.keep_sources) news.files.deleted(candidateId, examined?.files ?? []);
    news.imported(item, own.user_id, imported);
    return `${item.title} is in the library`;
  }

  async #failed(candidateId: string, thrown: unknown, cancelled: boolean): Promise<void> {
    const { candidates, clock, log } = this.#parts;
    const error = toError(thrown);
    const { item, own } = candidates.get(candidateId);
    const known = thrown instanceof AppError;
    if (!known && !cancelled) log.error({ candidate_id: candidateId, err: error }, 'an import failed');
    const sentence = cancelled ? 'Somebody cancelled the import.' : `${error.message.replace(/\.$/, '')}.`;
    const tries = own.tries + 1;
    if (!cancelled && (!known || thrown.retryable) && tries <= RETRIES) {
      candidates.move(candidateId, { reason: sentence }, { tries });
      this.#timers.get(candidateId)?.cancel();
      this.#timers.set(
        candidateId,
        clock.after(RETRY_MS, () => {
          this.#timers.delete(candidateId);
          if (candidates.get(candidateId).item.state === 'importing') this.#open(candidateId);
        }),
      );
      return;
    }
    const held = GateName.safeParse(known ? thrown.params['gate'] : undefined);
    if (held.success) {
      const details = await candidates.details(candidateId);
      await this.toReview(candidateId, [gate(held.data, sentence.replace(/\.$/, ''))], details);
    } else candidates.move(candidateId, { state: 'failed', reason: sentence, gates: item.gates }, {});
  }
}

const isAboutDuplicates = ({ gate: name }: Gate): boolean =>
  name === 'duplicate' || name === 'not_an_upgrade';

function duplicateGate([first]: readonly Duplicate[]): Gate {
  const has = `The library has ${first ? quoted(`${first.artist} - ${first.title}`) : 'it'} already`;
  switch (first?.quality) {
    case 'mixed':
      return gate('not_an_upgrade', `${has}, and this is not better in every track of it`);
    case 'better':
      return gate('duplicate', `${has}, not as good as this; it can be replaced, if it is the same`);
    case 'worse':
      return gate('duplicate', `${has}, and better`);
    case 'same':
    case undefined:
      return gate('duplicate', `${has}, as good as this`);
  }
}

function planOf({ own }: Entry, { examined }: Details, decision: Decision): ImportPlan {
  if (!examined || own.import_id === undefined)
    throw new AppError('ERR_CONFLICT', 'The files of this album were not examined');
  return {
    import_id: own.import_id,
    folder: examined.folder,
    files: examined.files,
    release: decision.release,
    tracks: decision.files,
    artwork: artworkOf(examined.files),
    replace_album_id: decision.replace_album_id,
    keep_sources: own.keep_sources,
  };
}

/** A picture that by its name is the front, else the largest beside the music. */
function artworkOf(files: Examined['files']): string | undefined {
  const pictures = files.filter(({ kind, problem }) => kind === 'artwork' && problem === undefined);
  const front = pictures.find(({ path }) => /(^|\/)(cover|folder|front|albumart)[^/]*$/i.test(path));
  return (front ?? pictures.toSorted((one, other) => other.size_bytes - one.size_bytes)[0])?.path;
}
