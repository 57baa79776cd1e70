import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/index.js';
import type { Album, Handlers, LibraryState, QueueItem, Track } from '../protocol/index.js';
import { judge, matches, type AlbumFacts, type Filter } from './filter.js';
import type { Song } from './tags.js';
import { ACK, Refusal } from './wire.js';

/** What the door reads of the library, past the counting of commands: one search of a client may take hundreds of pages. */
export type LibraryReader = Pick<
  Handlers,
  'library:albums' | 'library:album' | 'playlist:list' | 'playlist:get'
>;

/** How the door itself is called where commands are handled. */
export const HOUSE_CALLER = { connection_id: 'mpd-door', role: 'admin' } as const;

const PAGE = 500;
/** So many albums are looked at before everybody else has a turn. */
const ALBUMS_A_TURN = 8;
/** While a scan runs, the albums are read again no sooner. */
const SCAN_PAUSE_US = 3_000_000;

export interface AlbumEntry extends AlbumFacts {
  readonly album_id: string;
  readonly artwork_id: string | undefined;
  readonly folder: string;
  artists: readonly string[] | undefined;
}

/** The albums of one state of the library: small enough to hold, and enough to name every song. Tracks are read album by album. */
interface Shelf {
  readonly generation: number;
  readonly atUs: number;
  readonly albums: ReadonlyMap<string, AlbumEntry>;
  /** First part of the path -> albums. */
  readonly folders: ReadonlyMap<string, readonly AlbumEntry[]>;
}

/** The library as MPD clients see it: `Artist/Album/<track id>`, of album artists. */
export class Catalog {
  readonly #library: LibraryReader;
  readonly #state: () => LibraryState;
  readonly #clock: Clock;
  #shelf: Shelf | undefined;
  #loading: Promise<Shelf> | undefined;

  constructor(library: LibraryReader, state: () => LibraryState, clock: Clock) {
    this.#library = library;
    this.#state = state;
    this.#clock = clock;
  }

  /** Resolves when the albums are known as they are now. */
  async ready(): Promise<void> {
    await this.#now();
  }

