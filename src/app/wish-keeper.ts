import { toError, type Logger } from '../base/index.js';
import type { Fate } from '../pipeline/index.js';
import type { Wishes } from '../rooms/index.js';
import { wishedDownloads, type Change, type Store } from '../state/index.js';

export interface WishKeeperParts {
  readonly store: Store;
  readonly wishes: Pick<Wishes, 'came' | 'told'>;
  /** What became of that part of it which no queue has yet. */
  fate(this: void, downloadId: string): Fate;
  /** What came of it stands in queues now. */
  queued(this: void, downloadId: string): void;
  /** Plays it where somebody asked for that, and nothing else plays. */
  begin(this: void, downloadId: string): void;
  readonly log: Logger;
}

/** Tells queues what became of the downloads that they wait for: now, when something happens to one, and after a restart. [WI1] */
export class WishKeeper {
  readonly #parts: WishKeeperParts;
  /** Downloads that queues may wait for, with what was said of each last. */
  readonly #said = new Map<string, string | undefined>();
  readonly #unwatch: () => void;

  constructor(parts: WishKeeperParts) {
    this.#parts = parts;
    for (const id of wishedDownloads(parts.store.state)) this.added(id);
    this.#unwatch = parts.store.watch((change) => this.#look(change));
  }

  /** A queue waits for this one from now on. */
  added(downloadId: string): void {
    this.#said.set(downloadId, undefined);
  }

  /** Everything, once: what happened while nobody looked. */
  settle(): void {
    for (const id of this.#said.keys()) this.#settle(id, true);
  }

  close(): void {
    this.#unwatch();
  }

  #look(change: Change): void {
    if (this.#said.size === 0) return;
    if (change.type === 'queue/undone' || change.type === 'queue/redone') queueMicrotask(() => this.settle());
    const ids = downloadsOf(change).filter((id) => this.#said.has(id));
    if (ids.length > 0) queueMicrotask(() => ids.forEach((id) => this.#settle(id, false)));
  }

  #settle(downloadId: string, again: boolean): void {
    if (!this.#said.has(downloadId)) return;
    const { wishes, log } = this.#parts;
    const fate = this.#parts.fate(downloadId);
    if (fate.state === 'here') {
      try {
        wishes.came(downloadId, fate.track_ids, fate.rest);
        if (fate.rest) this.#said.set(downloadId, undefined);
        else this.#said.delete(downloadId);
        this.#parts.queued(downloadId);
        this.#parts.begin(downloadId);
      } catch (error) {
        log.warn({ download_id: downloadId, error: toError(error).message }, 'a wish came true and is gone');
        this.#tell(downloadId, 'It is not in the library any more.', again);
      }
    } else this.#tell(downloadId, fate.state === 'missing' ? fate.problem : undefined, again);
  }

  #tell(downloadId: string, problem: string | undefined, again: boolean): void {
    const same = this.#said.get(downloadId) === problem;
    if (same && (!again || problem === undefined)) return;
    this.#said.set(downloadId, problem);
    this.#parts.wishes.told(downloadId, problem);
  }
}

function downloadsOf(change: Change): string[] {
  if (change.type === 'list/removed') return change.list === 'downloads' ? [...change.ids] : [];
  if (change.type !== 'list/changed') return [];
  if (change.list === 'downloads') return change.items.map(({ download_id }) => download_id);
  if (change.list === 'imports') return change.items.flatMap(({ download_id }) => download_id ?? []);
  return [];
}
