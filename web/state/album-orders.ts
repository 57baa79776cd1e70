import { signal, type Signal } from '@preact/signals';
import type { Album } from '../../src/protocol/track.js';
import { Paged } from './paged.js';
import type { Store } from './store.js';

export const ALBUM_ORDERS = [
  { order: 'artist', label: 'By artist' },
  { order: 'added', label: 'Newest first' },
  { order: 'most_played', label: 'Most played' },
  { order: 'recently_played', label: 'Played last' },
] as const;
export type AlbumOrder = (typeof ALBUM_ORDERS)[number]['order'];

/** The albums in the order that was chosen, which stays while the page is open. */
export class AlbumOrders {
  readonly order: Signal<AlbumOrder> = signal('artist');
  readonly #store: Store;
  readonly #lists = new Map<AlbumOrder, Paged<Album>>();

  constructor(store: Store) {
    this.#store = store;
    this.#lists.set('artist', store.catalog.albums);
  }

  list(sort: AlbumOrder): Paged<Album> {
    const known = this.#lists.get(sort);
    if (known) return known;
    const list = new Paged((offset, limit) =>
      this.#store.client.send('library:albums', { offset, limit, sort }),
    );
    this.#lists.set(sort, list);
    return list;
  }
}

const orders = new WeakMap<Store, AlbumOrders>();

export function albumOrdersOf(store: Store): AlbumOrders {
  const known = orders.get(store) ?? new AlbumOrders(store);
  orders.set(store, known);
  return known;
}
