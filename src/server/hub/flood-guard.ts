import type { Clock } from '../../base/index.js';
import type { ServerLimits } from '../limits.js';
import { TokenBucket } from '../token-bucket.js';

/** Refusals a minute that look like a slip; who is refused more often does not listen and is closed. [RA5] */
const REFUSALS = { burst: 200, per_minute: 200 };
/** Satellites tell facts as fast as music moves, each in a message of its own. */
const SATELLITE_FACTOR = 16;

/** What one connection may send. [RA1] */
export class FloodGuard {
  readonly #clock: Clock;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #satelliteBytes: TokenBucket;
  readonly #refusals: TokenBucket;

  constructor(limits: Pick<ServerLimits, 'messages' | 'bytes'>, clock: Clock) {
    const now = clock.nowUs();
    const { burst, per_minute } = limits.bytes;
    this.#clock = clock;
    this.#messages = new TokenBucket(limits.messages, now);
    this.#bytes = new TokenBucket(limits.bytes, now);
    this.#satelliteBytes = new TokenBucket({ burst, per_minute: per_minute * SATELLITE_FACTOR }, now);
    this.#refusals = new TokenBucket(REFUSALS, now);
  }

  /** One message; 0 = it may, otherwise milliseconds until it may. */
  message(): number {
    return this.#messages.take(this.#clock.nowUs());
  }

  bytes(size: number, ofSatellite: boolean): number {
    return (ofSatellite ? this.#satelliteBytes : this.#bytes).take(this.#clock.nowUs(), size);
  }

  /** Counts a refusal; true when it was one too many. */
  refused(): boolean {
    return this.#refusals.take(this.#clock.nowUs()) > 0;
  }
}
