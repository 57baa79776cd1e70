import { appendFileSync, mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { itMounts, mountSmall, resizeSmall } from '../fakes/small-disk.js';
import { makeAlbum } from '../fixtures/make-music.js';
import { filesBelow, ImportRig, planOf } from './import-rig.js';

const run = promisify(execFile);
const album = { artist: 'Otter', album: 'Rivers', albumArtist: 'Otter', year: 2001, tracks: ['One', 'Two'] };
const PLACE = 'Otter/Rivers (2001)';
const OLD = [`${PLACE}/01 One.mp3`, `${PLACE}/02 Two.mp3`];
let shelf: string;
let dir: string;
let rig: ImportRig;
let candidate: string;
/** What happens when a step is reached; each once. */
let hooks: Map<string, () => void>;
let undo: (() => Promise<void>)[];

const step = (name: string): void => {
  const hook = hooks.get(name);
  hooks.delete(name);
  hook?.();
};

beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-faults-shelf-'));
  await makeAlbum(join(shelf, 'new'), { ...album, sound: 'noise', seconds: 2 });
  await makeAlbum(join(shelf, 'old'), { ...album, format: 'mp3' });
});

afterAll(() => rm(shelf, { recursive: true, force: true }));

beforeEach(async () => {
  hooks = new Map();
  undo = [];
  dir = await mkdtemp(join(tmpdir(), 'tutti-faults-'));
  rig = await ImportRig.open(dir, { step });
  candidate = rig.candidate('c1');
  await cp(join(shelf, 'new'), candidate, { recursive: true });
});

