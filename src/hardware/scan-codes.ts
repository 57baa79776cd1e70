import type { Clock, Timer } from '../base/index.js';
import { DROPPED, KEY, MISC, SCAN, SYNC, type RawEvent } from './event-stream.js';
import type { Gestures } from './gestures.js';

/** A remote says a held key's code again every 45 to 130 ms, by its make. */
const LET_GO_MS = 200;

/** Keys of a remote that no table of the kernel names. Of these it says only the code, again and again while they are held, and never that they were let go. */
export class ScanCodes {
  readonly #clock: Clock;
  readonly #gestures: Pick<Gestures, 'press' | 'release'>;
  /** Codes that come with a key, which says it all. */
  readonly #named = new Set<number>();
  readonly #held = new Map<string, Timer>();
  #code: number | undefined;

  constructor(clock: Clock, gestures: Pick<Gestures, 'press' | 'release'>) {
    this.#clock = clock;
    this.#gestures = gestures;
  }

  /** Whether it was a code or a key is known at the end of each report. */
  take({ type, code, value }: RawEvent): void {
    if (type === MISC && code === SCAN) this.#code = value >>> 0;
    else if (type === KEY) {
      if (this.#code !== undefined) this.#named.add(this.#code);
      this.#code = undefined;
    } else if (type === SYNC) {
      if (this.#code !== undefined && code !== DROPPED && !this.#named.has(this.#code))
        this.#heard(`SCAN_${this.#code.toString(16).toUpperCase()}`);
      this.#code = undefined;
    }
  }

  forget(): void {
    for (const timer of this.#held.values()) timer.cancel();
    this.#held.clear();
  }

  #heard(key: string): void {
    const held = this.#held.get(key);
    held?.cancel();
    const letGo = (): void => {
      this.#held.delete(key);
      this.#gestures.release(key);
    };
    this.#held.set(key, this.#clock.after(LET_GO_MS, letGo));
    if (!held) this.#gestures.press(key);
  }
}
