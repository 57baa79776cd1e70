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

export interface JellyfinChoice {
  readonly clock: Clock;
  readonly token: string;
  readonly folders: readonly TheirFolder[];
}

/** It looks when it was told nothing new for so long. */
const DELAY_MS = 60_000;

/** Jellyfin: takes paths, says 204, looks at them a minute later, and never says that it did. */
export class FakeJellyfin {
  readonly server = new TargetServer((asked) => this.#answer(asked));
  readonly #choice: JellyfinChoice;
  readonly #files = new Map<string, TheirFile>();
  #told: string[] = [];
  #toldUs = 0;
  #count = 0;

  constructor(choice: JellyfinChoice) {
    this.#choice = choice;
  }

  async #answer(asked: Asked): Promise<Told> {
    const { token, folders } = this.#choice;
    if (!asked.headers.authorization?.includes(`Token="${token}"`)) return { status: 401 };
    await this.#look();
    switch (`${asked.method} ${asked.path}`) {
      case 'GET /System/Info':
        return { json: { ServerName: 'attic', Version: '10.10.3', Id: 'x' } };
      case 'GET /Library/VirtualFolders':
        return {
          json: [
            { Name: 'Films', ItemId: 'f', CollectionType: 'movies', Locations: ['/films'] },
            {
              Name: 'Music',
              ItemId: 'm',
              CollectionType: 'music',
              Locations: folders.map(({ path }) => path),
            },
          ],
        };
      case 'POST /Library/Media/Updated':
        return this.#updated(asked);
      case 'GET /Items':
        return this.#items(asked);
      default:
        return { status: 404 };
    }
  }

  #updated({ body }: Asked): Told {
    const { Updates } = JSON.parse(body) as { Updates: { Path: string }[] };
    this.#told.push(...Updates.map(({ Path }) => Path));
    this.#toldUs = this.#choice.clock.nowUs();
    return { status: 204 };
  }

  async #look(): Promise<void> {
    if (this.#choice.clock.nowUs() - this.#toldUs < DELAY_MS * 1000) return;
    for (const folder of this.#told.splice(0)) {
      const location = this.#choice.folders.find(
        ({ path }) => folder === path || folder.startsWith(`${path}/`),
      );
      if (!location) continue;
      for (const file of await filesBelow(location, folder))
        if (!this.#files.has(file))
          this.#files.set(file, { file, title: titleOf(file), added: this.#count++ });
    }
  }

  #items({ query }: Asked): Told {
    const search = query.get('searchTerm')?.toLowerCase() ?? '';
    const start = Number(query.get('startIndex') ?? 0);
    const found = [...this.#files.values()]
      .filter(({ title }) => title.toLowerCase().includes(search))
      .toSorted((a, b) => b.added - a.added);
    const Items = found.slice(start, start + Number(query.get('limit'))).map(({ title, file }) => ({
      Name: title,
      Type: 'Audio',
      ...(query.get('fields') === 'Path' && { Path: file }),
    }));
    return { json: { Items, TotalRecordCount: 0, StartIndex: start } };
  }
}
