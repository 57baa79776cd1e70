import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { type AlbumChange, type Library, type LibraryOptions, openLibrary } from '../../src/library/index.js';
import type {
  Album,
  Artist,
  Caller,
  CommandRequest,
  LibraryProblem,
  LibraryState,
  Playlist,
  Track,
} from '../../src/protocol/index.js';
import { until } from '../until.js';
import { type Db, migrate, openDb } from '../../src/storage/index.js';

/** A library over a folder of its own, with everything it tells. */
export class LibraryRig {
  readonly caller: Caller = { connection_id: 'test', role: 'admin' };
  readonly musicDir: string;
  readonly db: Db;
  readonly states: LibraryState[] = [];
  readonly changes: AlbumChange[] = [];
  library!: Library;
  #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
    this.musicDir = join(dir, 'music');
    this.db = openDb(join(dir, 'test.db'));
    migrate(this.db);
  }

  static async open(dir: string, options: Partial<LibraryOptions> = {}): Promise<LibraryRig> {
    const rig = new LibraryRig(dir);
    await mkdir(rig.musicDir, { recursive: true });
    rig.reopen(options);
    return rig;
  }

  reopen(options: Partial<LibraryOptions> = {}): void {
    this.library = openLibrary({
      db: this.db,
      musicDir: this.musicDir,
      cacheDir: join(this.#dir, 'cache'),
      clock: systemClock,
      log: silentLogger,
      demo: false,
      watch: false,
      mediaKey: Buffer.alloc(32, 7),
      settleMs: 0,
      onState: (state) => this.states.push(state),
      onUpdated: (change) => this.changes.push(change),
      ...options,
    });
  }

  get handlers(): Library['handlers'] {
    return this.library.handlers;
  }

  async scan(full = false): Promise<void> {
    await this.handlers['library:scan']({ full }, this.caller);
    await this.library.scanned();
  }

  tracks(): Track[] {
    const reply = this.handlers['library:tracks']({ offset: 0, limit: 500 }, this.caller);
    if (reply instanceof Promise) throw new Error('tracks come at once');
    return reply.items;
  }

  track(title: string): Track {
    const found = this.tracks().find((track) => track.title === title);
    if (!found) throw new Error(`no track ${title}`);
    return found;
  }

  problems(): LibraryProblem[] {
    const reply = this.handlers['library:problems']({ offset: 0, limit: 500 }, this.caller);
    if (reply instanceof Promise) throw new Error('problems come at once');
    return reply.items;
  }

  find(query: string): { artists: Artist[]; albums: Album[]; tracks: Track[]; playlists: Playlist[] } {
    const reply = this.handlers['library:search']({ query, limit: 20 }, this.caller);
    if (reply instanceof Promise) throw new Error('search answers at once');
    return reply;
  }

  albums(sort: CommandRequest<'library:albums'>['sort'] = 'artist', artist_id?: string): Album[] {
    const page = { offset: 0, limit: 500, sort, ...(artist_id === undefined ? {} : { artist_id }) };
    const reply = this.handlers['library:albums'](page, this.caller);
    if (reply instanceof Promise) throw new Error('albums come at once');
    return reply.items;
  }

  album(album_id: string): { album: Album; tracks: Track[] } {
    const reply = this.handlers['library:album']({ album_id }, this.caller);
    if (reply instanceof Promise) throw new Error('albums come at once');
    return reply;
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return until(what, condition);
  }

  async close(): Promise<void> {
    await this.library.close();
    this.db.close();
  }
}
