/** Writes between two markers: the price of a marker is one small reply (14 % of CPU when every 4th write carries one). */
const WRITES_PER_MARKER = 4;
const BYTES_PER_MARKER = 64 * 1024;
const MAX_OPEN = 2;

/**
 * Knows from pings that went out behind data whether the client still reads. The kernel takes megabytes for a phone that sleeps before
 * any buffer here grows, so an unanswered ping is the only early sign. [BP1]
 */
export class Credit {
  #open: number[] = [];
  #writes = 0;
  #bytes = 0;

  /** Two pings are unanswered: nothing more goes out until one is. */
  get spent(): boolean {
    return this.#open.length >= MAX_OPEN;
  }

  get waiting(): boolean {
    return this.#open.length > 0;
  }

  /** Counts a write; true when a marker has to go with it. */
  due(bytes: number): boolean {
    this.#writes += 1;
    this.#bytes += bytes;
    return this.#writes >= WRITES_PER_MARKER || this.#bytes >= BYTES_PER_MARKER;
  }

  /** A ping with this number went out; numbers rise. */
  marked(mark: number): void {
    this.#open.push(mark);
    this.#writes = 0;
    this.#bytes = 0;
  }

  /** A pong answers its own ping and all before it. Others are not ours and change nothing. */
  answered(payload: string): void {
    if (!/^\d{1,15}$/.test(payload)) return;
    const mark = Number(payload);
    if (this.#open.includes(mark)) this.#open = this.#open.filter((open) => open > mark);
  }
}
