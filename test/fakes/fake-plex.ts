import type { Clock } from '../../src/base/index.js';
import {
  filesBelow,
  TargetServer,
  titleOf,
  type Asked,
  type TheirFile,
  type TheirFolder,
  type Told,
} from './target-server.js';

export interface PlexLibrary {
  readonly key: string;
  readonly title: string;
  readonly type: 'artist' | 'movie';
  readonly locations: readonly TheirFolder[];
}

export interface PlexChoice {
  readonly clock: Clock;
  readonly token: string;
  readonly libraries: readonly PlexLibrary[];
}

/** Scans asked for in quicker succession are lost, with the same answer. */
const LOST_MS = 5000;

interface Scan {
  readonly library: PlexLibrary;
  readonly folder: string;
  /** Looks at the libraries until it is over. */
  looks: number;
}

/**
 * Plex as it was met: 200 and nothing for every scan, also of folders that do not exist, of files, and of scans it loses; libraries that
 * say `refreshing` while they are looked through and move `contentChangedAt` when that changed something. It scans real folders, and
 * forgets what is not there any more.
 */
export class FakePlex {
  readonly server = new TargetServer((asked) => this.#answer(asked));
  /** For how many looks a scan is seen. */
  looks = 2;
  /** `post`: as the published specification has it; GET is 405 then. */
  refreshBy: 'get' | 'post' = 'get';
  /** It has titles of its own for what it finds. */
  renames = false;
  /** So many requests are answered 503, as while it starts. */
  startingFor = 0;
  activities = true;
  /** Scans that were really begun, in order. */
  readonly scanned: string[] = [];
  readonly #choice: PlexChoice;
  readonly #files = new Map<string, Map<string, TheirFile>>();
  readonly #changedAt = new Map<string, number>();
  #scan: Scan | undefined;
  #lastUs = -Infinity;
  #count = 0;

  constructor(choice: PlexChoice) {
    this.#choice = choice;
  }

  /** Paths it has in a library. */
  files(key: string): string[] {
    return [...(this.#files.get(key)?.keys() ?? [])].toSorted();
  }

  async #answer(asked: Asked): Promise<Told> {
    const { path, headers } = asked;
    if (this.startingFor > 0) {
      this.startingFor--;
      return { status: 503 };
    }
    if (path === '/identity') return inContainer({ machineIdentifier: 'm', version: '1.41.0.8992' });
    if (headers['x-plex-token'] !== this.#choice.token) return { status: 401 };
    if (headers.accept !== 'application/json') return { status: 500 };
    if (path === '/library/sections') return this.#sections();
    if (path === '/activities') return this.#activity();
    const [, key = '', verb = ''] = /^\/library\/sections\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    const library = this.#choice.libraries.find((other) => other.key === key);
    if (!library) return { status: 404 };
    if (verb === 'refresh') return this.#refresh(asked, library);
    return verb === 'all' ? this.#tracks(asked, library) : { status: 404 };
  }

  #refresh({ method, query }: Asked, library: PlexLibrary): Told {
    if ((method === 'POST') !== (this.refreshBy === 'post'))
      return { status: this.refreshBy === 'post' ? 405 : 404 };
    const folder = query.get('path');
    const nowUs = this.#choice.clock.nowUs();
    const isLost = this.#scan !== undefined || nowUs - this.#lastUs < LOST_MS * 1000;
    if (folder !== null && !isLost) {
      this.#lastUs = nowUs;
      this.#scan = { library, folder, looks: this.looks };
    }
    return {};
  }

  async #sections(): Promise<Told> {
    const scan = this.#scan;
    if (scan && scan.looks-- <= 0) await this.#finish(scan);
    const Directory = this.#choice.libraries.map((library) => ({
      key: library.key,
      title: library.title,
      type: library.type,
      agent: 'tv.plex.agents.music',
      refreshing: this.#scan?.library === library,
      scannedAt: 1_700_000_000 + this.scanned.length,
      contentChangedAt: this.#changedAt.get(library.key) ?? 100,
      Location: library.locations.map(({ path }, id) => ({ id, path })),
    }));
    return inContainer({ size: Directory.length, Directory });
  }

  #activity(): Told {
    if (!this.activities) return { status: 404 };
    const scan = this.#scan;
    const Activity = scan
      ? [
          {
            type: 'library.update.section',
            title: `Scanning ${scan.library.title}`,
            subtitle: '',
            progress: 10,
          },
        ]
      : [];
    return inContainer({ size: Activity.length, Activity });
  }

  async #finish({ library, folder }: Scan): Promise<void> {
    this.#scan = undefined;
    this.scanned.push(folder);
    const location = library.locations
      .filter(({ path }) => folder === path || folder.startsWith(`${path}/`))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
    if (!location) return;
    const files = this.#files.get(library.key) ?? new Map<string, TheirFile>();
    this.#files.set(library.key, files);
    const before = [...files.keys()].join();
    const found = await filesBelow(location, folder);
    for (const file of files.keys())
      if (file.startsWith(`${folder}/`) && !found.includes(file)) files.delete(file);
    for (const file of found)
      if (!files.has(file)) {
        const title = this.renames ? `Track ${this.#count}` : titleOf(file);
        files.set(file, { file, title, added: this.#count++ });
      }
    if (before !== [...files.keys()].join())
      this.#changedAt.set(library.key, (this.#changedAt.get(library.key) ?? 100) + 1);
  }

  #tracks({ query, headers }: Asked, { key }: PlexLibrary): Told {
    if (query.get('type') !== '10') return inContainer({ size: 0 });
    const title = query.get('title')?.toLowerCase() ?? '';
    const found = [...(this.#files.get(key)?.values() ?? [])]
      .filter((track) => track.title.toLowerCase().includes(title))
      .toSorted((a, b) => b.added - a.added);
    const start = Number(headers['x-plex-container-start'] ?? 0);
    const size = Number(headers['x-plex-container-size'] ?? found.length);
    const Metadata = found.slice(start, start + size).map((track) => ({
      title: track.title,
      Media: [{ Part: [{ file: track.file }] }],
    }));
    return inContainer({
      size: Metadata.length,
      totalSize: found.length,
      ...(Metadata.length > 0 && { Metadata }),
    });
  }
}

const inContainer = (fields: Readonly<Record<string, unknown>>): Told => ({
  json: { MediaContainer: fields },
});
