import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  backupsIn,
  checkDatabase,
  describedIn,
  holdStill,
  listFiles,
  makeBackup,
  nextBackup,
  stageRestore,
} from '../../src/backup/index.js';
import { migrate, openDb, setting, type Db } from '../../src/storage/index.js';

const NOW = Date.UTC(2026, 10, 20, 2, 37);
const DAY = 86_400_000;

let dataDir: string;
let file: string;
let db: Db;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tutti-cheap-'));
  file = join(dataDir, 'tutti.db');
  db = openDb(file);
  migrate(db);
  word('before');
});

afterEach(async () => {
  db.close();
  await rm(dataDir, { recursive: true, force: true });
});

const word = (text: string): void => setting(db, 'test/word').write(text);

/** Fills many pages, in one commit. */
function fill(text: string): void {
  db.transaction(() => {
    for (let n = 0; n < 800; n++) setting(db, `fill/${n}`).write(text.repeat(100));
  });
}

/** What a database that lies in a file by itself says. */
async function wordIn(bytes: readonly Uint8Array[]): Promise<string | undefined> {
  const folder = await mkdtemp(join(dataDir, 'alone-'));
  await writeFile(join(folder, 'tutti.db'), Buffer.concat(bytes));
  checkDatabase(join(folder, 'tutti.db'));
  const alone = openDb(join(folder, 'tutti.db'));
  try {
    return setting(alone, 'test/word').read();
  } finally {
    alone.close();
  }
}

describe('a database that stands still', () => {
  it('is whole in its file alone, however much is written and folded in meanwhile', async () => {
    fill('a');
    const still = (await holdStill(file))!;
    const first: Uint8Array[] = [];
    for await (const chunk of still.read()) {
      first.push(chunk);
      fill('b');
      word('after');
      db.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    const second: Uint8Array[] = [];
    for await (const chunk of still.read()) second.push(chunk);
    await still.close();
    expect(Buffer.concat(first).equals(Buffer.concat(second))).toBe(true);
    expect(await wordIn(first)).toBe('before');
    expect(setting(db, 'test/word').read()).toBe('after');
  });

  it('is not to be had while somebody still reads what it was: then it is copied, with the last word', async () => {
    const reader = openDb(file);
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM settings').get();
    word('after');
    expect(await holdStill(file)).toBeUndefined();
    const next = await nextBackup(backupsIn(dataDir), 'manual', NOW);
    await makeBackup({ ...next, dataDir, version: '0.1.0', reserveBytes: 0 });
    reader.exec('ROLLBACK');
    reader.close();
    await stageRestore({ dataDir, file: next.file, aside: 'old' });
    expect(await wordIn([await readFile(join(dataDir, 'restoring', 'tutti.db'))])).toBe('after');
  });
});

describe('[BK1] a backup', () => {
  const make = async (minute: number): Promise<unknown> => {
    const next = await nextBackup(backupsIn(dataDir), 'manual', NOW + minute * 60_000);
    return makeBackup({ ...next, dataDir, version: '0.1.0', reserveBytes: 0 });
  };

  it('is made alone: another one at the same time is refused, and takes nothing away from it', async () => {
    const done = await Promise.allSettled([make(0), make(1)]);
    expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(done).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'ERR_BUSY' }) as unknown,
    });
    expect(await describedIn(backupsIn(dataDir))).toHaveLength(1);
  });

  it('says what keeps it from its folder, and nobody calls what cannot be read empty', async () => {
    await writeFile(backupsIn(dataDir), 'a letter');
    const refused = {
      code: 'ERR_DISK',
      message: expect.stringContaining('something else has its name') as unknown,
    };
    await expect(make(0)).rejects.toMatchObject(refused);
    await expect(describedIn(backupsIn(dataDir))).rejects.toMatchObject(refused);
  });
});

describe('[BK1] a night', () => {
  let day = 0;

  /** What a backup by the clock did: made one, or found the newest as good. */
  async function night(): Promise<'made' | 'same'> {
    const next = await nextBackup(backupsIn(dataDir), 'scheduled', NOW + ++day * DAY);
    const made = await makeBackup({ ...next, dataDir, version: '0.1.0', reserveBytes: 0, unlessSame: true });
    return made.same ? 'same' : 'made';
  }
  const lists = 'INSERT OR REPLACE INTO kept_lists (serial, list, id, value, own) VALUES (?, ?, ?, ?, ?)';
  const schedule = (enabled: boolean, ran: string): void =>
    void db.prepare(lists).run(1, 'schedules', 'trash', JSON.stringify({ enabled, cron: 'c', ran }), '{}');

  it('in which nothing was changed but notes of our own work makes no other backup, reads the last one and says so', async () => {
    schedule(true, 'yesterday');
    expect(await night()).toBe('made');
    db.prepare('INSERT INTO jobs (job_id, params, value) VALUES (?, ?, ?)').run('j', '{}', '{}'.repeat(9000));
    schedule(true, 'today');
    expect(await night()).toBe('same');
    const backups = await describedIn(backupsIn(dataDir));
    expect(backups).toMatchObject([{ kind: 'daily', confirmed_at: new Date(NOW + day * DAY).toISOString() }]);
    expect(await night()).toBe('same');
  });

  it('after anything that people would miss makes one', async () => {
    schedule(true, 'yesterday');
    await night();
    const changes: (() => unknown)[] = [
      () => word('after'),
      () => schedule(false, 'yesterday'),
      () => db.prepare(lists).run(2, 'alarms', 'a', '{}', '{}'),
      () => db.prepare('INSERT INTO plays VALUES (?, NULL, 1, 2, NULL)').run('track'),
      () => writeFile(join(dataDir, 'tutti.yaml'), 'port: 8080\n'),
      () => rm(join(dataDir, 'tutti.yaml')),
    ];
    for (const change of changes) {
      await change();
      expect([await night(), await night()], String(change)).toEqual(['made', 'same']);
    }
  });

  it('makes one when the last one is damaged or gone', async () => {
    await night();
    const [first] = await listFiles(backupsIn(dataDir));
    const bytes = await readFile(first!.file);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(first!.file, bytes);
    expect([await night(), await night()]).toEqual(['made', 'same']);
    await rm(backupsIn(dataDir), { recursive: true });
    await mkdir(backupsIn(dataDir));
    expect(await night()).toBe('made');
  });
});
