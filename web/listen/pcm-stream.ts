/** Two channels of 16 bit. */
const FRAME_BYTES = 4;

interface Block {
  readonly at: number;
  /** Interleaved. */
  readonly samples: Int16Array;
}

/** Samples that come over the network as slowly as they are wanted. Positions are frames of the track. */
export class PcmStream {
  readonly from: number;
  /** All there is has come. */
  done = false;
  failed = false;
  #blocks: Block[] = [];
  #end: number;
  #wanted: number;
  #rest = new Uint8Array();
  #wake: (() => void) | undefined;
  readonly #ended = new AbortController();

  constructor(open: (signal: AbortSignal) => Promise<Response>, from: number, wanted: number) {
    this.from = from;
    this.#end = from;
    this.#wanted = wanted;
    this.#pump(open).catch(() => (this.failed = true));
  }

  /** The first frame that is still here, and the first that has not come yet. */
  get begin(): number {
    return this.#blocks[0]?.at ?? this.#end;
  }
  get end(): number {
    return this.#end;
  }

  wantUntil(frame: number): void {
    this.#wanted = Math.max(this.#wanted, frame);
    if (this.#end < this.#wanted) this.#wake?.();
  }

  /** Up to so many frames; undefined when they are not here. Fewer only at the end of what has come. */
  read(at: number, frames: number): Int16Array | undefined {
    const until = Math.min(at + frames, this.#end);
    if (at < this.begin || until <= at) return undefined;
    const samples = new Int16Array((until - at) * 2);
    for (const block of this.#blocks) {
      const [from, to] = [Math.max(at, block.at), Math.min(until, block.at + block.samples.length / 2)];
      if (from >= to) continue;
      samples.set(block.samples.subarray((from - block.at) * 2, (to - block.at) * 2), (from - at) * 2);
    }
    return samples;
  }

  forget(before: number): void {
    while (this.#blocks[0] && this.#blocks[0].at + this.#blocks[0].samples.length / 2 < before)
      this.#blocks.shift();
  }

  close(): void {
    this.#ended.abort();
    this.#wake?.();
  }

  async #pump(open: (signal: AbortSignal) => Promise<Response>): Promise<void> {
    const { signal } = this.#ended;
    const response = await open(signal);
    if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
    const reader = response.body.getReader();
    for (;;) {
      if (this.#end >= this.#wanted) await new Promise<void>((wake) => (this.#wake = wake));
      if (signal.aborted) return;
      const { value, done } = await reader.read();
      if (done) break;
      this.#take(value);
    }
    this.done = true;
  }

  #take(bytes: Uint8Array): void {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const whole = all.length - (all.length % FRAME_BYTES);
    this.#rest = all.slice(whole);
    if (whole === 0) return;
    const view = new DataView(all.buffer, 0, whole);
    const samples = new Int16Array(whole / 2);
    for (let n = 0; n < samples.length; n++) samples[n] = view.getInt16(n * 2, true);
    this.#blocks.push({ at: this.#end, samples });
    this.#end += samples.length / 2;
  }
}
