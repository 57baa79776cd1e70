import { appendFile, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock, type Clock } from '../../src/base/index.js';
import { Jobs } from '../../src/jobs/index.js';
import type { TopicEvent } from '../../src/protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { ManualClock, settle } from '../fakes/manual-clock.js';
import type { ScheduleResult } from '../../src/pipeline/schedules/index.js';
import { Integrity, type IntegrityParts } from '../../src/pipeline/integrity/index.js';

let dir: string;
let db: Db;
let store: Store;
let there: boolean;
const told: TopicEvent[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-integrity-'));
  db = openDb(':memory:');
  migrate(db);
  store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
  told.length = 0;
  store.subscribe((events) => told.push(...events.filter(({ type }) => type === 'notification')));
  there = true;
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function add(name: string, content = `sound of ${name}`, addedMs = 0): Promise<void> {
  await mkdir(join(dir, 'Album'), { recursive: true });
  await writeFile(join(dir, 'Album', name), content);
  await know(name, addedMs);
}

/** As a scan knows it. */
async function know(name: string, addedMs = 0): Promise<void> {
  const { size } = await stat(join(dir, 'Album', name));
  const text = [
    'title',
    'title_fold',
    'artist',
    'main_artist',
    'artist_id',
    'album',
    'album_key',
    'album_id',
  ];
  const columns = ['track_id', 'folder', 'name', 'base', 'size', 'mtime_us', 'added_ms', ...text];
  const more = ['album_artist_id', 'tag_compilation', 'duration_seconds', 'codec', 'lossless'];
  const all = [...columns, ...more];
  db.prepare(
    `INSERT OR REPLACE INTO tracks (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})`,
  ).run(
    name,
    Buffer.from('Album'),
    Buffer.from(name),
    Buffer.from('Album'),
    size,
    0,
    addedMs,
    ...text.map(() => 'x'),
    'x',
    0,
    1,
    'flac',
    1,
  );
}

async function check(
  clock: Clock = systemClock,
  budget: IntegrityParts['budget'] = {},
): Promise<ScheduleResult> {
  const integrity = new Integrity({
    db,
    store,
    clock,
    log: silentLogger,
    musicDir: dir,
    fileOf: (id) => ({ path: Buffer.from(join(dir, 'Album', id)), size_bytes: 0, mtime_us: 0 }),
    libraryThere: async () => there,
    budget,
  });
  const jobs = new Jobs({ db, store, clock, log: silentLogger });
  const job = jobs.open({ kind: 'integrity', title: 'Integrity' });
  job.begin();
  const result = await integrity.run(job.signal, job);
  job.complete(result);
  return result;
}

/** Other bytes under the same size and time, as a disk makes them. */
async function rot(name: string): Promise<void> {
  const path = join(dir, 'Album', name);
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[3] = bytes[3]! ^ 1;
  await writeFile(path, bytes);
  await utimes(path, atime, mtime);
}

/** A time that a file system can give back exactly. */
async function age(name: string, seconds = 1_700_000_000): Promise<void> {
  await utimes(join(dir, 'Album', name), seconds, seconds);
}

const said = (): unknown[] => told.map(({ data }) => data);

describe('the integrity of the library', () => {
  beforeEach(async () => {
    for (const name of ['one', 'two', 'three']) {
      await add(name);
      await age(name);
    }
  });

  it('is fine where nothing changed, and nobody is told', async () => {
    expect((await check()).result).toMatchObject({ checked: 3, edited: 0, rotten: 0, missing: 0 });
    expect((await check()).message).toBe('3 files are as they were');
    expect(told).toEqual([]);
  });

  it('tells rot: other bytes, same time and size, every time until it is mended', async () => {
    await check();
    await rot('two');
    for (let n = 1; n <= 2; n++) {
      expect((await check()).result).toMatchObject({ rotten: 1, edited: 0, missing: 0 });
      expect(said()).toHaveLength(n);
    }
    expect(said()[0]).toMatchObject({ level: 'error', message: '1 damaged on the disk: Album/two' });
    expect(told[0]).toMatchObject({ audience: { role: 'admin' } });
    await writeFile(join(dir, 'Album', 'two'), 'sound of two');
    await age('two');
    expect((await check()).result).toMatchObject({ rotten: 0 });
  });

  it('takes an edit for an edit, and what it is now for what it should be', async () => {
    await check();
    await appendFile(join(dir, 'Album', 'two'), ' with new tags');
    expect((await check()).result).toMatchObject({ edited: 1, rotten: 0, missing: 0 });
    expect((await check()).result).toMatchObject({ edited: 0, rotten: 0, missing: 0 });
    expect(told).toEqual([]);
  });

  it('says nothing of a file that was only touched', async () => {
    await check();
    await age('two', 1_800_000_000);
    expect((await check()).result).toMatchObject({ edited: 0, rotten: 0 });
  });

  it('tells what is missing once, before and after a scan has noticed', async () => {
    await check();
    await rm(join(dir, 'Album', 'two'));
    await rm(join(dir, 'Album', 'three'));
    db.prepare(`DELETE FROM tracks WHERE track_id = 'three'`).run();
    expect((await check()).result).toMatchObject({ missing: 2 });
    db.prepare(`DELETE FROM tracks WHERE track_id = 'two'`).run();
    expect((await check()).result).toMatchObject({ missing: 0, checked: 1 });
    expect(said()).toMatchObject([{ level: 'warning', message: '2 missing: Album/three, Album/two' }]);
  });

  it('finds nothing missing while the disk of the music is away', async () => {
    await check();
    there = false;
    expect(await check()).toMatchObject({ skipped: true });
    expect(told).toEqual([]);
  });

  it('tells what cannot be read, and goes on', async () => {
    await check();
    await rm(join(dir, 'Album', 'two'));
    await mkdir(join(dir, 'Album', 'two'));
    expect((await check()).result).toMatchObject({ unreadable: 1, checked: 3 });
  });

  it('stops at once when it is asked to', async () => {
    const clock = new ManualClock();
    const jobs = new Jobs({ db, store, clock, log: silentLogger });
    const job = jobs.open({ kind: 'integrity', title: 'Integrity' });
    jobs.cancel(job.job_id);
    const parts = { db, store, clock, log: silentLogger, musicDir: dir, libraryThere: async () => true };
    const integrity = new Integrity({
      ...parts,
      fileOf: (id) => ({ path: Buffer.from(join(dir, 'Album', id)), size_bytes: 0, mtime_us: 0 }),
    });
    await expect(integrity.run(job.signal, job)).rejects.toThrow();
  });
});

describe('the budget of the integrity', () => {
  it('reads a slice each time: what was never read first, then what was read longest ago', async () => {
    for (const [name, addedMs] of [
      ['old', 1],
      ['new', 3],
      ['other', 2],
    ] as const)
      await add(name, '12345678', addedMs);
    const clock = new ManualClock();
    const budget = { runs: 2, leastBytes: 0, bytesPerSecond: Infinity };
    const order = async (): Promise<string[]> => {
      clock.set(clock.wallMs() + 1000);
      await check(clock, budget);
      return db
        .prepare('SELECT track_id FROM file_sums WHERE checked_ms = ? ORDER BY track_id')
        .all(clock.wallMs())
        .map((row) => String(row['track_id']));
    };
    expect(await order()).toEqual(['new', 'other']);
    expect(await order()).toEqual(['new', 'old']);
    expect(await order()).toEqual(['new', 'other']);
  });

  it('reads no faster than it may', async () => {
    await add('song', 'x'.repeat(1024 * 1024));
    const clock = new ManualClock();
    let done = false;
    const run = check(clock, { bytesPerSecond: 512 * 1024 }).then(() => (done = true));
    for (let n = 0; n < 18; n++) {
      for (let turn = 0; turn < 5; turn++) await settle();
      await clock.advance(100);
    }
    expect(done).toBe(false);
    while (!done) await clock.advance(100);
    await run;
    expect(clock.pending).toBe(0);
  });
});
