import { ownFrame, textFrame, type Frame } from './frames.js';

export const MAX_REMEMBERED = 128;
const MAX_BYTES = 4 * 1024 * 1024;

type Answer = { copies: number; frame: Frame | undefined };

/**
 * The last answers to one client by its ids, so that the same id again gives the same reply and no second effect. They outlive the
 * connection when the client said who it is: it may ask again on its next one. [CM3] [RE1]
 */
export class Answers {
  readonly #answers = new Map<string, Answer>();
  #holder: ((frame: Frame) => void) | undefined;
  #bytes = 0;
  #running = 0;

  constructor(holder?: (frame: Frame) => void) {
    this.#holder = holder;
  }

  /** Commands that have not answered yet. */
  get running(): number {
    return this.#running;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Nothing was asked so far. */
  get fresh(): boolean {
    return this.#answers.size === 0;
  }

  /** Who gets answers from now on. What was asked before on a connection that is gone is answered when it is asked again. */
  hand(holder: ((frame: Frame) => void) | undefined): void {
    this.#holder = holder;
    for (const answer of this.#answers.values()) if (!answer.frame) answer.copies = 0;
  }

  /** `new`: run it. `running`: its answer will come once more. Otherwise the answer it had. */
  begin(id: string): 'new' | 'running' | Frame {
    const known = this.#answers.get(id);
    if (!known) {
      this.#answers.set(id, { copies: 1, frame: undefined });
      this.#running += 1;
      return 'new';
    }
    if (known.frame) return known.frame;
    known.copies += 1;
    return 'running';
  }

  /** Answers, as often as it was asked. `keep` is false for commands without effect: a repeat may be answered afresh. */
  finish(id: string, frame: Frame, keep: boolean): void {
    const answer = this.#answers.get(id);
    if (!answer || answer.frame) return;
    this.#running -= 1;
    this.#answers.delete(id);
    if (keep) {
      answer.frame = ownFrame(frame);
      this.#answers.set(id, answer);
      this.#bytes += frame.size;
      this.#forgetOld();
    }
    for (let copy = 0; copy < answer.copies; copy++) this.#holder?.(frame);
  }

  /** Of too many the oldest are forgotten; of too large ones the words, not that they were said. */
  #forgetOld(): void {
    for (const [id, answer] of this.#answers) {
      const { frame } = answer;
      const kept = this.#answers.size - this.#running;
      if (kept <= MAX_REMEMBERED && this.#bytes <= MAX_BYTES) return;
      if (!frame) continue;
      this.#bytes -= frame.size;
      if (kept > MAX_REMEMBERED) {
        this.#answers.delete(id);
        continue;
      }
      answer.frame = forgotten(id);
      this.#bytes += answer.frame.size;
    }
  }
}

function forgotten(id: string): Frame {
  const message = 'This was answered, and the answer is too old to be given again';
  const error = { code: 'ERR_CONFLICT', message, retryable: false, params: {} };
  return ownFrame(textFrame(JSON.stringify({ type: 'error', id, error })));
}
