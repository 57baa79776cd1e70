import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gather, removeEmpty } from './gather.js';

/** The memory of Linux as a file system, which is another than that of the folder for temporary files. */
const OTHER = '/dev/shm';

describe.each([
  ['the same file system', tmpdir()],
  ['another file system', OTHER],
])('[IM1] what arrived on %s', (_where, place) => {
  let from: string;
  let home: string;
  beforeEach(async () => {
    from = await mkdtemp(join(place, 'tutti-from-'));
    home = await mkdtemp(join(tmpdir(), 'tutti-home-'));
  });
  afterEach(async () => {
    for (const folder of [from, home]) await rm(folder, { recursive: true, force: true });
  });

  const put = async (folder: string, ...paths: string[]): Promise<void> => {
    for (const path of paths) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), path);
    }
  };
  const list = async (folder: string): Promise<string[]> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).sort();
  };

  it('is moved whole, with all that lies in it', async () => {
    await put(from, 'a/1.flac', 'a/Scans/1.jpg');
    await gather({ from, dirs: ['a'], copy: false }, join(home, 'c'));
    expect(await list(home)).toEqual(['c/1.flac', 'c/Scans/1.jpg']);
    expect(await readFile(join(home, 'c/1.flac'), 'utf8')).toBe('a/1.flac');
    await removeEmpty(from);
    await expect(stat(from)).rejects.toThrow();
  });

  it('comes together from several folders, and from a single file', async () => {
    await put(from, 'x (Disc 1)/1.flac', 'x (Disc 2)/1.flac', 'loose.mp3');
    await gather({ from, dirs: ['x (Disc 1)', 'x (Disc 2)'], copy: false }, join(home, 'c'));
    await gather({ from: join(from, 'loose.mp3'), dirs: [''], copy: false }, join(home, 'd'));
    expect(await list(home)).toEqual(['c/x (Disc 1)/1.flac', 'c/x (Disc 2)/1.flac', 'd/loose.mp3']);
    expect(await list(from)).toEqual([]);
  });

  it('stays where it is when it is copied', async () => {
    await put(from, 'a/1.flac');
    await gather({ from, dirs: ['a'], copy: true }, join(home, 'c'));
    await gather({ from, dirs: ['a'], copy: true }, join(home, 'c'));
    expect([await list(from), await list(home)]).toEqual([['a/1.flac'], ['c/1.flac']]);
  });

  it('is brought to its end by the next life, and nothing is taken away that was not brought', async () => {
    await put(from, 'a/1.flac', 'a/2.flac', 'a/new.flac');
    await put(home, 'c/1.flac', 'c/2.flac', 'd.coming/half.flac');
    await writeFile(join(home, 'c/1.flac'), 'a/1.flac');
    const { atime, mtime } = await stat(join(from, 'a/1.flac'));
    await utimes(join(home, 'c/1.flac'), atime, new Date(Math.floor(mtime.getTime())));
    await utimes(join(from, 'a/1.flac'), atime, new Date(Math.floor(mtime.getTime())));
    await utimes(join(home, 'c/2.flac'), atime, new Date(0));
    await gather({ from, dirs: ['a'], copy: false }, join(home, 'c'));
    expect(await list(from)).toEqual(['a/2.flac', 'a/new.flac']);
    expect(await list(home)).toEqual(['c/1.flac', 'c/2.flac', 'd.coming/half.flac']);
  });

  it('says so when it is gone', async () => {
    await expect(gather({ from, dirs: ['a'], copy: false }, join(home, 'c'))).rejects.toThrow(/gone/);
  });
});
