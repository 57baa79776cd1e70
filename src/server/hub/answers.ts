import type { Frame } from './frames.js';

const MAX_REMEMBERED = 128;
const MAX_BYTES = 4 * 1024 * 1024;

type Answer = { copies: number; frame: Frame | undefined };

/** The last answers of one connection by the client's id, so that the same id again gives the same reply and no second effect. [CM3] */
export class Answers {
  readonly #answers = new Map<string, Answer>();
  #bytes = 0;
  #running = 0;

  /** Commands that have not answered yet. */
  get running(): number {
    return this.#running;
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

  /** How often the answer has to be sent. `keep` is false for commands without effect: a repeat may be answered afresh. */
  finish(id: string, frame: Frame, keep: boolean): number {
    const answer = this.#answers.get(id);
    if (!answer || answer.frame) return 0;
    this.#running -= 1;
    this.#answers.delete(id);
    if (keep) {
      answer.frame = frame;
      this.#answers.set(id, answer);
      this.#bytes += frame.size;
      this.#forgetOld();
    }
    return answer.copies;
  }

  #forgetOld(): void {
    for (const [id, { frame }] of this.#answers) {
      const kept = this.#answers.size - this.#running;
      if (kept <= MAX_REMEMBERED && this.#bytes <= MAX_BYTES) return;
      if (!frame) continue;
      this.#answers.delete(id);
      this.#bytes -= frame.size;
    }
  }
}
