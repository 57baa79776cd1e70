import type { Clock } from '../base/index.js';
import { COMMANDS, isCommandType, type Caller, type CommandSpec } from '../protocol/index.js';
import type { RunCommand } from './commands.js';
import { rateLimited, type ServerLimits } from './limits.js';
import { KeyedBuckets, TokenBucket } from './token-bucket.js';
import type { WireError } from '../protocol/index.js';

/** Counts commands per person, and what is costly over everybody: one who asks for a scan a second slows the music of all. [RA2] [RA3] */
export class CommandRates {
  readonly #clock: Clock;
  readonly #people: KeyedBuckets;
  readonly #costly: TokenBucket;

  constructor(limits: Pick<ServerLimits, 'commandsPerUser' | 'costly'>, clock: Clock) {
    this.#clock = clock;
    this.#people = new KeyedBuckets(limits.commandsPerUser);
    this.#costly = new TokenBucket(limits.costly, clock.nowUs());
  }

  /** The same, refused with ERR_RATE_LIMITED when it is too often. */
  limited(run: RunCommand): RunCommand {
    return async (type, request, caller, asked) => {
      const waitMs = this.#take(type, caller);
      return waitMs === 0 ? run(type, request, caller, asked) : { ok: false, error: refusal(waitMs) };
    };
  }

  /** Of who has no name, because nobody signs in: by address. Throws ERR_RATE_LIMITED. [RA2] */
  countAddress(address: string): void {
    const waitMs = this.#people.take(`from ${address}`, this.#clock.nowUs());
    if (waitMs > 0) throw rateLimited(waitMs);
  }

  #take(type: string, { subject_id }: Caller): number {
    const now = this.#clock.nowUs();
    // What satellites say comes as fast as music does, and its commands are bound to one token.
    const counts = subject_id !== undefined && !type.startsWith('satellite:');
    const waitMs = counts ? this.#people.take(subject_id, now) : 0;
    if (waitMs > 0) return waitMs;
    const cost = isCommandType(type) ? ((COMMANDS[type] as CommandSpec).cost ?? 0) : 0;
    return cost === 0 ? 0 : this.#costly.take(now, cost);
  }
}

function refusal(waitMs: number): WireError {
  const { code, message, retryable, params } = rateLimited(waitMs);
  return { code, message, retryable, params: { ...params } };
}
