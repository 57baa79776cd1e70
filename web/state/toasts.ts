import { signal, type ReadonlySignal } from '@preact/signals';

export interface Toast {
  readonly id: number;
  readonly kind: 'info' | 'success' | 'warning' | 'error';
  readonly message: string;
  readonly action?: { readonly label: string; run(): void };
}

const SHOWN_MS = 6_000;
const MOST = 3;

/** Short messages over the page. Never the only way to what they offer. */
export class Toasts {
  readonly list: ReadonlySignal<readonly Toast[]>;
  readonly #list = signal<readonly Toast[]>([]);
  readonly #after: (ms: number, run: () => void) => { cancel(): void };
  #count = 0;

  constructor(after: (ms: number, run: () => void) => { cancel(): void }) {
    this.#after = after;
    this.list = this.#list;
  }

  show(message: string, more: Partial<Pick<Toast, 'kind' | 'action'>> = {}, ms = SHOWN_MS): void {
    const id = ++this.#count;
    const toast: Toast = { id, kind: 'info', message, ...more };
    const others = this.#list.value.filter((other) => other.message !== message);
    this.#list.value = [...others, toast].slice(-MOST);
    this.#after(ms, () => this.dismiss(id));
  }

  dismiss(id: number): void {
    this.#list.value = this.#list.value.filter((toast) => toast.id !== id);
  }
}
