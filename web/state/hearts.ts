import { signal, type ReadonlySignal } from '@preact/signals';
import type { Store } from './store.js';

export type Loved = 'track' | 'artist';

/** Which tracks and artists somebody loves, as far as it is known; undefined before the first answer. */
export class Hearts {
  readonly tracks: ReadonlySignal<ReadonlySet<string> | undefined>;
  readonly artists: ReadonlySignal<ReadonlySet<string> | undefined>;
  readonly #track = signal<ReadonlySet<string> | undefined>(undefined);
  readonly #artist = signal<ReadonlySet<string> | undefined>(undefined);
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
    this.tracks = this.#track;
    this.artists = this.#artist;
    store.client.onConnection(({ state }) => state === 'live' && this.#load());
    this.#load();
  }

  loves(kind: Loved, id: string): boolean {
    return this.#of(kind).value?.has(id) ?? false;
  }

  async love(kind: Loved, id: string, wanted: boolean): Promise<void> {
    const reply =
      kind === 'track'
        ? await this.#store.ask('library:heart-track', { track_id: id, hearted: wanted })
        : await this.#store.ask('library:heart-artist', { artist_id: id, hearted: wanted });
    if (!reply) return;
    const ids = new Set(this.#of(kind).peek());
    if (reply.hearted) ids.add(id);
    else ids.delete(id);
    this.#of(kind).value = ids;
  }

  #of(kind: Loved) {
    return kind === 'track' ? this.#track : this.#artist;
  }

  #load(): void {
    this.#store.client.send('library:hearted', {}).then(
      ({ track_ids, artist_ids }) => {
        this.#track.value = new Set(track_ids);
        this.#artist.value = new Set(artist_ids);
      },
      () => undefined,
    );
  }
}

const all = new WeakMap<Store, Hearts>();

export function heartsOf(store: Store): Hearts {
  const known = all.get(store) ?? new Hearts(store);
  all.set(store, known);
  return known;
}
