import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger, systemClock } from '../../../src/base/index.js';
import { type Library, openLibrary } from '../../../src/library/index.js';
import { inProcessTags } from '../../../src/library/tags/tag-reader.js';
import { type Importer, openImporter } from '../../../src/pipeline/import/index.js';
import { tagWriterHere } from '../../../src/pipeline/import/tag-writer.js';
import { type Db, migrate, openDb } from '../../../src/storage/index.js';

/** A library and its importer over folders of their own. What others are to be told of goes into a table, so that it can be counted. */
export interface KillHouse {
  readonly db: Db;
  readonly library: Library;
  readonly importer: Importer;
  scan(): Promise<void>;
  close(): Promise<void>;
}

/** How often each track was played, with all that is kept of it. */
export const playsOf = ({ db }: Pick<KillHouse, 'db'>): unknown[] =>
  db.prepare('SELECT * FROM plays ORDER BY track_id').all();

export interface HousePlaces {
  /** Of database and workspace. */
  readonly dir: string;
  readonly musicDir: string;
}

export async function openHouse(
  { dir, musicDir }: HousePlaces,
  step?: (name: string) => void,
): Promise<KillHouse> {
  await mkdir(join(dir, 'workspace'), { recursive: true });
  const db = openDb(join(dir, 'tutti.db'));
  migrate(db);
  db.exec('CREATE TABLE IF NOT EXISTS told (folder TEXT NOT NULL, reason TEXT NOT NULL)');
  const [clock, log] = [systemClock, silentLogger];
  // In this process: hundreds of these are started, and none shall leave others behind when it is killed.
  const tags = inProcessTags;
  const library = openLibrary({
    db,
    musicDir,
    cacheDir: join(dir, 'cache'),
    clock,
    log,
    tags,
    demo: false,
    watch: false,
    mediaKey: Buffer.alloc(32, 7),
    settleMs: 0,
    onState: () => undefined,
    onUpdated: () => undefined,
  });
  const importer = openImporter({
    db,
    musicDir,
    workspaceDir: join(dir, 'workspace'),
    library,
    clock,
    log,
    tags,
    writer: tagWriterHere,
    settings: { trash_days: 30, space_reserve_mb: 1 },
    outbox: (into, folder, reason) => void into.prepare('INSERT INTO told VALUES (?, ?)').run(folder, reason),
    ...(step && { step }),
  });
  return {
    db,
    library,
    importer,
    async scan() {
      library.scan(false);
      await library.scanned();
    },
    async close() {
      await importer.close();
      await library.close();
      db.close();
    },
  };
}
