import { silentLogger, systemClock, within } from '../../src/base/index.js';
import type {
  DriverDefinition,
  Fact,
  LinkContext,
  PlayerCommand,
  PlayerLink,
} from '../../src/players/index.js';

export type FactOf<T extends Fact['type']> = Extract<Fact, { type: T }>;

export interface DriveOptions {
  readonly definition: DriverDefinition;
  readonly options: unknown;
  readonly runtimeDir: string;
  readonly memory?: unknown;
  readonly httpPort?: number;
  readonly signal?: AbortSignal;
}

interface Waiter {
  readonly test: (fact: Fact) => boolean;
  readonly done: (fact: Fact) => void;
}

const PATIENCE_MS = 30_000;

/** A link under test, with everything it reported. Waits look at the facts since the last command. */
export class DrivenLink {
  readonly facts: Fact[] = [];
  /** What broke the rules of `Fact`, whatever else a test looks at. */
  readonly violations: string[] = [];
  /** The last `memory` fact. */
  memory: unknown;
  link!: PlayerLink;
  #mark = 0;
  #waiters = new Set<Waiter>();

  static async connect(options: DriveOptions): Promise<DrivenLink> {
    const driven = new DrivenLink();
    driven.memory = options.memory;
    const context: LinkContext = {
      player_id: 'player-under-test',
      emit: (fact) => driven.#take(fact),
      log: silentLogger,
      clock: systemClock,
      memory: options.memory,
      httpPort: options.httpPort ?? 0,
      runtimeDir: options.runtimeDir,
    };
    const { definition } = options;
    const parsed = definition.options.parse(options.options);
    const connect = (signal: AbortSignal): Promise<PlayerLink> => definition.connect(parsed, context, signal);
    const signal = options.signal;
    driven.link = await within(
      { clock: systemClock, what: 'connect', ms: PATIENCE_MS, ...(signal && { signal }) },
      connect,
    );
    return driven;
  }

  #take(fact: Fact): void {
    this.violations.push(...faults(fact));
    this.facts.push(fact);
    if (fact.type === 'memory') this.memory = fact.value;
    for (const waiter of this.#waiters) if (waiter.test(fact)) waiter.done(fact);
  }

  /** Sends a command; later waits see only facts from now on. */
  async run(command: PlayerCommand, signal: AbortSignal = AbortSignal.timeout(PATIENCE_MS)): Promise<void> {
    this.forget();
    await this.link.execute(command, signal);
  }

  /** Later waits see only facts from now on. */
  forget(): void {
    this.#mark = this.facts.length;
  }

  /** Facts since the last command, or since `forget()`. */
  since(): readonly Fact[] {
    return this.facts.slice(this.#mark);
  }

  /** The first fact since the last command that passes, or the one that will. */
  async next<T extends Fact['type']>(
    type: T,
    what: string,
    test: (fact: FactOf<T>) => boolean = () => true,
  ): Promise<FactOf<T>> {
    const matches = (fact: Fact): fact is FactOf<T> => isOf(fact, type) && test(fact);
    const seen = this.since().find(matches);
    if (seen) return seen;
    let waiter: Waiter | undefined;
    try {
      return await within({ clock: systemClock, what: `waiting for ${what}`, ms: PATIENCE_MS }, () => {
        return new Promise<FactOf<T>>((resolve) => {
          waiter = { test: matches, done: (fact) => matches(fact) && resolve(fact) };
          this.#waiters.add(waiter);
        });
      });
    } catch (error) {
      throw new Error(`no fact for: ${what}; since the last command: ${JSON.stringify(this.since())}`, {
        cause: error,
      });
    } finally {
      if (waiter) this.#waiters.delete(waiter);
    }
  }

  /** The latest fact of a type, from any time. */
  last<T extends Fact['type']>(type: T): FactOf<T> | undefined {
    return this.facts.filter((fact): fact is FactOf<T> => isOf(fact, type)).at(-1);
  }

  /** Where the last playback fact says that playback is at this moment. */
  projected(): number {
    const playback = this.last('playback');
    if (!playback) throw new Error('no playback fact yet');
    return playback.position_seconds + ((systemClock.nowUs() - playback.at_us) / 1e6) * playback.rate;
  }

  /** Resolves when the projected position has reached `seconds`. */
  async reaches(seconds: number): Promise<void> {
    while (this.projected() < seconds) await pause(20);
  }

  async close(): Promise<void> {
    await this.link.close();
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function isOf<T extends Fact['type']>(fact: Fact, type: T): fact is FactOf<T> {
  return fact.type === type;
}

/** What must hold for every single fact. */
function faults(fact: Fact): string[] {
  const found: string[] = [];
  const must = (holds: boolean, rule: string): void => {
    if (!holds) found.push(`${rule}: ${JSON.stringify(fact)}`);
  };
  if (fact.type === 'playback') {
    const ageSeconds = (systemClock.nowUs() - fact.at_us) / 1e6;
    must(Number.isFinite(fact.position_seconds) && fact.position_seconds >= 0, 'position is 0 or more');
    must(fact.status === 'playing' || fact.rate === 0, 'rate is 0 unless playing');
    must(fact.status !== 'playing' || fact.rate > 0, 'rate is above 0 while playing');
    must(ageSeconds > -0.5 && ageSeconds < 5, 'at_us is a recent moment of the context clock');
  }
  if (fact.type === 'sync') {
    must(Number.isFinite(fact.skew_ms), 'skew is a number of ms');
    must(Number.isFinite(fact.error_ms) && fact.error_ms >= 0, 'the error bound is 0 or more');
    must(typeof fact.estimated === 'boolean', 'sync says whether it is an estimate');
    must(Math.abs(systemClock.nowUs() - fact.at_us) < 5e6, 'sync is of a recent moment of the context clock');
  }
  if (fact.type === 'volume' && fact.volume !== undefined) {
    must(fact.volume >= 0 && fact.volume <= 1, 'volume is 0..1');
  }
  if (fact.type === 'memory') {
    const text = JSON.stringify(fact.value);
    must(text !== undefined && Buffer.byteLength(text) < 4096, 'memory is JSON below 4 kB');
  }
  if (fact.type === 'ended' && fact.reason === 'failed') {
    must((fact.message ?? '') !== '', 'a failure says why');
  }
  return found;
}
