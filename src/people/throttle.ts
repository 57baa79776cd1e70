import { AppError, type Clock } from '../base/index.js';

/** At once, and how many a second come back. One address runs dry long before everybody together does. */
const PER_ADDRESS = { size: 10, perSecond: 1 / 30 };
const TOGETHER = { size: 60, perSecond: 1 / 2 };
/** After so many failures in a row each further one doubles the wait, from one second up to a minute. */
const FREE_FAILURES = 3;
const MAX_DELAY_MS = 60_000;
/** A row of failures is forgotten after so long without one. */
const FORGET_MS = 15 * 60_000;
const MAX_ADDRESSES = 4096;

interface Bucket {
  tokens: number;
  atUs: number;
}
interface Past extends Bucket {
  failures: number;
  notBeforeUs: number;
}

/**
 * Holds up who guesses. Each try is counted as a failure when it begins and taken back when it was none, so that tries at the same time
 * count too. Addresses are held up each for itself; where all together fail too often, those are that nobody has signed in from before.
 */
export class Throttle {
  readonly #clock: Clock;
  readonly #pasts = new Map<string, Past>();
  readonly #together: Bucket;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#together = { tokens: TOGETHER.size, atUs: clock.nowUs() };
  }

  /** Throws ERR_RATE_LIMITED; `known`: somebody has signed in from there before. The answer takes the failure back. */
  begin(address: string, known: boolean): () => void {
    const nowUs = this.#clock.nowUs();
    const past = this.#past(networkOf(address), nowUs);
    refill(past, PER_ADDRESS, nowUs);
    refill(this.#together, TOGETHER, nowUs);
    const waitMs = Math.max(
      (past.notBeforeUs - nowUs) / 1000,
      missing(past, PER_ADDRESS),
      known ? 0 : missing(this.#together, TOGETHER),
    );
    if (waitMs > 0)
      throw new AppError('ERR_RATE_LIMITED', 'Too many tries: wait a moment', {
        params: { retry_after_ms: Math.ceil(waitMs) },
      });
    past.tokens -= 1;
    this.#together.tokens = Math.max(0, this.#together.tokens - 1);
    past.failures += 1;
    const doublings = past.failures - FREE_FAILURES;
    if (doublings >= 0)
      past.notBeforeUs = nowUs + Math.min(MAX_DELAY_MS, 1000 * 2 ** Math.min(doublings, 10)) * 1000;
    return () => {
      past.tokens = Math.min(PER_ADDRESS.size, past.tokens + 1);
      this.#together.tokens = Math.min(TOGETHER.size, this.#together.tokens + 1);
      past.failures = 0;
      past.notBeforeUs = 0;
    };
  }

  /** The addresses that are remembered: a leak check. */
  get addresses(): number {
    return this.#pasts.size;
  }

  #past(network: string, nowUs: number): Past {
    const known = this.#pasts.get(network);
    const stale = known !== undefined && nowUs - known.atUs > FORGET_MS * 1000;
    const past =
      known && !stale ? known : { tokens: PER_ADDRESS.size, atUs: nowUs, failures: 0, notBeforeUs: 0 };
    this.#pasts.delete(network);
    this.#pasts.set(network, past);
    const [eldest] = this.#pasts.keys();
    if (this.#pasts.size > MAX_ADDRESSES && eldest !== undefined) this.#pasts.delete(eldest);
    return past;
  }
}

/** One household has a whole /64 of IPv6: it counts as one address. An IPv4 address written as IPv6 is what it is. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...(tail === undefined ? [] : zeros), ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

function refill(bucket: Bucket, { size, perSecond }: typeof TOGETHER, nowUs: number): void {
  bucket.tokens = Math.min(size, bucket.tokens + (Math.max(0, nowUs - bucket.atUs) / 1e6) * perSecond);
  bucket.atUs = nowUs;
}

/** Milliseconds until there is one again. */
function missing(bucket: Bucket, { perSecond }: typeof TOGETHER): number {
  return bucket.tokens >= 1 ? 0 : ((1 - bucket.tokens) / perSecond) * 1000;
}
