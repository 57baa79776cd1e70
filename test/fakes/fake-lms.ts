import { pathToFileURL } from 'node:url';
import {
  filesBelow,
  TargetServer,
  titleOf,
  type Asked,
  type TheirFolder,
  type Told,
} from './target-server.js';

export interface LmsChoice {
  readonly user: string;
  readonly password: string;
  readonly folders: readonly TheirFolder[];
}

/** Lyrion Music Server by its JSON-RPC: `rescan full file:///folder`, and progress while it lasts. */
export class FakeLms {
  readonly server = new TargetServer((asked) => this.#answer(asked));
  looks = 2;
  readonly scanned: string[] = [];
  readonly #choice: LmsChoice;
  readonly #files = new Map<string, string>();
  #scan: { readonly folder: string; looks: number } | undefined;

  constructor(choice: LmsChoice) {
    this.#choice = choice;
  }

  async #answer({ path, headers, body }: Asked): Promise<Told> {
    const { user, password } = this.#choice;
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    if (headers.authorization !== basic) return { status: 401 };
    if (path !== '/jsonrpc.js') return { status: 404 };
    const { params } = JSON.parse(body) as { params: [string, (string | number)[]] };
    return {
      json: { id: 1, method: 'slim.request', params, result: await this.#result(params[1].map(String)) },
    };
  }

  async #result(command: readonly string[]): Promise<unknown> {
    switch (command[0] ?? '') {
      case 'serverstatus':
        return {
          version: '9.0.2',
          lastscan: String(1_700_000_000 + this.scanned.length),
          'info total songs': 1,
        };
      case 'pref':
        return { _p2: this.#choice.folders.map(({ path }) => path) };
      case 'rescan':
        this.#scan ??= {
          folder: decodeURIComponent(command[2]?.replace('file://', '') ?? ''),
          looks: this.looks,
        };
        return {};
      case 'rescanprogress':
        return this.#progress();
      case 'titles': {
        const search = command[3]?.replace('search:', '').toLowerCase() ?? '';
        const titles_loop = [...this.#files]
          .filter(([, title]) => title.toLowerCase().includes(search))
          .map(([file, title], id) => ({ id, title, url: pathToFileURL(file).href }));
        return { count: titles_loop.length, ...(titles_loop.length > 0 && { titles_loop }) };
      }
      case 'songinfo':
        return {};
      default:
        return {};
    }
  }

  async #progress(): Promise<unknown> {
    const scan = this.#scan;
    if (scan && scan.looks-- <= 0) {
      this.#scan = undefined;
      this.scanned.push(scan.folder);
      const location = this.#choice.folders.find(
        ({ path }) => scan.folder === path || scan.folder.startsWith(`${path}/`),
      );
      if (location)
        for (const file of await filesBelow(location, scan.folder)) this.#files.set(file, titleOf(file));
    }
    return this.#scan ? { rescan: 1, steps: 'directory', directory: 40 } : { rescan: 0 };
  }
}
