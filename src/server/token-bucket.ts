/** So many at once, and so many a minute in the long run. */
export interface Rate {
  readonly burst: number;
  readonly per_minute: number;
}

/** Counts what somebody does against a rate. Starts full. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #atUs: number;

  constructor(rate: Rate, nowUs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#atUs = nowUs;
  }

  /** Takes `cost`. 0 = it was there; otherwise nothing was taken, and it will be there in so many milliseconds. */
  take(nowUs: number, cost = 1): number {
    this.#refill(nowUs);
    const wanted = Math.min(cost, this.#rate.burst);
    if (this.#tokens >= wanted) {
      this.#tokens -= wanted;
      return 0;
    }
    return Math.max(1, Math.ceil(((wanted - this.#tokens) / this.#rate.per_minute) * 60_000));
  }

  /** Nothing was taken for so long that it might as well be a new one. */
  full(nowUs: number): boolean {
    this.#refill(nowUs);
    return this.#tokens >= this.#rate.burst;
  }

  #refill(nowUs: number): void {
    const minutes = Math.max(0, nowUs - this.#atUs) / 60e6;
    this.#atUs = nowUs;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + minutes * this.#rate.per_minute);
  }
}

/** Beyond this the full buckets are forgotten, and when none is full, the oldest one. */
const MAX_KEYS = 4096;

/** A bucket for each of many: addresses, people. Its memory is bounded. */
export class KeyedBuckets {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  get size(): number {
    return this.#buckets.size;
  }

  take(key: string, nowUs: number, cost = 1): number {
    let bucket = this.#buckets.get(key);
    if (!bucket) {
      this.#makeRoom(nowUs);
      this.#buckets.set(key, (bucket = new TokenBucket(this.#rate, nowUs)));
    }
    return bucket.take(nowUs, cost);
  }

  #makeRoom(nowUs: number): void {
    if (this.#buckets.size < MAX_KEYS) return;
    for (const [key, bucket] of this.#buckets) if (bucket.full(nowUs)) this.#buckets.delete(key);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= MAX_KEYS && oldest.done === false) this.#buckets.delete(oldest.value);
  }
}