  async #now(): Promise<Shelf> {
    const { generation, scan } = this.#state();
    const shelf = this.#shelf;
    if (shelf?.generation === generation) return shelf;
    // A scan changes something four times a second.
    if (shelf && scan.state === 'running' && this.#clock.nowUs() - shelf.atUs < SCAN_PAUSE_US) return shelf;
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #load(): Promise<Shelf> {
    const { generation } = this.#state();
    const found: Album[] = [];
    for (;;) {
      const request = { offset: found.length, limit: PAGE, sort: 'artist' } as const;
      const { items, total } = await this.#library['library:albums'](request, HOUSE_CALLER);
      found.push(...items);
      if (items.length === 0 || found.length >= total) break;
      await nextTurn();
    }
    const shelf = shelve(generation, this.#clock.nowUs(), found);
    this.#shelf = shelf;
    return shelf;
  }

  async folders(): Promise<readonly string[]> {
    return [...(await this.#now()).folders.keys()];
  }

  async albumsIn(folder: string): Promise<readonly AlbumEntry[] | undefined> {
    return (await this.#now()).folders.get(folder);
  }

  async albums(): Promise<Iterable<AlbumEntry>> {
    return (await this.#now()).albums.values();
  }

  async songsOf(entry: AlbumEntry): Promise<Song[]> {
    const { tracks } = await this.#library['library:album']({ album_id: entry.album_id }, HOUSE_CALLER);
    entry.artists = [...new Set(tracks.map((track) => track.artist))];
    return tracks.map((track) => trackSong(track, entry));
  }

  /** Songs that a filter takes, album by album. Albums that cannot have one are not read. */
  async *find(filter: Filter, within: (entry: AlbumEntry) => boolean = () => true): AsyncGenerator<Song> {
    let read = 0;
    for (const entry of await this.albums()) {
      if (!within(entry)) continue;
      const verdict = judge(filter, entry);
      if (verdict === false) continue;
      for (const song of await this.#stillThere(entry))
        if (verdict === true || matches(filter, song)) yield song;
      if (++read % ALBUMS_A_TURN === 0) await nextTurn();
    }
  }

  /** An album may have gone since the shelf was filled: then it has no songs. */
  async #stillThere(entry: AlbumEntry): Promise<Song[]> {
    try {
      return await this.songsOf(entry);
    } catch {
      return [];
    }
  }

  /** What a path names: everything below a folder, or one song. Throws Refusal when it names nothing. */
  async *below(path: string): AsyncGenerator<Song> {
    const [folder = '', album, song, ...more] = path.split('/').filter((part) => part !== '');
    if (folder === '') {
      yield* this.find({ kind: 'all', of: [] });
      return;
    }
    const entries = await this.albumsIn(folder);
    const chosen = album === undefined ? entries : entries?.filter((entry) => entry.folder === album);
    if (!chosen?.length || more.length > 0) throw new Refusal(ACK.not_found, 'No such directory');
    let told = false;
    for (const entry of chosen)
      for (const each of await this.#stillThere(entry)) {
        if (song !== undefined && each.track_id !== song) continue;
        told = true;
        yield each;
      }
    if (!told) throw new Refusal(ACK.not_found, 'No such directory');
  }

  /** One song by its path; undefined when there is none. */
  async song(uri: string): Promise<Song | undefined> {
    const [folder = '', album = '', id = '', ...more] = uri.split('/');
    if (id === '' || more.length > 0) return undefined;
    const entry = (await this.albumsIn(folder))?.find((each) => each.folder === album);
    return entry && (await this.#stillThere(entry)).find((song) => song.track_id === id);
  }

  /** An item of a queue as a song. Waits for nothing: what the shelf does not know is told as the item says it. */
  itemSong(item: QueueItem): Song {
    if (item.track_id === undefined) {
      return {
        uri: item.url ?? item.item_id,
        tags: { Title: item.title, Name: item.title },
        duration_seconds: item.duration_seconds,
        artwork_id: item.artwork_id,
      };
    }
    const entry = item.album_id === undefined ? undefined : this.#shelf?.albums.get(item.album_id);
    const path = entry?.path ?? `${segment(item.artist)}/${segment(item.album)}`;
    return {
      uri: `${path}/${item.track_id}`,
      tags: {
        ...(item.artist !== undefined && { Artist: item.artist }),
        ...(entry && { AlbumArtist: entry.artist }),
        ...(item.album !== undefined && { Album: item.album }),
        Title: item.title,
        ...(entry && entry.date !== '' && { Date: entry.date }),
      },
      duration_seconds: item.duration_seconds,
      track_id: item.track_id,
      artwork_id: item.artwork_id ?? entry?.artwork_id,
    };
  }

  trackSong(track: Track): Song {
    return trackSong(track, this.#shelf?.albums.get(track.album_id));
  }
}

/** The track a path ends in, if it could be one of ours. Paths keep their meaning when an album gets another name. */
export function trackIdOf(uri: string): string | undefined {
  const id = uri.split('/').at(-1) ?? '';
  return /^[A-Za-z0-9._:-]{1,128}$/.test(id) ? id : undefined;
}

export function isAddress(uri: string): boolean {
  return /^https?:\/\//i.test(uri);
}

function trackSong(track: Track, entry: AlbumEntry | undefined): Song {
  const { sample_rate_hz, bits_per_sample } = track;
  const path = entry?.path ?? `${segment(track.artist)}/${segment(track.album)}`;
  return {
    uri: `${path}/${track.track_id}`,
    tags: {
      Artist: track.artist,
      AlbumArtist: entry?.artist ?? track.artist,
      Album: track.album,
      Title: track.title,
      ...(track.track_number !== undefined && { Track: String(track.track_number) }),
      ...(entry && entry.date !== '' && { Date: entry.date }),
      ...(track.disc_number !== undefined && { Disc: String(track.disc_number) }),
    },
    duration_seconds: track.duration_seconds,
    ...(sample_rate_hz !== undefined && { format: `${sample_rate_hz}:${bits_per_sample ?? '*'}:*` }),
    track_id: track.track_id,
    artwork_id: track.artwork_id ?? entry?.artwork_id,
  };
}

function shelve(generation: number, atUs: number, found: readonly Album[]): Shelf {
  const names = new Map<string, number>();
  const named = found.map((album) => {
    const path = `${segment(album.artist)}/${segment(album.title)}`;
    names.set(path, (names.get(path) ?? 0) + 1);
    return { album, path };
  });
  const albums = new Map<string, AlbumEntry>();
  const folders = new Map<string, AlbumEntry[]>();
  for (const { album, path: plain } of named) {
    const path = names.get(plain) === 1 ? plain : `${plain} [${album.album_id}]`;
    const [artist = '', folder = ''] = path.split('/');
    const entry: AlbumEntry = {
      album_id: album.album_id,
      artwork_id: album.artwork_id,
      path,
      folder,
      title: album.title,
      artist: album.artist,
      date: album.year === undefined ? '' : String(album.year),
      artists: undefined,
    };
    albums.set(album.album_id, entry);
    const siblings = folders.get(artist);
    if (siblings) siblings.push(entry);
    else folders.set(artist, [entry]);
  }
  return { generation, atUs, albums, folders };
}

/** A name as a part of a path. */
function segment(name: string | undefined): string {
  const text = (name ?? '')
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .replaceAll('/', '\u2215')
    .trim();
  return text === '' || text === '.' || text === '..' ? 'Unknown' : text;
}
