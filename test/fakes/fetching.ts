import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '../../src/base/index.js';
import type { JobProgress } from '../../src/jobs/index.js';
import {
  Sources,
  type Caps,
  type FetchContext,
  type SourceSettings,
} from '../../src/pipeline/sources/index.js';
import { sha256 } from './music-server.js';

export const CAPS: Caps = { max_bytes: 200_000_000, max_ms: 600_000, reserve_bytes: 1_000_000 };

/** A folder for downloads, and sources that fetch into it. */
export class FetchingHouse {
  readonly news: JobProgress[] = [];

  private constructor(readonly incoming: string) {}

  static async open(): Promise<FetchingHouse> {
    return new FetchingHouse(await mkdtemp(join(tmpdir(), 'tutti-incoming-')));
  }

  sources(settings: Partial<SourceSettings> = {}): Sources {
    return new Sources({
      clock: systemClock,
      incoming: this.incoming,
      allow_private_addresses: [],
      caps: CAPS,
      ...settings,
    });
  }

  context(signal: AbortSignal = new AbortController().signal): FetchContext {
    const progress = (news: JobProgress): void => void this.news.push(news);
    return { signal, clock: systemClock, log: silentLogger, progress };
  }

  /** Name and sha256 of everything that stands in `files` of a download. */
  async files(folder: string): Promise<Record<string, string>> {
    const root = join(folder, 'files');
    const names = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
    const plain = names.filter((name) => name.isFile()).map((name) => join(name.parentPath, name.name));
    const hashes = await Promise.all(
      plain.map(async (path) => [path.slice(root.length + 1), sha256(await readFile(path))] as const),
    );
    return Object.fromEntries(hashes.toSorted(([a], [b]) => a.localeCompare(b)));
  }

  async close(): Promise<void> {
    await rm(this.incoming, { recursive: true, force: true });
  }
}
