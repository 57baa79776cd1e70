import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { Latest } from './latest.js';

/** After the reply the effect should arrive as a patch; when it does not, what the server says is shown again after this. */
const HOLD_MS = 2_000;

export interface WishOptions<T> {
  /** What the server says. */
  readonly actual: ReadonlySignal<T>;
  readonly send: (value: T) => Promise<unknown>;
  /** The value was refused, or nobody answered; it is not shown any more. */
  readonly onError: (error: unknown) => void;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
}

/** A value that is shown as wished the moment it is set, and as the server says as soon as that answers. */
export class Wish<T> {
  /** What to draw. */
  readonly shown: ReadonlySignal<T>;
  /** True while what is drawn is only wished. */
  readonly pending: ReadonlySignal<boolean>;
  readonly #wanted = signal<{ readonly value: T } | undefined>(undefined);
  readonly #options: WishOptions<T>;
  readonly #latest: Latest<T>;
  readonly #stop: () => void;
  #hold: { cancel(): void } | undefined;
  /** What the server said when the value under way was sent. */
  #before: T;

  constructor(options: WishOptions<T>) {
    this.#options = options;
    this.#before = options.actual.peek();
    this.#latest = new Latest((value) => {
      this.#before = options.actual.peek();
      return options.send(value);
    });
    this.shown = computed(() => {
      const actual = options.actual.value;
      return this.#wanted.value ? this.#wanted.value.value : actual;
    });
    this.pending = computed(() => this.#wanted.value !== undefined);
    this.#stop = effect(() => {
      if (options.actual.value !== this.#before && !this.#latest.busy) this.drop();
    });
  }

  set(value: T): void {
    this.#hold?.cancel();
    this.#wanted.value = { value };
    this.#latest.push(value).then(
      () => this.#answered(),
      (error: unknown) => {
        if (!this.#wanted.peek()) return;
        this.drop();
        this.#options.onError(error);
      },
    );
  }

  /** Show what the server says. */
  drop(): void {
    this.#hold?.cancel();
    this.#wanted.value = undefined;
  }

  close(): void {
    this.#hold?.cancel();
    this.#stop();
  }

  #answered(): void {
    if (!this.#wanted.peek() || this.#latest.busy) return;
    if (this.#options.actual.peek() !== this.#before) return this.drop();
    this.#hold?.cancel();
    this.#hold = this.#options.after(HOLD_MS, () => this.drop());
  }
}
