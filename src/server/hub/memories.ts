import type { Clock } from '../../base/index.js';
import { Answers } from './answers.js';
import type { Frame } from './frames.js';

/** How long a client may be away and still be known by its commands. [RE1] */
export const REMEMBER_MS = 120_000;
/** Of clients that are away. */
export const MAX_AWAY = 512;
const MAX_AWAY_BYTES = 16 * 1024 * 1024;

/** The connection that has a client's memory now. */
export interface Holder {
  answer(this: void, frame: Frame): void;
  /** The client is on another connection: this one is of no use any more. */
  superseded(): void;
}

interface Memory {
  readonly answers: Answers;
  holder: Holder | undefined;
  leftUs: number;
}

/** The answers of clients that said who they are, kept for a while after their connection is gone. Bounded in time, number and bytes. */
export class Memories {
  readonly #clock: Clock;
  /** Those that are away stand in the order in which they left. */
  readonly #memories = new Map<string, Memory>();
  #away = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#memories.size;
  }

  /** The memory of a client, known from before or new. `key` names the client and whom it signed in as. */
  claim(key: string, holder: Holder): { readonly answers: Answers; readonly known: boolean } {
    this.sweep();
    const memory = this.#memories.get(key);
    if (!memory) {
      const answers = new Answers((frame) => holder.answer(frame));
      this.#memories.set(key, { answers, holder, leftUs: 0 });
      return { answers, known: false };
    }
    const before = memory.holder;
    if (!before) this.#away -= 1;
    memory.holder = holder;
    memory.answers.hand((frame) => holder.answer(frame));
    before?.superseded();
    return { answers: memory.answers, known: true };
  }

  /** The connection is gone. Nothing happens when the client is on another one already. */
  release(key: string, holder: Holder): void {
    const memory = this.#memories.get(key);
    if (memory?.holder !== holder) return;
    memory.answers.hand(undefined);
    memory.holder = undefined;
    memory.leftUs = this.#clock.nowUs();
    this.#memories.delete(key);
    this.#memories.set(key, memory);
    this.#away += 1;
    this.sweep();
  }

  /** Forgets who is away for too long, and who left first when there are too many. To be called now and again. */
  sweep(): void {
    if (this.#away === 0) return;
    let bytes = 0;
    for (const { holder, answers } of this.#memories.values()) if (!holder) bytes += answers.bytes;
    const before = this.#clock.nowUs() - REMEMBER_MS * 1000;
    for (const [key, { holder, answers, leftUs }] of this.#memories) {
      if (holder) continue;
      if (leftUs > before && this.#away <= MAX_AWAY && bytes <= MAX_AWAY_BYTES) return;
      this.#memories.delete(key);
      this.#away -= 1;
      bytes -= answers.bytes;
    }
  }
}
