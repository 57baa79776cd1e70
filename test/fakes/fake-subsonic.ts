import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { filesBelow, TargetServer, titleOf, type Asked, type Told } from './target-server.js';

export interface SubsonicChoice {
  readonly user: string;
  readonly password: string;
  readonly apiKey: string;
  readonly libraries: readonly { readonly id: number; readonly name: string; readonly dir: string }[];
}

interface Song {
  readonly title: string;
  readonly path: string;
  readonly size: number;
}

/** A Subsonic server; as Navidrome it scans single folders (`target=library:folder`) and tells made-up paths unless it is told not to. */
export class FakeSubsonic {
  readonly server = new TargetServer((asked) => this.#answer(asked));
  navidrome = true;
  /** Whether the user may start scans. */
  admin = true;
  realPaths = false;
  /** Takes nothing in the body of a request. */
  onlyAddresses = false;
  looks = 2;
  /** `target` of every scan, in order; `*` = everything. */
  readonly scanned: string[] = [];
  readonly #choice: SubsonicChoice;
  readonly #songs = new Map<string, Song>();
  #scan: { readonly targets: readonly string[]; looks: number } | undefined;

  constructor(choice: SubsonicChoice) {
    this.#choice = choice;
  }

  async #answer({ method, path, query, body }: Asked): Promise<Told> {
    if (this.onlyAddresses && method === 'POST') return { status: 405 };
    const fields = new URLSearchParams(body === '' ? query : body);
    if (fields.get('f') !== 'json' || fields.get('c') === null)
      return failed(10, 'Required parameter is missing');
    const refusal = this.#refusal(fields);
    if (refusal) return refusal;
    switch (path) {
      case '/rest/ping.view':
        return this.#ok({});
      case '/rest/getMusicFolders.view': {
        const musicFolder = this.#choice.libraries.map(({ id, name }) => ({ id, name }));
        return this.#ok({ musicFolders: { musicFolder } });
      }
      case '/rest/getScanStatus.view':
        return this.#status();
      case '/rest/startScan.view':
        return this.#start(fields.getAll('target'));
      case '/rest/search3.view':
        return this.#search(fields.get('query')?.toLowerCase() ?? '');
      default:
        return { status: 404 };
    }
  }

  #refusal(fields: URLSearchParams): Told | undefined {
    const { user, password, apiKey } = this.#choice;
    if (fields.has('p')) throw new Error('the password itself was sent');
    const key = fields.get('apiKey');
    if (key !== null)
      return fields.has('u')
        ? failed(43, 'Multiple conflicting mechanisms')
        : key === apiKey
          ? undefined
          : failed(44, 'Invalid API key');
    const expected = createHash('md5')
      .update(password + (fields.get('s') ?? ''))
      .digest('hex');
    const isRight =
      fields.get('u') === user && (fields.get('s')?.length ?? 0) >= 6 && fields.get('t') === expected;
    return isRight ? undefined : failed(40, 'Wrong username or password');
  }

  #start(targets: readonly string[]): Told {
    if (!this.admin) return failed(50, 'User is not authorized for the given operation');
    this.#scan ??= { targets: this.navidrome && targets.length > 0 ? targets : ['*'], looks: this.looks };
    return this.#ok({ scanStatus: { scanning: true, count: 0 } });
  }

  async #status(): Promise<Told> {
    const scan = this.#scan;
    if (scan && scan.looks-- <= 0) {
      this.#scan = undefined;
      for (const target of scan.targets) await this.#look(target);
    }
    const lastScan = new Date(this.scanned.length * 1000).toISOString();
    return this.#ok({
      scanStatus: { scanning: this.#scan !== undefined, count: this.#songs.size, lastScan },
    });
  }

  async #look(target: string): Promise<void> {
    this.scanned.push(target);
    for (const { id, dir } of this.#choice.libraries) {
      if (target !== '*' && !target.startsWith(`${id}:`)) continue;
      const folder = target === '*' ? '' : target.slice(`${id}:`.length);
      for (const file of await filesBelow({ path: '', dir }, folder === '' ? '' : `/${folder}`)) {
        const made = `Some Artist/Some Album/${titleOf(file)}.flac`;
        const { size } = await stat(dir + file);
        this.#songs.set(dir + file, { title: titleOf(file), path: this.realPaths ? dir + file : made, size });
      }
    }
  }

  #search(query: string): Told {
    const song = [...this.#songs.values()].filter(({ title }) => title.toLowerCase().includes(query));
    return this.#ok({ searchResult3: song.length > 0 ? { song } : {} });
  }

  #ok(fields: Readonly<Record<string, unknown>>): Told {
    const kind = this.navidrome ? { type: 'navidrome', serverVersion: '0.59.0', openSubsonic: true } : {};
    return { json: { 'subsonic-response': { status: 'ok', version: '1.16.1', ...kind, ...fields } } };
  }
}

const failed = (code: number, message: string): Told => ({
  json: { 'subsonic-response': { status: 'failed', version: '1.16.1', error: { code, message } } },
});
