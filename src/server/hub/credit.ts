/**
 * A ping goes out with every 7th update, and after 8 that no answer covers nothing more does: a phone that falls asleep gets at most 8
 * stale ones, unless more than one comes with a write. Of the settings that keep this it is the one with the fewest pings whose answer may take
 * longer than a tick. Every answer is a read of its own, which costs about as much as a write; more pings would show in the cost of an
 * update.
 */
const UPDATES_PER_MARKER = 7;
const UPDATES_UNANSWERED = 8;
const BYTES_PER_MARKER = 64 * 1024;
const BYTES_AFTER_MARKER = 256 * 1024;

/**
 * Knows from pings that went out behind data whether the client still reads. The kernel takes megabytes for a phone that sleeps before
 * any buffer here grows, so an unanswered ping is the only early sign. [BP1]
 */
export class Credit {
  #open: number | undefined;
  /** Up to the open ping, and since the last one. */
  #covered = 0;
  #updates = 0;
  #bytes = 0;

  /** A ping has been unanswered for too long: nothing more goes out until it is answered. */
  get spent(): boolean {
    if (this.#open === undefined) return false;
    return this.#covered + this.#updates >= UPDATES_UNANSWERED || this.#bytes >= BYTES_AFTER_MARKER;
  }

  /** A ping is unanswered. */
  get waiting(): boolean {
    return this.#open !== undefined;
  }

  /** Counts a write and the updates in it; true when a ping has to go with it. Answers alone count as one. */
  due(bytes: number, updates = 1): boolean {
    this.#updates += Math.max(1, updates);
    this.#bytes += bytes;
    if (this.#open !== undefined) return false;
    return this.#updates >= UPDATES_PER_MARKER || this.#bytes >= BYTES_PER_MARKER;
  }

  /** A ping with this number went out. */
  marked(mark: number): void {
    this.#open = mark;
    this.#covered = this.#updates;
    this.#updates = 0;
    this.#bytes = 0;
  }

  /** Pongs that answer no ping of ours change nothing. */
  answered(payload: string): void {
    if (payload === String(this.#open)) this.#open = undefined;
  }
}
