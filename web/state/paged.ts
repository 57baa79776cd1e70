import { signal, type ReadonlySignal } from '@preact/signals';

export interface Page<T> {
  readonly total: number;
  readonly items: readonly T[];
}

const PAGE_SIZE = 100;

/** A long list of the server, of which only the pages that somebody looks at are fetched. */
export class Paged<T> {
  /** Undefined before the first answer. */
  readonly total: ReadonlySignal<number | undefined>;
  readonly failed: ReadonlySignal<boolean>;
  readonly #fetch: (offset: number, limit: number) => Promise<Page<T>>;
  readonly #total = signal<number | undefined>(undefined);
  readonly #failed = signal(false);
  readonly #tick = signal(0);
  #items: T[] = [];
  #asked = new Set<number>();
  #generation = 0;

  constructor(fetch: (offset: number, limit: number) => Promise<Page<T>>) {
    this.#fetch = fetch;
    this.total = this.#total;
    this.failed = this.#failed;
  }

  /** The row, or undefined while it is on its way. Reading it in a component fetches it and draws the component again. */
  at(index: number): T | undefined {
    void this.#tick.value;
    this.#need(Math.floor(index / PAGE_SIZE));
    return this.#items[index];
  }

  /** The list changed on the server, or the connection is back: what is looked at is fetched again, and shown as it was until then. */
  refresh(): void {
    this.#generation++;
    this.#asked = new Set();
    this.#failed.value = false;
    this.#tick.value++;
    this.#need(0);
  }

  #need(page: number): void {
    if (this.#asked.has(page)) return;
    this.#asked.add(page);
    const generation = this.#generation;
    this.#fetch(page * PAGE_SIZE, PAGE_SIZE).then(
      ({ total, items }) => {
        if (generation !== this.#generation) return;
        this.#items.length = Math.min(this.#items.length, total);
        items.forEach((item, at) => (this.#items[page * PAGE_SIZE + at] = item));
        this.#total.value = total;
        this.#failed.value = false;
        this.#tick.value++;
      },
      () => {
        if (generation === this.#generation) this.#failed.value = true;
      },
    );
  }
}
