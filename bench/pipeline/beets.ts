import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDb } from '../../src/storage/index.js';

const run = promisify(execFile);
const TIMEOUT_MS = 60_000;

export interface BeetsEnd {
  /** Ids of the releases that it took the folder for; none = it left it alone. */
  readonly releases: readonly string[];
  readonly seconds: number;
  readonly hung: boolean;
}

/** Debian's beets, asking the same source about the same folders, by default without changing a file. Its configuration must lie in BEETSDIR: with `-c` it asks the public server. */
export class Beets {
  #turn = 0;

  private constructor(readonly dir: string) {}

  /** `copies`: it copies what it takes into a music folder of its own and writes tags there. */
  static async open(dir: string, port: number, copies = false): Promise<Beets> {
    await mkdir(dir, { recursive: true });
    const yes = copies ? 'yes' : 'no';
    const config = [
      `directory: ${musicOf(dir)}`,
      `library: ${join(dir, 'library.db')}`,
      'plugins: []',
      `import: {copy: ${yes}, write: ${yes}, move: no, quiet: yes, quiet_fallback: skip, resume: no, incremental: no, timid: no}`,
      `musicbrainz: {host: "127.0.0.1:${port}", https: no, ratelimit: 100, ratelimit_interval: 1.0}`,
    ];
    await writeFile(join(dir, 'config.yaml'), `${config.join('\n')}\n`);
    return new Beets(dir);
  }

  /** Every folder has a library of its own, so that none is a duplicate. */
  async import(folder: string, timeout = TIMEOUT_MS): Promise<BeetsEnd> {
    const library = join(this.dir, `${this.#turn++}.db`);
    const begun = performance.now();
    const seconds = (): number => (performance.now() - begun) / 1000;
    const { PATH = '' } = process.env;
    try {
      await run('beet', ['-l', library, 'import', '-q', folder], {
        timeout,
        killSignal: 'SIGKILL',
        env: { PATH, BEETSDIR: this.dir, HOME: this.dir, LC_ALL: 'C.UTF-8' },
        maxBuffer: 1e8,
      });
    } catch (error) {
      const { code, killed } = error as NodeJS.ErrnoException & { killed?: boolean };
      if (code === 'ENOENT') throw new Error('beets is missing: apt install beets', { cause: error });
      if (killed === true) return { releases: [], seconds: seconds(), hung: true };
    }
    return { releases: albumsIn(library), seconds: seconds(), hung: false };
  }
}

/** Where one that copies puts the music. */
export const musicOf = (dir: string): string => join(dir, 'music');

function albumsIn(library: string): string[] {
  const db = openDb(library);
  try {
    return db
      .prepare('SELECT mb_albumid FROM albums')
      .all()
      .map((row) => String(row['mb_albumid']));
  } catch {
    return [];
  } finally {
    db.close();
  }
}
