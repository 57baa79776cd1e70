import { signal } from '@preact/signals';

/**
 * The browser's history as the page uses it: an entry for each place one went to, and one for each sheet that lies over it, so that a step
 * back closes the highest sheet and leaves the page. A sheet that is closed otherwise takes its entry along.
 */
export class Steps {
  /** How many sheets are open. */
  readonly sheets = signal(0);
  readonly #target: Window;
  /** How to close what lies over the page, the highest last. */
  readonly #over: (() => void)[] = [];
  /** How many sheets are left at the end of a way back that was asked for: what else is asked of the history waits for it. */
  #goal: number | undefined;
  #next: (() => void) | undefined;

  constructor(target: Window) {
    this.#target = target;
    target.addEventListener('popstate', this.#arrived);
    target.addEventListener('hashchange', this.#arrived);
    target.addEventListener('click', this.#hold, { capture: true });
    // Entries of sheets that were open before a reload; a browser that kept this one alone has no way back.
    if (target.history.length === 1) target.history.replaceState(null, '');
    this.#settle();
  }

  /** Something lies over the page until the answer is called. A step back calls `close` once. */
  over(close: () => void): () => void {
    const one = (): void => close();
    this.#over.push(one);
    this.#count();
    return () => {
      const at = this.#over.indexOf(one);
      if (at >= 0) this.#over.splice(at, 1);
      this.#count();
    };
  }

  /** To an address of the page. `instead` leaves no way back here; nor does a sheet. */
  go(href: string, instead = false): void {
    this.#then(() => {
      const { location } = this.#target;
      if (location.hash === href) return;
      if (instead || this.#depth > 0) location.replace(href);
      else location.hash = href;
    });
  }

  /** To the page before this one, whatever lies over it; false when there is none. */
  back(): boolean {
    const { navigation, history } = this.#target;
    // Browsers that do not tell count pages of others too.
    const before = navigation?.currentEntry?.index ?? history.length - 1;
    if (before <= this.#depth) return false;
    this.#then(() => {
      const depth = this.#depth;
      this.#closeAbove(0);
      // Wherever that is: entries of sheets on the way are passed from there.
      this.#goal = Infinity;
      history.go(-1 - depth);
    });
    return true;
  }

  close(): void {
    this.#target.removeEventListener('popstate', this.#arrived);
    this.#target.removeEventListener('hashchange', this.#arrived);
    this.#target.removeEventListener('click', this.#hold, { capture: true });
  }

  /** How many sheets the history's entry stands for. */
  get #depth(): number {
    return (this.#target.history.state as { readonly sheets?: number } | null)?.sheets ?? 0;
  }

  #closeAbove(depth: number): void {
    for (const close of this.#over.splice(depth).reverse()) close();
    this.#count();
  }

  #count(): void {
    this.sheets.value = this.#over.length;
    queueMicrotask(this.#settle);
  }

  /** A browser that does not go back is waited for once. */
  #then(run: () => void): void {
    const waits = this.#goal !== undefined && this.#next === undefined;
    this.#next = waits ? run : undefined;
    if (!waits) run();
  }

  /** As many entries as sheets. Sheets that make room for one another in one turn change nothing. */
  readonly #settle = (): void => {
    if (this.#goal !== undefined) return;
    const { history } = this.#target;
    const wanted = this.#over.length;
    if (this.#depth > wanted) {
      this.#goal = wanted;
      history.go(wanted - this.#depth);
    }
    while (this.#depth < wanted) history.pushState({ sheets: this.#depth + 1 }, '');
  };

  readonly #arrived = (): void => {
    if (this.#goal === undefined) {
      this.#closeAbove(this.#depth);
    } else if (this.#depth > this.#goal) return;
    this.#goal = undefined;
    const next = this.#next;
    this.#next = undefined;
    next?.();
    this.#settle();
  };

  /** A link that is followed on such a way would lead to where that ends. */
  readonly #hold = (event: MouseEvent): void => {
    if (this.#goal === undefined || !(event.target instanceof Element)) return;
    const link = event.target.closest<HTMLElement>('a[href^="#"]');
    if (!link) return;
    event.preventDefault();
    this.#then(() => link.click());
  };
}
