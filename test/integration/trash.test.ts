import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeAlbum } from '../fixtures/make-music.js';
import { filesBelow, ImportRig, planOf } from './import-rig.js';

const run = promisify(execFile);
const album = { artist: 'Otter', album: 'Rivers', albumArtist: 'Otter', year: 2001, tracks: ['One', 'Two'] };
const PLACE = 'Otter/Rivers (2001)';
const OLD = [`${PLACE}/01 One.mp3`, `${PLACE}/02 Two.mp3`, `${PLACE}/notes.txt`];
let shelf: string;
let dir: string;
let rig: ImportRig;

beforeAll(async () => {
  shelf = await mkdtemp('/dev/shm/tutti-trash-shelf-');
  await makeAlbum(join(shelf, 'old'), { ...album, format: 'mp3' });
  await makeAlbum(join(shelf, 'new'), album);
  await writeFile(join(shelf, 'old', 'notes.txt'), 'thanks');
});

afterAll(() => rm(shelf, { recursive: true, force: true }));

beforeEach(async () => {
  // In memory: hundreds of times everything waits for the disk.
  dir = await mkdtemp('/dev/shm/tutti-trash-');
  rig = await ImportRig.open(dir);
});

afterEach(async () => {
  await rig.close();
  for (const each of [dir, `${dir}-base`]) await rm(each, { recursive: true, force: true });
});

async function withOld(): Promise<string> {
  await cp(join(shelf, 'old'), join(rig.musicDir, PLACE), { recursive: true });
  await rig.scan();
  return String(rig.rows('SELECT album_id FROM albums')[0]?.['album_id']);
}

const list = (): { trash_id: string; reason: string }[] =>
  rig.importer.trash.handlers['trash:list']({ offset: 0, limit: 10 }).items;
const trashed = async (root = rig.musicDir): Promise<string[]> =>
  (await filesBelow(join(root, '.trash'))).filter((name) => !name.startsWith('.') && !name.endsWith('.json'));

it('takes an album out with all that lies in its folder, and brings it back with its ids', async () => {
  const album_id = await withOld();
  const ids = rig.rows('SELECT track_id FROM tracks ORDER BY track_number');
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  expect(await rig.shown()).toEqual([]);
  expect(rig.rows('SELECT * FROM albums')).toEqual([]);
  expect(rig.told).toEqual([`deleted ${PLACE}`]);
  expect(list()).toMatchObject([
    { trash_id, title: 'Rivers', artist: 'Otter', reason: 'deleted', file_count: 3, username: 'Ada' },
  ]);
  await rig.scan();
  await rig.importer.trash.handlers['trash:restore']({ trash_id });
  expect(await rig.shown()).toEqual(OLD);
  expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
  expect(rig.rows('SELECT track_id FROM tracks ORDER BY track_number')).toEqual(ids);
  expect(list()).toEqual([]);
  expect(await trashed()).toEqual([]);
});

