import { signal, type ReadonlySignal } from '@preact/signals';

const DEBOUNCE_MS = 80;

/** Search as one types: asks once the fingers rest, and an answer to an older question is never shown over a newer one. */
export class Search<T> {
  readonly query: ReadonlySignal<string>;
  /** Of the last question that was answered; undefined when nothing is searched for. */
  readonly results: ReadonlySignal<T | undefined>;
  readonly busy: ReadonlySignal<boolean>;
  readonly #query = signal('');
  readonly #results = signal<T | undefined>(undefined);
  readonly #busy = signal(false);
  readonly #ask: (query: string) => Promise<T>;
  readonly #after: (ms: number, run: () => void) => { cancel(): void };
  #timer: { cancel(): void } | undefined;
  #asked = 0;

  constructor(
    ask: (query: string) => Promise<T>,
    after: (ms: number, run: () => void) => { cancel(): void },
  ) {
    this.#ask = ask;
    this.#after = after;
    this.query = this.#query;
    this.results = this.#results;
    this.busy = this.#busy;
  }

  type(query: string): void {
    this.#query.value = query;
    this.#timer?.cancel();
    this.#asked++;
    const asked = this.#asked;
    this.#busy.value = query.trim() !== '';
    if (query.trim() === '') {
      this.#results.value = undefined;
      return;
    }
    this.#timer = this.#after(DEBOUNCE_MS, () => {
      this.#ask(query.trim()).then(
        (results) => this.#answered(asked, results),
        () => this.#answered(asked, undefined),
      );
    });
  }

  #answered(asked: number, results: T | undefined): void {
    if (asked !== this.#asked) return;
    this.#busy.value = false;
    if (results !== undefined) this.#results.value = results;
  }
}
