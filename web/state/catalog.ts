import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { TuttiClient } from '../../src/client/client.js';
import type { CommandReply } from '../../src/protocol/commands.js';
import type { LibraryState } from '../../src/protocol/system.js';
import type { Album, Artist, LibraryProblem, Playlist } from '../../src/protocol/track.js';
import { Paged } from './paged.js';

export type AlbumPage = CommandReply<'library:album'>;
export type PlaylistPage = CommandReply<'playlist:get'>;

/** The library as far as it was looked at, renewed when it changes on the server. */
export class Catalog {
  readonly albums: Paged<Album>;
  readonly artists: Paged<Artist>;
  readonly problems: Paged<LibraryProblem>;
  readonly playlists: ReadonlySignal<readonly Playlist[] | undefined>;
  /** Grows when this phone changed a playlist. */
  readonly edition: ReadonlySignal<number>;
  readonly #edition = signal(0);
  readonly #playlists = signal<readonly Playlist[] | undefined>(undefined);
  readonly #client: TuttiClient;

  constructor(client: TuttiClient, library: ReadonlySignal<LibraryState | undefined>) {
    this.#client = client;
    this.playlists = this.#playlists;
    this.edition = this.#edition;
    this.albums = new Paged((offset, limit) =>
      client.send('library:albums', { offset, limit, sort: 'artist' }),
    );
    this.artists = new Paged((offset, limit) => client.send('library:artists', { offset, limit }));
    this.problems = new Paged((offset, limit) => client.send('library:problems', { offset, limit }));
    let generation: number | undefined;
    effect(() => {
      const now = library.value?.generation;
      if (now !== undefined && now !== generation && generation !== undefined) this.#refresh();
      generation = now;
    });
    client.onConnection(({ state }) => {
      if (state === 'live') this.#refresh(true);
    });
  }

  albumsOf(artist_id: string): Paged<Album> {
    return new Paged((offset, limit) =>
      this.#client.send('library:albums', { artist_id, offset, limit, sort: 'year' }),
    );
  }

  album(album_id: string): Promise<AlbumPage> {
    return this.#client.send('library:album', { album_id });
  }

  playlist(playlist_id: string): Promise<PlaylistPage> {
    return this.#client.send('playlist:get', { playlist_id, limit: 500 });
  }

  refreshPlaylists(): void {
    this.#client.send('playlist:list', {}).then(
      ({ playlists }) => (this.#playlists.value = playlists),
      () => undefined,
    );
  }

  playlistsChanged(): void {
    this.#edition.value++;
    this.refreshPlaylists();
  }

  #refresh(onlyFailed = false): void {
    for (const list of [this.albums, this.artists, this.problems])
      if (!onlyFailed || list.failed.peek()) list.refresh();
    if (this.#playlists.peek()) this.refreshPlaylists();
  }
}
