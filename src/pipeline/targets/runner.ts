import {
  AppError,
  backoffMs,
  toError,
  underFirst,
  type Clock,
  type Logger,
  type Timer,
} from '../../base/index.js';
import type { JobRun, JobSpec } from '../../jobs/index.js';
import type { ScanResult, Target } from '../../protocol/index.js';
import type { KeptList } from '../../state/index.js';
import { TargetFault, type Outcome, type RunningScan, type ScanTarget } from './contract.js';
import { STILL_SCANNING } from './follow.js';
import type { Outbox, OutboxRow } from './outbox.js';
import { planRound, type LibraryParts, type Round } from './round.js';
import type { TargetSecret } from './target-secret.js';

export interface RunnerParts {
  readonly targets: KeptList<'targets', TargetSecret>;
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Logger;
  random(this: void): number;
  readonly library: LibraryParts;
  /** Whether the library is where it should be. A folder that lost its disk is empty, and who scans it forgets everything. */
  libraryThere(this: void): Promise<boolean> | boolean;
  openJob(this: void, spec: JobSpec): JobRun;
  make(this: void, item: Target, own: TargetSecret): ScanTarget;
  /** For admins, on every screen. */
  tell(this: void, title: string, message: string): void;
}

/** A target is asked again no sooner: scans in quick succession get lost. */
export const APART_MS = 5000;
/** New music is told when it was calm for so long, and at the latest so long after the first. */
const CALM_MS = 10_000;
const LONGEST_MS = 60_000;
/** A scan that did not find our files is tried again after these pauses; then the target was told often enough. */
const AGAIN_MS = [60_000, 300_000] as const;
const BACK_OFF_MS = 5000;
const LONGEST_BACK_OFF_MS = 15 * 60_000;
const AWAY_MS = 60_000;

const STILL_BUSY = new TargetFault('timeout', STILL_SCANNING.message);
const AWAY =
  'The music folder is not there, so nothing is scanned: a server that scans an empty folder forgets its music. Bring the disk back.';

interface Asked {
  readonly folder: string;
  readonly job: JobRun;
}

interface ScanOrder {
  readonly target: ScanTarget;
  readonly round: Round;
  readonly name: string;
  /** The runner ends. */
  readonly signal: AbortSignal;
  /** It ends, or somebody who asked wants it no more. */
  readonly stop: AbortSignal;
}

interface Running {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Tells one target what is in its outbox: one scan at a time, again and again until each has come to an end. */
export class TargetRunner {
  readonly #parts: RunnerParts;
  readonly #id: string;
  #asked: Asked[] = [];
  #timer: Timer | undefined;
  #running: Running | undefined;
  /** Until somebody changes something. */
  #blocked = false;
  #failures = 0;
  /** After a failure. */
  #notBeforeUs = 0;
  /** After a scan, whatever came of it. */
  #apartUs = 0;
  #told: ScanResult | undefined;
  #closed = false;

  constructor(parts: RunnerParts, id: string) {
    this.#parts = parts;
    this.#id = id;
    const before = parts.targets.get(id)?.item.last_result;
    this.#told = before === 'refused' ? before : undefined;
  }

