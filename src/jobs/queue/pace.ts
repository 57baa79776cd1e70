import type { Clock, Timer } from '../../base/index.js';
import type { JobProgress } from '../running-job.js';

/** Progress goes on at most this often. */
const TELL_MS = 250;

/** Lets progress through at most four times a second, and the last of it always. */
export class Pace {
  readonly #clock: Clock;
  readonly #tell: (news: JobProgress) => void;
  #news: JobProgress | undefined;
  #toldUs = -Infinity;
  #timer: Timer | undefined;
  #over = false;

  constructor(clock: Clock, tell: (news: JobProgress) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** What is absent stays as it was. */
  tell(news: JobProgress): void {
    if (this.#over) return;
    this.#news = { ...this.#news, ...news };
    const sinceMs = (this.#clock.nowUs() - this.#toldUs) / 1000;
    if (sinceMs >= TELL_MS) this.#flush();
    else this.#timer ??= this.#clock.after(TELL_MS - sinceMs, () => this.#flush());
  }

  /** Tells what waits, and nothing afterwards. */
  end(): void {
    this.#flush();
    this.#over = true;
  }

  #flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const news = this.#news;
    this.#news = undefined;
    if (!news) return;
    this.#toldUs = this.#clock.nowUs();
    this.#tell(news);
  }
}
