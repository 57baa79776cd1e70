import { toError, underFirst, within, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import type { Cue } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import type { Stages } from './stages.js';

/** Time to position and fill the buffers before a moment that we choose ourselves: as it went the last time, and doubled each time it was not enough. */
const LEAD_US = 150_000;
const MIN_LEAD_US = 80_000;
const MAX_LEAD_US = 2_400_000;
/** Of what positioning took the last time: the next one may take longer. */
const LEAD_FACTOR = 4;
/** With less left than this it is too late for the moment. */
const SPARE_US = 2_000;
const POSITION_MS = 4000;
/** An exact seek is exact to the sample. What mpv says it reached while it is paused is not: it counts a buffer that it has emptied. */
const NEAR_SECONDS = 0.0005;
/** A processor that sleeps, and a program that nobody asked anything for a while, take up to 5 ms to begin: mpv is kept awake before its moment. */
const AWAKE_US = 8_000;
/** Closer to the moment it is asked without a break. */
const CLOSE_US = 2_000;
/** The last question is answered by then. What is left is waited out by looking at the clock, which takes a processor from those who play. */
const ASKED_US = 300;

export interface Start {
  readonly cue: Cue;
  /** The playlist entry that shall sound. */
  readonly entryId: number;
  /** Where it stands, paused and ready, or will when it has loaded. */
  readonly position_seconds: number | undefined;
  readonly seekable: boolean;
}

/** What only the ready output tells. */
export interface Trim {
  readonly speed: number;
  /** How long after the command the first sound is heard. */
  readonly start_us: number;
}

export interface Begun {
  /** When it shall have been heard from its position. */
  readonly due_us: number;
  /** How much later than meant the command went out. */
  readonly late_us: number;
}

/** Makes a player be heard at a position at a moment: pause, position, and go on at the right time. One at a time; the last one counts. */
export class TimedStart {
  #client: MpvClient;
  #stages: Stages;
  #clock: Clock;
  #log: Logger;
  #current: AbortController | undefined;
  #lead = LEAD_US;

  constructor(client: MpvClient, stages: Stages, context: { readonly clock: Clock; readonly log: Logger }) {
    this.#client = client;
    this.#stages = stages;
    this.#clock = context.clock;
    this.#log = context.log;
  }

  get pending(): boolean {
    return this.#current !== undefined;
  }

  cancel(): void {
    this.#current?.abort();
    this.#current = undefined;
  }

  /** Resolves when the command to go on was sent; with `undefined` when it was cancelled, or mpv would not. Nobody waits for it in between. */
  async begin(start: Start, trim: () => Promise<Trim>): Promise<Begun | undefined> {
    this.cancel();
    const mine = new AbortController();
    this.#current = mine;
    try {
      return await this.#run(start, trim, mine.signal);
    } catch (error) {
      if (!mine.signal.aborted) await this.#goOnAnyway(toError(error));
      return undefined;
    } finally {
      if (this.#current === mine) this.#current = undefined;
    }
  }

  /** Music at the wrong moment is better than silence. */
  async #goOnAnyway(error: Error): Promise<void> {
    this.#log.warn({ reason: error.message }, 'a start at a chosen moment failed; playing at once');
    await this.#client.request(['set_property', 'pause', false]).catch((reason: unknown) => {
      this.#log.debug({ reason: toError(reason).message }, 'mpv does not play on');
    });
  }

  async #run(start: Start, trim: () => Promise<Trim>, signal: AbortSignal): Promise<Begun | undefined> {
    const client = this.#client;
    await client.request(['set_property', 'pause', true]);
    await this.#until(() => this.#stages.ready(start.entryId), signal);
    if (signal.aborted) return undefined;
    const { speed, start_us } = await trim();
    if (signal.aborted) return undefined;
    await client.request(['set_property', 'speed', speed]);
    let stands = start.position_seconds;
    for (let lead = this.#lead; !signal.aborted; lead = Math.min(2 * lead, MAX_LEAD_US)) {
      const due = await this.#position(start, stands, lead, signal);
      const spare = due - start_us - this.#clock.nowUs();
      if (spare < SPARE_US && start.seekable && lead < MAX_LEAD_US) {
        stands = undefined;
        continue;
      }
      await this.#wait(due - start_us, signal);
      if (signal.aborted) return undefined;
      const late_us = this.#clock.nowUs() - (due - start_us);
      await client.request(['set_property', 'pause', false]);
      this.#log.debug({ late_us, spare_us: spare }, 'started at its moment');
      return { due_us: due, late_us };
    }
    return undefined;
  }

  /** Stands, ready, where the music is at the moment that it returns. */
  async #position(
    { cue, seekable }: Start,
    stands: number | undefined,
    lead: number,
    signal: AbortSignal,
  ): Promise<number> {
    const now = this.#clock.nowUs();
    const asPlanned = cue.at_us >= now + (stands === cue.position_seconds ? SPARE_US : this.#lead / 2);
    const due = asPlanned ? cue.at_us : now + lead;
    const wanted = cue.position_seconds + (due - cue.at_us) / 1e6;
    if (!seekable) return Math.max(due - (asPlanned ? 0 : lead), now);
    if (stands === undefined || Math.abs(stands - wanted) > NEAR_SECONDS) {
      const before = this.#stages.restarts;
      await this.#client.request(['seek', Math.max(0, wanted), 'absolute+exact']);
      await this.#until(() => this.#stages.restarts > before, signal);
      const took = this.#clock.nowUs() - now;
      this.#lead = Math.min(MAX_LEAD_US / 4, Math.max(MIN_LEAD_US, LEAD_FACTOR * took));
    }
    return due;
  }

  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    const limit = { clock: this.#clock, what: 'mpv to be ready', ms: POSITION_MS };
    await within(limit, (expired) =>
      underFirst([signal, expired], (stop) => this.#stages.until(holds, stop)),
    );
  }

  async #wait(at: number, signal: AbortSignal): Promise<void> {
    const left = (): number => (signal.aborted ? 0 : at - this.#clock.nowUs());
    if (left() > AWAKE_US) await this.#pause(left() - AWAKE_US, signal);
    while (left() > CLOSE_US) {
      await this.#awake(left());
      await this.#pause(1000, signal);
    }
    while (left() > ASKED_US) await this.#awake(left());
    while (left() > 0) await new Promise(setImmediate);
  }

  async #pause(us: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(us / 1000, resolve);
      signal.addEventListener('abort', () => (timer.cancel(), resolve()), { once: true });
    });
  }

  /** An answer that does not come in time does not make the start late as well. */
  async #awake(leftUs: number): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#clock.after(Math.max(0, leftUs / 1000 - 1), resolve);
    });
    await Promise.race([this.#client.get('pause'), late]);
    timer?.cancel();
  }
}