  /** Looks whether there is something to do, and when. */
  wake(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#closed || this.#running || this.#blocked) return;
    if (this.#parts.targets.get(this.#id)?.item.enabled !== true) return;
    const rows = this.#parts.outbox.rows(this.#id);
    if (rows.length === 0) return;
    this.#timer = this.#parts.clock.after(this.#waitMs(rows), () => this.#start());
  }

  /** How much it has still to be told of is shown. */
  count(): void {
    const { targets, outbox } = this.#parts;
    const entry = targets.get(this.#id);
    const waiting = outbox.count(this.#id);
    if (entry && entry.item.waiting !== waiting) targets.show({ ...entry.item, waiting }, entry.own);
  }

  /** An admin changed it: what goes on goes to where it was before. */
  async changed(): Promise<void> {
    this.#running?.abort.abort(new AppError('ERR_CONFLICT', 'The target was changed'));
    await this.#running?.done;
    this.again();
  }

  /** Whatever spoke against it may be over. */
  again(): void {
    this.#blocked = false;
    this.#failures = 0;
    this.#notBeforeUs = 0;
    this.#told = undefined;
    this.wake();
  }

  /** Somebody waits for this folder, which is in the outbox. */
  ask(folder: string, job: JobRun): void {
    this.#asked.push({ folder, job });
    job.signal.addEventListener('abort', () => this.#cancelled(job, folder), { once: true });
    this.#blocked = false;
    this.#notBeforeUs = 0;
    this.wake();
  }

  async close(message = 'The server stopped before this was done'): Promise<void> {
    this.#closed = true;
    this.wake();
    this.#running?.abort.abort(new AppError('ERR_CONFLICT', message));
    await this.#running?.done;
    for (const { job } of this.#asked.splice(0)) job.fail({ message, retryable: true });
  }

  #waitMs(rows: readonly OutboxRow[]): number {
    const { clock } = this.#parts;
    const now = clock.wallMs();
    const fresh = rows.filter(({ attempts }) => attempts === 0).map(({ noted_ms }) => noted_ms - now);
    // A wall clock that was set back must not put anything off for years.
    const waits = rows
      .filter(({ attempts }) => attempts > 0)
      .map(({ due_ms }) => Math.min(due_ms - now, Math.max(...AGAIN_MS)));
    if (fresh.length > 0)
      waits.push(Math.min(CALM_MS, CALM_MS + Math.max(...fresh), LONGEST_MS + Math.min(...fresh)));
    const isAsked = rows.some((row) => this.#asked.some(({ folder }) => folder === row.folder));
    const wait = isAsked ? 0 : Math.min(...waits);
    const closedUs = Math.max(this.#notBeforeUs, this.#apartUs);
    return Math.max(0, wait, (closedUs - clock.nowUs()) / 1000);
  }

  #start(): void {
    this.#timer = undefined;
    const abort = new AbortController();
    const done = this.#round(abort.signal)
      .catch((thrown: unknown) => this.#broke(thrown, abort.signal))
      .then(() => {
        this.#running = undefined;
        this.wake();
      });
    this.#running = { abort, done };
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { targets, outbox, clock, library, make } = this.#parts;
    const entry = targets.get(this.#id);
    if (!entry || !(await this.#isLibraryThere())) return;
    const target = make(entry.item, entry.own);
    try {
      if (!(await target.calm(signal))) throw STILL_BUSY;
    } catch (thrown) {
      return this.#fault(thrown, this.#asked, signal);
    }
    // It may have taken long: only now is it sure what stands on the disk when the target looks.
    if (!(await this.#isLibraryThere())) return;
    const now = clock.wallMs();
    const due = outbox.rows(this.#id).filter((row) => this.#isDue(row, now));
    const round = await planRound(due, target, library);
    this.#passOver(round);
    if (round.rows.length > 0) await this.#scan(target, round, entry.item, signal);
  }

  async #scan(target: ScanTarget, round: Round, { name }: Target, signal: AbortSignal): Promise<void> {
    const jobs = this.#asked.filter(({ folder }) => round.rows.some((row) => row.folder === folder));
    const stops = [signal, ...jobs.map(({ job }) => job.signal)];
    await underFirst(stops, (stop) => this.#scanFor(jobs, { target, round, name, signal, stop }));
  }

  async #scanFor(jobs: readonly Asked[], { target, round, name, signal, stop }: ScanOrder): Promise<void> {
    const { clock, outbox } = this.#parts;
    for (const { job } of jobs) job.begin('scanning');
    this.#apartUs = clock.nowUs() + APART_MS * 1000;
    try {
      const running = await target.scan(round.places, stop);
      const outcome =
        jobs.length > 0 ? await running.outcome(stop) : await this.#underJob(running, round, name, stop);
      this.#settle(round, outcome);
      for (const { job } of jobs) this.#forget(job, () => end(job, outcome, name));
    } catch (thrown) {
      if (stop.aborted && !signal.aborted) outbox.remove(round.rows);
      else this.#fault(thrown, jobs, signal);
    } finally {
      this.#apartUs = clock.nowUs() + APART_MS * 1000;
      this.count();
    }
  }

  /** A scan that nobody asked for has a job from the moment the target has taken it on. */
  async #underJob(
    running: RunningScan,
    { rows }: Round,
    name: string,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const params = { target_id: this.#id, folder: rows[0]?.folder ?? '' };
    const job = this.#parts.openJob({ kind: 'target-scan', title: `Scan by ${name}`, params });
    job.begin('scanning');
    try {
      const outcome = await underFirst([signal, job.signal], (both) => running.outcome(both));
      end(job, outcome, name);
      return outcome;
    } catch (thrown) {
      if (job.signal.aborted && !signal.aborted) {
        this.#parts.outbox.remove(rows);
        return { result: 'scanned', message: 'Somebody cancelled it.' };
      }
      job.fail({ message: messageOf(thrown), retryable: true });
      throw thrown;
    }
  }

  #settle({ places, rows }: Round, outcome: Outcome): void {
    const { outbox, clock } = this.#parts;
    this.#failures = 0;
    const isProved = outcome.result === 'confirmed' || places.every(({ proofs }) => proofs.length === 0);
    const tired = rows.filter(({ attempts }) => isProved || attempts >= AGAIN_MS.length);
    outbox.remove(tired);
    for (const row of rows)
      if (!tired.includes(row)) outbox.postpone([row], clock.wallMs() + (AGAIN_MS[row.attempts] ?? 0));
    this.#report(outcome.result, outcome.message, !isProved && tired.length > 0);
  }

  /** Folders that cannot be scanned now or ever. */
  #passOver({ unmapped, absent }: Round): void {
    const { outbox, clock, library, targets } = this.#parts;
    const tired = absent.filter(({ attempts }) => attempts >= AGAIN_MS.length);
    outbox.remove(tired);
    for (const row of absent)
      if (!tired.includes(row)) outbox.postpone([row], clock.wallMs() + (AGAIN_MS[row.attempts] ?? 0));
    this.#failAsked([...absent], 'This folder is not there, so it is not scanned.');
    const [first] = unmapped;
    if (!first) return;
    const mappings = targets.get(this.#id)?.item.mappings ?? [];
    const isPart = mappings.some(({ ours }) => ours.startsWith(`${library.musicDir}/`));
    const message = `No path mapping leads to ${library.musicDir}/${first.folder}. Add one.`;
    this.#failAsked([...unmapped], message);
    if (isPart) return outbox.remove(unmapped);
    this.#blocked = true;
    this.#report('refused', message, true);
  }

  #fault(thrown: unknown, jobs: readonly Asked[], signal: AbortSignal): void {
    if (signal.aborted) throw thrown;
    const fault = thrown instanceof TargetFault ? thrown : undefined;
    if (!fault) this.#parts.log.error({ err: toError(thrown), target_id: this.#id }, 'a scan target broke');
    const message = messageOf(thrown);
    for (const { job } of [...jobs]) this.#forget(job, () => job.fail({ message, retryable: true }));
    this.#blocked = fault?.fatal ?? false;
    this.#backOff();
    this.#report(fault?.result ?? 'unreachable', message, fault?.result === 'refused');
  }

  #backOff(): void {
    const { clock, random } = this.#parts;
    const ms = backoffMs(this.#failures++, random(), BACK_OFF_MS, LONGEST_BACK_OFF_MS);
    this.#notBeforeUs = Math.max(this.#notBeforeUs, clock.nowUs() + ms * 1000);
  }

  async #isLibraryThere(): Promise<boolean> {
    const { libraryThere, clock, log } = this.#parts;
    if (await libraryThere()) return true;
    log.warn({ target_id: this.#id }, 'the music folder is away, nothing is scanned');
    this.#notBeforeUs = clock.nowUs() + AWAY_MS * 1000;
    for (const { job } of [...this.#asked])
      this.#forget(job, () => job.fail({ message: AWAY, retryable: true }));
    this.#report(undefined, AWAY, false);
    return false;
  }

  #isDue({ folder, attempts, due_ms }: OutboxRow, now: number): boolean {
    if (attempts === 0 || this.#asked.some((asked) => asked.folder === folder)) return true;
    return due_ms <= now || due_ms > now + Math.max(...AGAIN_MS);
  }

  #report(result: ScanResult | undefined, message: string, isNews: boolean): void {
    const { targets, outbox, clock, log, tell } = this.#parts;
    const entry = targets.get(this.#id);
    if (!entry) return;
    log.info({ target_id: this.#id, result }, 'a scan target was told');
    const waiting = outbox.count(this.#id);
    const last_at = new Date(clock.wallMs()).toISOString();
    const last = { last_message: message, last_at, ...(result && { last_result: result }) };
    targets.put({ ...entry.item, waiting, ...last }, entry.own, 'normal');
    if (isNews && this.#told !== result) tell(`${entry.item.name} does not take our music`, message);
    if (isNews || result === 'confirmed') this.#told = result;
  }

  #failAsked(rows: readonly OutboxRow[], message: string): void {
    for (const { folder, job } of [...this.#asked])
      if (rows.some((row) => row.folder === folder))
        this.#forget(job, () => job.fail({ message, retryable: true }));
  }

  /** Only what somebody cancels is still asked for when its signal says so. */
  #cancelled(job: JobRun, folder: string): void {
    if (!this.#asked.some((asked) => asked.job === job)) return;
    this.#forget(job);
    const { outbox } = this.#parts;
    outbox.remove(outbox.rows(this.#id).filter((row) => row.folder === folder && row.reason === 'asked'));
    this.count();
  }

  #forget(job: JobRun, then?: () => void): void {
    this.#asked = this.#asked.filter((asked) => asked.job !== job);
    then?.();
  }

  #broke(thrown: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#parts.log.error({ err: toError(thrown), target_id: this.#id }, 'a round of a scan target broke');
    this.#backOff();
  }
}

const messageOf = (thrown: unknown): string =>
  thrown instanceof TargetFault ? thrown.message : 'Something went wrong inside Tutti';

/** Jobs are seen by everybody: where folders are is for admins, in the list of targets. */
function end(job: JobRun, { result }: Outcome, name: string): void {
  if (result === 'timeout') job.fail({ message: `${name} did not come to an end in time`, retryable: true });
  else if (result === 'confirmed') job.complete({ message: `${name} has it` });
  else job.complete({ message: `${name} has looked` });
}