afterEach(async () => {
  for (const each of undo.reverse()) await each();
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

/** An album of the library that the candidate is to replace. */
async function withOld(): Promise<string> {
  await cp(join(shelf, 'old'), join(rig.musicDir, PLACE), { recursive: true });
  await rig.scan();
  return String(rig.rows('SELECT album_id FROM albums')[0]?.['album_id']);
}

/** Everything is as it was before the import. */
async function demandUntouched(shown: readonly string[] = []): Promise<void> {
  expect(await rig.shown()).toEqual(shown);
  const staged = await filesBelow(join(rig.musicDir, '.staging'));
  expect(staged.filter((name) => name.endsWith('.json') || name.includes('/'))).toEqual([]);
  expect(rig.rows('SELECT trash_id FROM trash')).toEqual([]);
  expect(rig.rows('SELECT op_id FROM operations')).toEqual([]);
}

const sources = async (): Promise<number> => (await filesBelow(candidate)).length;

it.each([
  ['grows', (path: string) => appendFileSync(path, 'more'), 2],
  ['vanishes', (path: string) => unlinkSync(path), 1],
  [
    'becomes a link',
    (path: string) => {
      unlinkSync(path);
      symlinkSync('/etc/hostname', path);
    },
    2,
  ],
])('stops when a source %s while it is taken, and nothing is published', async (_, change, left) => {
  const album_id = await withOld();
  const plan = await planOf(candidate, 'i1', { replace_album_id: album_id });
  hooks.set('before link file', () => change(join(candidate, '02 Two.flac')));
  await expect(rig.run(plan)).rejects.toMatchObject({
    params: { cause: expect.stringMatching(/^source_/) as string },
  });
  await demandUntouched(OLD);
  expect(await sources()).toBe(left);
});

it('stops when the source that is being copied grows', async () => {
  const plan = await planOf(candidate, 'i1');
  hooks.set('inside copy file', () => appendFileSync(join(candidate, '01 One.flac'), 'more'));
  await expect(rig.run({ ...plan, release: { ...plan.release, album: 'Rivérs' } })).rejects.toMatchObject({
    code: 'ERR_CONFLICT',
    params: { cause: 'source_changed' },
  });
  await demandUntouched();
});

it('does not begin without the reserve, and begins when there is room', async () => {
  let free = 1_000_000;
  await rig.close();
  rig.reopen({ step, freeBytes: () => Promise.resolve(free) });
  const plan = await planOf(candidate, 'i1');
  const copied = { ...plan, release: { ...plan.release, album: 'Rivérs' } };
  await expect(rig.run(copied)).rejects.toMatchObject({ code: 'ERR_SPACE', retryable: true });
  await demandUntouched();
  free = 1_000_000_000;
  expect((await rig.run(copied)).folder).toBe('Otter/Rivérs (2001)');
});

itMounts(
  'leaves the old album where it is when the disk fills up, and takes the new one when there is room',
  async () => {
    undo.push(await mountSmall(rig.musicDir, '400k'));
    await rig.close();
    rig.reopen({ step, freeBytes: () => Promise.resolve(1e12) });
    const album_id = await withOld();
    const plan = await planOf(candidate, 'i1', { replace_album_id: album_id });
    await expect(rig.run(plan)).rejects.toMatchObject({ code: 'ERR_DISK', retryable: true });
    await demandUntouched(OLD);
    expect(await sources()).toBe(2);
    await resizeSmall(rig.musicDir, '20m');
    expect((await rig.run(plan)).album_id).toBe(album_id);
    expect(await sources()).toBe(0);
  },
);

it('takes everything back when the database is full, and goes on when there is room', async () => {
  const album_id = await withOld();
  const before = rig.rows('SELECT * FROM tracks');
  const isFull = { now: true };
  await rig.close();
  rig.reopen({
    step,
    outbox: (db) => {
      if (!isFull.now) return;
      db.exec(`PRAGMA max_page_count = ${Number(db.prepare('PRAGMA page_count').get()?.['page_count'])}`);
      db.exec('CREATE TABLE filling AS SELECT randomblob(1000000) AS filling');
    },
  });
  const plan = await planOf(candidate, 'i1', { replace_album_id: album_id });
  await expect(rig.run(plan)).rejects.toMatchObject({ code: 'ERR_DISK', retryable: true });
  await demandUntouched(OLD);
  expect(rig.rows('SELECT * FROM tracks')).toEqual(before);
  expect(await sources()).toBe(2);
  isFull.now = false;
  rig.db.exec('PRAGMA max_page_count = 1000000');
  expect((await rig.run(plan)).album_id).toBe(album_id);
});

it('says so when it may not write, and changes nothing', async () => {
  const { seteuid } = process;
  if (process.getuid?.() !== 0 || !seteuid) throw new Error('this test becomes nobody; run it as root');
  const album_id = await withOld();
  const plan = await planOf(candidate, 'i1', { replace_album_id: album_id });
  await run('chmod', ['-R', 'a+rX', dir]);
  await run('chmod', ['a+x', dir]);
  seteuid(65_534);
  try {
    await expect(rig.run(plan)).rejects.toMatchObject({ code: 'ERR_DISK', retryable: false });
  } finally {
    seteuid(0);
  }
  await demandUntouched(OLD);
  expect(await sources()).toBe(2);
});

it.each([
  ['a folder', (path: string) => mkdirSync(path)],
  ['a file', (path: string) => writeFileSync(path, 'mine')],
])('overwrites nothing when %s appears in its place', async (_, appear) => {
  hooks.set('before move into its place', () => appear(join(rig.musicDir, PLACE)));
  await expect(rig.run(await planOf(candidate, 'i1'))).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  expect(await sources()).toBe(2);
  expect((await rig.shown()).length).toBeLessThan(2);
});

it('takes everything back when what was put in its place is not what was staged, byte for byte', async () => {
  const before = await sources();
  hooks.set('after move into its place', () => {
    const path = join(rig.musicDir, PLACE, '01 One.flac');
    const bytes = readFileSync(path);
    bytes[bytes.length - 100]! ^= 1;
    writeFileSync(path, bytes);
  });
  await expect(rig.run(await planOf(candidate, 'i1'))).rejects.toMatchObject({ code: 'ERR_DISK' });
  await demandUntouched();
  expect(await sources()).toBe(before);
});

it('keeps the old album in the trash, for people to see, when something takes its place in the moment it is away', async () => {
  const album_id = await withOld();
  const plan = await planOf(candidate, 'i1', { replace_album_id: album_id });
  hooks.set('before move into its place', () => {
    mkdirSync(join(rig.musicDir, PLACE), { recursive: true });
    writeFileSync(join(rig.musicDir, PLACE, 'mine.txt'), 'mine');
  });
  await expect(rig.run(plan)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  expect(await rig.shown()).toEqual([`${PLACE}/mine.txt`]);
  expect(await sources()).toBe(2);
  const { items } = rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 });
  expect(items).toMatchObject([{ reason: 'replaced', title: 'Rivers' }]);
  await expect(rig.importer.trash.restore(items[0]!.trash_id)).rejects.toMatchObject({
    code: expect.stringMatching(/CONFLICT|NOT_FOUND/) as string,
  });
  await rm(join(rig.musicDir, PLACE), { recursive: true });
  await rig.scan();
  await rig.importer.trash.restore(items[0]!.trash_id);
  expect(await rig.shown()).toEqual(OLD);
  expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
});

it('neither imports nor removes anything while the music folder is not mounted', async () => {
  const album_id = await withOld();
  const plan = await planOf(candidate, 'i1');
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  await withOld();
  rig.db.exec('UPDATE trash SET expires_ms = 1');
  await rename(rig.musicDir, `${rig.musicDir}-away`);
  await mkdir(rig.musicDir);
  await expect(rig.run(plan)).rejects.toMatchObject({ code: 'ERR_DISK', retryable: true });
  expect(await rig.importer.recover()).toEqual([]);
  expect(await rig.importer.trash.purge()).toBe(0);
  expect(await filesBelow(rig.musicDir)).toEqual([]);
  expect(rig.rows('SELECT trash_id, going FROM trash')).toEqual([{ trash_id, going: 0 }]);
  await rm(rig.musicDir, { recursive: true });
  await rename(`${rig.musicDir}-away`, rig.musicDir);
  expect(await rig.importer.trash.purge()).toBe(1);
  expect((await rig.run({ ...plan, release: { ...plan.release, year: 2002 } })).folder).toBe(
    'Otter/Rivers (2002)',
  );
});

it('passes over a torn journal, and sweeps out what lies in staging', async () => {
  await rig.run(await planOf(candidate, 'i1', { keep_sources: true }));
  const staging = join(rig.musicDir, '.staging');
  await mkdir(join(staging, 'i9'));
  await writeFile(join(staging, 'i9', 'half.flac'), 'half');
  await writeFile(join(staging, 'i9.json'), '{"version":1,"op_id":"i9","moves":[{"from":"Ot');
  await writeFile(join(staging, 'i8.json.tmp'), '{');
  const shown = await rig.shown();
  expect(await rig.importer.recover()).toEqual([]);
  expect((await filesBelow(staging)).filter((name) => name.startsWith('i'))).toEqual([]);
  expect(await rig.shown()).toEqual(shown);
});

it('lets ids go on, and finds the old album in the trash, with a database from before the upgrade', async () => {
  const album_id = await withOld();
  const ids = rig.rows('SELECT track_id FROM tracks ORDER BY track_number');
  rig.db.exec(`VACUUM INTO '${join(dir, 'backup.db')}'`);
  await rig.run(await planOf(candidate, 'i1', { replace_album_id: album_id }));
  await rig.close();
  for (const end of ['', '-wal', '-shm']) await rm(join(dir, `tutti.db${end}`), { force: true });
  await writeFile(join(dir, 'tutti.db'), await readFile(join(dir, 'backup.db')));
  rig.reopen({ step });
  await rig.importer.recover();
  await rig.scan();
  expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
  expect(rig.rows('SELECT track_id FROM tracks ORDER BY track_number')).toEqual(ids);
  expect(rig.rows('SELECT codec FROM tracks')).toEqual([{ codec: 'flac' }, { codec: 'flac' }]);
  const { items } = rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 });
  expect(items).toMatchObject([{ reason: 'replaced' }]);
  await rig.importer.trash.restore(items[0]!.trash_id);
  expect(rig.rows('SELECT track_id FROM tracks ORDER BY track_number')).toEqual(ids);
  expect(await rig.shown()).toEqual(OLD);
});

it('takes the same album once when it comes twice at the same time', async () => {
  const twin = rig.candidate('c2');
  await cp(candidate, twin, { recursive: true });
  const results = await Promise.allSettled([
    rig.run(await planOf(candidate, 'i1')),
    rig.run(await planOf(twin, 'i2')),
  ]);
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect((await rig.shown()).length).toBe(2);
  expect((await sources()) + (await filesBelow(twin)).length).toBe(2);
});
