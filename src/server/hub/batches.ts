import { pingFrame, type Frame } from './frames.js';

/** Above this a batch is not copied into one buffer but handed over as one vectored write. */
const MAX_JOINED = 64 * 1024;

/** The part of a socket that is used. */
export interface Sink {
  write(bytes: Buffer): unknown;
  cork(): void;
  uncork(): void;
}

interface Batch {
  readonly frames: readonly Frame[];
  plain: Buffer | undefined;
  marked: Buffer | undefined;
}

/** The writes of one tick. Clients with the same frames to get share one buffer, so each costs one system call and no copy. */
export class Batches {
  readonly #batches: Batch[] = [];
  readonly #mark: number;
  #ping: Frame | undefined;

  /** `mark` is the number in the pings of this tick. */
  constructor(mark: number) {
    this.#mark = mark;
  }

  /** Exactly one write to the socket. */
  write(socket: Sink, frames: readonly Frame[], size: number, withPing: boolean): void {
    if (size > MAX_JOINED) {
      socket.cork();
      for (const frame of withPing ? [...frames, this.#pingFrame()] : frames)
        for (const chunk of frame.chunks) socket.write(chunk);
      socket.uncork();
      return;
    }
    const batch = this.#batchOf(frames);
    if (withPing) socket.write((batch.marked ??= join([...frames, this.#pingFrame()])));
    else socket.write((batch.plain ??= join(frames)));
  }

  #pingFrame(): Frame {
    return (this.#ping ??= pingFrame(this.#mark));
  }

  #batchOf(frames: readonly Frame[]): Batch {
    for (const batch of this.#batches) if (same(batch.frames, frames)) return batch;
    const batch: Batch = { frames, plain: undefined, marked: undefined };
    if (this.#batches.length < 8) this.#batches.push(batch);
    return batch;
  }
}

function same(one: readonly Frame[], other: readonly Frame[]): boolean {
  return one === other || (one.length === other.length && one.every((frame, at) => frame === other[at]));
}

function join(frames: readonly Frame[]): Buffer {
  const chunks = frames.flatMap((frame) => frame.chunks);
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