it('restores nothing over what stands in its place by now', async () => {
  const album_id = await withOld();
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  await mkdir(join(rig.musicDir, PLACE), { recursive: true });
  await writeFile(join(rig.musicDir, PLACE, 'mine.txt'), 'mine');
  await expect(rig.importer.trash.restore(trash_id)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  expect(await rig.shown()).toEqual([`${PLACE}/mine.txt`]);
  expect(list()).toHaveLength(1);
  expect(await trashed()).toHaveLength(3);
});

it('removes for good only what it put there', async () => {
  const album_id = await withOld();
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  await writeFile(join(rig.musicDir, '.trash', trash_id, PLACE, 'mine.flac'), 'mine');
  await writeFile(
    join(rig.musicDir, '.trash', trash_id, PLACE, '02 Two.mp3'),
    'longer or shorter than it was',
  );
  await rig.importer.trash.handlers['trash:remove']({ trash_id });
  expect(list()).toEqual([]);
  expect(await trashed()).toEqual([`${trash_id}/${PLACE}/02 Two.mp3`, `${trash_id}/${PLACE}/mine.flac`]);
});

it('purges by age, and never what is to stay for ever', async () => {
  const album_id = await withOld();
  const { trash_id } = await rig.importer.trash.handlers['library:delete']({ album_id }, rig.caller);
  expect(await rig.importer.trash.purge()).toBe(0);
  rig.db.exec('UPDATE trash SET expires_ms = NULL');
  expect(await rig.importer.trash.purge()).toBe(0);
  rig.db.exec('UPDATE trash SET expires_ms = 1');
  expect(await rig.importer.trash.purge()).toBe(1);
  expect(list()).toEqual([]);
  expect(await trashed()).toEqual([]);
  await expect(rig.importer.trash.restore(trash_id)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
});

it.each(['the workspace', 'a folder of people'])(
  'keeps a rejected candidate from %s, and gives it back to review',
  async (where) => {
    const watched = join(dir, 'watched');
    const folder = where === 'the workspace' ? rig.candidate('c1') : join(watched, 'c1');
    await cp(join(shelf, 'new'), folder, { recursive: true });
    const about = { candidate_id: 'c1', folder, title: 'Rivers', artist: 'Otter', username: 'Ada' };
    const trashId = await rig.importer.trash.reject(about);
    expect(await filesBelow(folder)).toEqual([]);
    expect(list()).toMatchObject([{ trash_id: trashId, reason: 'rejected', file_count: 2 }]);
    await rig.importer.trash.restore(trashId);
    expect(await filesBelow(folder)).toHaveLength(2);
    expect(rig.restored).toEqual([`c1 ${folder}`]);
    expect(list()).toEqual([]);
  },
);

/** Everything from step `at` on fails, as after a kill: no step leaves a trace any more. The real kills are in import-kill.test.ts. */
function dying(at: number): { readonly step: (name: string) => void; readonly steps: string[] } {
  const steps: string[] = [];
  return {
    steps,
    step(name) {
      steps.push(name);
      if (steps.length >= at) throw new Error('killed');
    },
  };
}

/** Steps that differ in what was left before them. */
const isTelling = (name: string): boolean => !name.startsWith('after') && !/ignore|nomedia/.test(name);

interface Deed {
  readonly title: string;
  prepare(this: void): Promise<void>;
  act(this: void): Promise<unknown>;
  /** Whether it is as before, or as after. */
  check(this: void, isDone: boolean): Promise<void>;
}

let album_id = '';
let trashId = '';
let ids: Record<string, unknown>[] = [];

async function remember(): Promise<void> {
  album_id = await withOld();
  ids = rig.rows('SELECT track_id FROM tracks ORDER BY track_number');
}

async function demandOld(): Promise<void> {
  expect(await rig.shown()).toEqual(OLD);
  expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
  expect(rig.rows('SELECT track_id FROM tracks ORDER BY track_number')).toEqual(ids);
}

const DEEDS: readonly Deed[] = [
  {
    title: 'a deletion',
    async prepare() {
      await remember();
    },
    act: () => rig.importer.trash.delete(album_id),
    async check(isDone) {
      if (!isDone) {
        await demandOld();
        expect(list()).toEqual([]);
        return;
      }
      expect(await rig.shown()).toEqual([]);
      expect(list()).toMatchObject([{ reason: 'deleted' }]);
      expect(await trashed()).toHaveLength(3);
      expect(rig.rows('SELECT * FROM tracks')).toEqual([]);
    },
  },
  {
    title: 'a restoration',
    async prepare() {
      await remember();
      trashId = await rig.importer.trash.delete(album_id);
    },
    act: () => rig.importer.trash.restore(trashId),
    async check(isDone) {
      if (isDone) {
        await demandOld();
        expect(list()).toEqual([]);
        expect(await trashed()).toEqual([]);
        return;
      }
      expect(await rig.shown()).toEqual([]);
      expect(list()).toMatchObject([{ reason: 'deleted' }]);
      expect(await trashed()).toHaveLength(3);
    },
  },
  {
    title: 'an exchange of a better album for the old one',
    async prepare() {
      await remember();
      await cp(join(shelf, 'new'), rig.candidate('c1'), { recursive: true });
      await rig.run(await planOf(rig.candidate('c1'), 'i1', { replace_album_id: album_id }));
    },
    act: () => rig.importer.trash.restore('i1'),
    async check(isDone) {
      expect(list()).toMatchObject([{ reason: 'replaced' }]);
      expect(rig.rows('SELECT album_id FROM albums')).toEqual([{ album_id }]);
      expect(rig.rows('SELECT track_id FROM tracks ORDER BY track_number')).toEqual(ids);
      expect(await trashed()).toHaveLength(isDone ? 2 : 3);
      expect(await rig.shown()).toHaveLength(isDone ? 3 : 2);
    },
  },
  {
    title: 'a rejection',
    async prepare() {
      await cp(join(shelf, 'new'), rig.candidate('c1'), { recursive: true });
    },
    act: () =>
      rig.importer.trash.reject({
        candidate_id: 'c1',
        folder: rig.candidate('c1'),
        title: 'Rivers',
        artist: 'Otter',
      }),
    async check(isDone) {
      expect(await filesBelow(rig.candidate('c1'))).toHaveLength(isDone ? 0 : 2);
      expect(await trashed(rig.workspaceDir)).toHaveLength(isDone ? 2 : 0);
      expect(list()).toHaveLength(isDone ? 1 : 0);
    },
  },
];

const deeds = (): number => rig.rows('SELECT op_id FROM operations').length;

it.each(DEEDS)(
  '$title that stops at any step is whole or not at all after recovery, also when that stops too',
  async ({ prepare, act, check }) => {
    await rig.close();
    const base = `${dir}-base`;
    await rename(dir, base);
    rig = await ImportRig.open(base);
    await prepare();
    const before = deeds();
    await rig.close();
    const begin = async (at: number): Promise<string[]> => {
      await rm(dir, { recursive: true, force: true });
      // With all digits of the times, by which a scan knows files again.
      await run('cp', ['-a', base, dir]);
      const death = dying(at);
      rig = await ImportRig.open(dir, { step: death.step });
      await act().catch(() => undefined);
      await rig.close();
      return death.steps;
    };
    const steps = await begin(Infinity);
    rig.reopen();
    await check(true);
    await rig.close();
    for (const [n, name] of steps.entries()) {
      if (!isTelling(name)) continue;
      await begin(n + 1);
      if (n % 2 === 0) {
        rig.reopen({ step: dying(1 + (n % 5)).step });
        await rig.importer.recover().catch(() => undefined);
        await rig.close();
      }
      rig.reopen();
      await rig.importer.recover();
      await check(deeds() > before);
      expect(await rig.importer.recover()).toEqual([]);
      const rows = rig.rows('SELECT * FROM tracks');
      await rig.scan();
      expect(rig.rows('SELECT * FROM tracks')).toEqual(rows);
      await rig.close();
    }
    await rm(base, { recursive: true, force: true });
    rig.reopen();
  },
  240_000,
);
