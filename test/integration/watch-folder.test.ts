import { mkdir, mkdtemp, open, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/index.js';
import { WatchFolder, type ReadyFolder } from '../../src/pipeline/sources/index.js';
import { ManualClock } from '../fakes/manual-clock.js';

describe('the import folder', () => {
  let folder: string;
  let clock: ManualClock;
  let found: ReadyFolder[];
  let watch: WatchFolder;
  let refuse: boolean;

  const begin = (): WatchFolder =>
    new WatchFolder({
      folder,
      clock,
      log: silentLogger,
      ready: async (one) => {
        if (refuse) throw new Error('not now');
        found.push(one);
      },
    });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tutti-watch-'));
    clock = new ManualClock();
    found = [];
    refuse = false;
    watch = begin();
  });
  afterEach(async () => {
    await watch.close();
    await rm(folder, { recursive: true, force: true });
  });

  const drop = async (path: string, bytes = 'music'): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  /** Looks now, and again after so many seconds. */
  const rest = async (...seconds: number[]): Promise<string[]> => {
    await watch.look();
    for (const one of seconds) {
      await clock.advance(one * 1000);
      await watch.look();
    }
    return found.map(({ title }) => title);
  };

  it('hands on a folder when nothing in it has changed for half a minute, once', async () => {
    await drop('An Album/CD1/01.flac');
    expect(await rest(10, 19)).toEqual([]);
    expect(await rest(1.1)).toEqual(['An Album']);
    expect(await rest(60, 60)).toEqual(['An Album']);
    expect(found[0]?.folder).toBe(join(folder, 'An Album'));
  });

  it('hands on a loose file by itself', async () => {
    await drop('Song.flac');
    expect(await rest(31)).toEqual(['Song']);
    expect(found[0]?.folder).toBe(join(folder, 'Song.flac'));
  });

  it.each([
    ['a file grows', () => drop('A/01.flac', 'more music')],
    ['a file comes', () => drop('A/02.flac')],
    ['a file is renamed', () => rename(join(folder, 'A/01.flac'), join(folder, 'A/1.flac'))],
    ['a file is written anew with the same size', () => drop('A/01.flac', 'cisum')],
    ['only the time moves', () => utimes(join(folder, 'A/01.flac'), 5, 5)],
  ])('waits again when %s', async (_what, change) => {
    await drop('A/01.flac');
    await rest(25);
    await change();
    expect(await rest(29)).toEqual([]);
    expect(await rest(2)).toEqual(['A']);
  });

  it('hands on again what changed after it was handed on', async () => {
    await drop('A/01.flac');
    await rest(31);
    await drop('A/02.flac');
    expect(await rest(31)).toEqual(['A', 'A']);
    expect(found[0]?.fingerprint).not.toBe(found[1]?.fingerprint);
  });

  it.each([
    'x.flac.part',
    'x.crdownload',
    'x.flac.!qB',
    'x.ytdl',
    'x.tmp',
    'x.flac.aria2',
    'x.flac~',
    'sub/y.PART',
  ])('waits for as long as there is %s', async (name) => {
    await drop('A/01.flac');
    await drop(`A/${name}`);
    expect(await rest(40, 40)).toEqual([]);
    await rm(join(folder, 'A', name));
    expect(await rest(31)).toEqual(['A']);
  });

  it('waits for a loose file while its twin says that it is not whole', async () => {
    await drop('x.flac');
    await drop('x.flac.aria2');
    expect(await rest(40, 40)).toEqual([]);
    await rm(join(folder, 'x.flac.aria2'));
    expect(await rest(31)).toEqual(['x']);
  });

  it('waits for a file that is reserved and not written', async () => {
    await drop('A/01.flac');
    await truncate(join(folder, 'A/01.flac'), 8 * 1024 * 1024);
    expect(await rest(40, 40)).toEqual([]);
    const handle = await open(join(folder, 'A/01.flac'), 'r+');
    await handle.write(Buffer.alloc(8 * 1024 * 1024, 1), 0, 8 * 1024 * 1024, 0);
    await handle.sync();
    await handle.close();
    expect(await rest(31)).toEqual(['A']);
  });

  it('follows no link, and sees that there is one', async () => {
    await drop('A/01.flac');
    await symlink('/etc', join(folder, 'A', 'etc'));
    await symlink('..', join(folder, 'A', 'loop'));
    await symlink(join(folder, 'A'), join(folder, 'B'));
    expect(await rest(31)).toEqual(['A']);
  });

  it('leaves alone what has no music, and what is hidden', async () => {
    await drop('Pictures/cover.jpg');
    await drop('.stfolder/01.flac');
    await mkdir(join(folder, 'Empty'));
    expect(await rest(40, 40)).toEqual([]);
  });

  it('offers again what nobody took', async () => {
    refuse = true;
    await drop('A/01.flac');
    expect(await rest(31)).toEqual([]);
    refuse = false;
    expect(await rest(10)).toEqual(['A']);
  });

  it('says the same of the same folder after a restart', async () => {
    await drop('A/01.flac');
    await rest(31);
    await watch.close();
    watch = begin();
    await rest(31);
    expect(found).toHaveLength(2);
    expect(found[0]).toEqual(found[1]);
  });

  it('comes back with a folder that was not there for a while', async () => {
    await rm(folder, { recursive: true });
    expect(await rest(40)).toEqual([]);
    await mkdir(folder);
    await drop('A/01.flac');
    expect(await rest(31)).toEqual(['A']);
  });

  it('looks by itself', async () => {
    await drop('A/01.flac');
    watch.start();
    const looks = Array.from({ length: 5 }, (_, n) => n);
    for (const _ of looks) {
      await clock.advance(10_000);
      await watch.look();
    }
    expect(found.map(({ title }) => title)).toEqual(['A']);
  });
});
