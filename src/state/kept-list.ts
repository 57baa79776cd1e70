import type * as z from 'zod';
import { AppError } from '../base/index.js';
import { LIST_NOUNS, LIST_TOPICS, type ListItem, type ListName } from '../protocol/index.js';
import type { Change } from './changes.js';
import type { Store } from './store.js';
import type { Db, Durability } from '../storage/index.js';

export interface KeptListOptions<L extends ListName, Own> {
  readonly db: Db;
  readonly store: Store;
  readonly list: L;
  /** What is kept beside each item and must never go on the wire: whole addresses, secrets, folders. */
  readonly own: z.ZodType<Own>;
}

export interface KeptEntry<L extends ListName, Own> {
  readonly item: ListItem<L>;
  readonly own: Own;
}

/**
 * A list of the wire that survives a restart. What it says is on disk before anybody hears of it. Rows that another version wrote and this
 * one cannot read are left alone.
 */
export class KeptList<L extends ListName, Own> {
  readonly #options: KeptListOptions<L, Own>;
  readonly #entries = new Map<string, KeptEntry<L, Own>>();
  /** Gone, and still on a disk that refuses. */
  readonly #left = new Set<string>();

  /** Loads what is kept and commits it. */
  constructor(options: KeptListOptions<L, Own>) {
    this.#options = options;
    this.#load();
  }

  /** The oldest first. */
  all(): KeptEntry<L, Own>[] {
    return [...this.#entries.values()];
  }

  get(id: string): KeptEntry<L, Own> | undefined {
    return this.#entries.get(id);
  }

  /** New, or in the place of the one with its id. Throws when the disk refuses, and then nothing has changed. */
  put(item: ListItem<L>, own: Own, durability: Durability = 'full'): void {
    this.putAll([{ item, own }], durability);
  }

  /** All of them or none. */
  putAll(entries: readonly KeptEntry<L, Own>[], durability: Durability = 'full'): void {
    const { db, list } = this.#options;
    const upsert = db.prepare(
      'INSERT INTO kept_lists (list, id, value, own) VALUES (?, ?, ?, ?) ON CONFLICT (list, id) DO UPDATE SET value = excluded.value, own = excluded.own',
    );
    db.transaction(() => {
      for (const { item, own } of entries)
        upsert.run(list, this.#idOf(item), JSON.stringify(item), JSON.stringify(own));
    }, durability);
    for (const { item, own } of entries) this.#entries.set(this.#idOf(item), { item, own });
    this.#commit(entries.map(({ item }) => item));
  }

  /** In memory and on the wire alone, until the next `put`: progress, which is not worth a write. */
  show(item: ListItem<L>, own: Own): void {
    this.#entries.set(this.#idOf(item), { item, own });
    this.#commit([item]);
  }

  /** Ids that are not there are passed over. */
  remove(ids: readonly string[]): void {
    const { db, list, store } = this.#options;
    const known = ids.filter((id) => this.#entries.has(id));
    if (known.length === 0) return;
    const remove = db.prepare('DELETE FROM kept_lists WHERE list = ? AND id = ?');
    db.transaction(() => known.forEach((id) => remove.run(list, id)));
    for (const id of known) this.#entries.delete(id);
    store.commit({ type: 'list/removed', list, ids: known });
  }

  /**
   * Gone from memory and from the wire whatever the disk says. False when it refuses: then the next call, of these or of none, tries again, and a
   * restart before that brings them back.
   */
  forget(ids: readonly string[]): boolean {
    const { db, list, store } = this.#options;
    const known = ids.filter((id) => this.#entries.delete(id));
    for (const id of known) this.#left.add(id);
    if (known.length > 0) store.commit({ type: 'list/removed', list, ids: known });
    const remove = db.prepare('DELETE FROM kept_lists WHERE list = ? AND id = ?');
    const gone = [...this.#left].filter((id) => !this.#entries.has(id));
    try {
      if (gone.length > 0) db.transaction(() => gone.forEach((id) => remove.run(list, id)));
    } catch (error) {
      if (error instanceof AppError && error.code === 'ERR_DISK') return false;
      throw error;
    }
    this.#left.clear();
    return true;
  }

  #load(): void {
    const { db, list, own } = this.#options;
    const schema = LIST_TOPICS[list].shape.items.element as unknown as z.ZodType<ListItem<L>>;
    const rows = db.prepare('SELECT value, own FROM kept_lists WHERE list = ? ORDER BY serial').all(list);
    for (const row of rows) {
      const item = schema.safeParse(JSON.parse(String(row['value'])));
      const hidden = own.safeParse(JSON.parse(String(row['own'])));
      if (!item.success || !hidden.success) continue;
      this.#entries.set(this.#idOf(item.data), { item: item.data, own: hidden.data });
    }
    this.#commit([...this.#entries.values()].map(({ item }) => item));
  }

  #commit(items: readonly ListItem<L>[]): void {
    if (items.length === 0) return;
    const { store, list } = this.#options;
    store.commit({ type: 'list/changed', list, items } as unknown as Change);
  }

  #idOf(item: ListItem<L>): string {
    const field = `${LIST_NOUNS[this.#options.list]}_id`;
    return String((item as Readonly<Record<string, unknown>>)[field]);
  }
}
