import { AppError, type Clock } from '../base/index.js';
import type { Check, CommandReply, Handlers } from '../protocol/index.js';
import { done, examine, waiting, type CheckSpec } from './finding.js';
import { checkPhone } from './round-trips.js';

export interface DoctorParts {
  readonly clock: Clock;
  /** The checks of one run; made anew for each. */
  checks(this: void, askTime: boolean): readonly CheckSpec[];
  /** Tells who follows topic `checks`. */
  tell(this: void, checks: readonly Check[]): void;
  forget(this: void, ids: readonly string[]): void;
}

const PHONE: CheckSpec = {
  id: 'phone',
  title: 'From this phone and back',
  part: 'network',
  why: 'What is slow from here feels slow, however well the server is.',
  run: () => checkPhone([]),
};

/** The doctor of a running server: one run at a time, and what it found is there until the next. [DR2] */
export class Doctor {
  readonly #parts: DoctorParts;
  readonly #ended = new AbortController();
  readonly #checks = new Map<string, Check>();
  #running: Promise<void> | undefined;
  #startedUs = 0;
  #startedAt: string | undefined;
  #durationMs: number | undefined;

  readonly handlers: Handlers<'doctor:run' | 'doctor:get' | 'doctor:phone'>;

  constructor(parts: DoctorParts) {
    this.#parts = parts;
    this.handlers = {
      'doctor:run': ({ ask_time }) => this.#start(ask_time),
      'doctor:get': () => this.report(),
      'doctor:phone': ({ round_trips_ms }) => ({ check: this.#phone(round_trips_ms) }),
    };
  }

  report(): CommandReply<'doctor:get'> {
    return {
      state: this.#running ? 'running' : this.#startedAt === undefined ? 'never' : 'done',
      ...(this.#startedAt !== undefined && { started_at: this.#startedAt }),
      ...(this.#durationMs !== undefined && { duration_ms: this.#durationMs }),
      checks: [...this.#checks.values()],
    };
  }

  /** What is known now; looks first when nobody has looked yet. */
  async findings(): Promise<readonly Check[]> {
    if (this.#startedAt === undefined) this.#start(false);
    await this.#running;
    return [...this.#checks.values()];
  }

  async close(): Promise<void> {
    this.#ended.abort(new AppError('ERR_BUSY', 'the server stops'));
    await this.#running;
  }

  #start(askTime: boolean): CommandReply<'doctor:run'> {
    if (this.#running) throw new AppError('ERR_BUSY', 'The doctor is looking already', { retryable: true });
    const { clock, checks, forget } = this.#parts;
    const specs = checks(askTime);
    const ids = new Set([...specs.map(({ id }) => id), PHONE.id]);
    const gone = [...this.#checks.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.#checks.delete(id);
    if (gone.length > 0) forget(gone);
    this.#put(specs.map(waiting));
    this.#startedUs = clock.nowUs();
    this.#startedAt = new Date(clock.wallMs()).toISOString();
    this.#durationMs = undefined;
    const changed = (check: Check): void => this.#put([check]);
    this.#running = examine(specs, { clock, signal: this.#ended.signal, changed }).then(() => {
      this.#durationMs = Math.round((clock.nowUs() - this.#startedUs) / 1000);
      this.#running = undefined;
    });
    return { started_at: this.#startedAt, check_count: specs.length };
  }

  #phone(roundTripsMs: readonly number[]): Check {
    const { clock } = this.#parts;
    const check = done(PHONE, checkPhone(roundTripsMs), { clock, began: clock.nowUs() });
    this.#put([check]);
    return check;
  }

  #put(checks: readonly Check[]): void {
    for (const check of checks) this.#checks.set(check.check_id, check);
    this.#parts.tell(checks);
  }
}
