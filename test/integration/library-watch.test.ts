import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FolderWatch } from '../../src/library/scan/folder-watch.js';
import { makeManyFlacs } from '../fixtures/many-flacs.js';
import { LibraryRig } from './library-rig.js';

let dir: string;
let rig: LibraryRig;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-watch-'));
  rig = await LibraryRig.open(dir, { watch: true, settleMs: 50 });
  await makeManyFlacs(rig.musicDir, { count: 20 });
  await rig.library.start();
  await rig.library.scanned();
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const count = (): number => rig.tracks().length;

describe('the watch', () => {
  it('takes a new file, a changed one, and one that is gone', async () => {
    const folder = join(rig.musicDir, 'Artist 0/Album 0');
    await cp(join(folder, '01 Song 1.flac'), join(folder, '99 New.flac'));
    await rig.until('the new file', () => count() === 21);
    await writeFile(join(folder, '99 New.flac'), '');
    await rig.until('the broken file', () => count() === 20 && rig.problems().length === 1);
    await rm(join(folder, '99 New.flac'));
    await rig.until('the list of problems without it', () => rig.problems().length === 0);
  });

  it('takes a whole tree that is moved in, watches it, and lets it go', async () => {
    await makeManyFlacs(join(dir, 'elsewhere'), { count: 30, tracksPerAlbum: 5 });
    await rename(join(dir, 'elsewhere'), join(rig.musicDir, 'more'));
    await rig.until('the tree', () => count() === 50);
    const deep = join(rig.musicDir, 'more/Artist 0/Album 1');
    await cp(join(deep, '01 Song 6.flac'), join(deep, '98 Other.flac'));
    await rig.until('a file deep inside', () => count() === 51);
    await rm(join(rig.musicDir, 'more'), { recursive: true });
    await rig.until('the tree gone', () => count() === 20);
  });

  it('sees a folder that was made anew in the place of another', async () => {
    const folder = join(rig.musicDir, 'Artist 0/Album 1');
    const aside = join(dir, 'aside');
    await cp(folder, aside, { recursive: true });
    await rm(folder, { recursive: true });
    await rig.until('the folder gone', () => count() === 10);
    await mkdir(folder);
    await rig.library.scanned();
    await cp(join(aside, '01 Song 11.flac'), join(folder, '01 Song 11.flac'));
    await rig.until('its new file', () => count() === 11);
  });

  it('ends with the library', async () => {
    await rig.library.close();
    await cp(join(rig.musicDir, 'Artist 0'), join(rig.musicDir, 'Artist 9'), { recursive: true });
    rig.reopen({ watch: false });
    expect(count()).toBe(20);
  });

  it('tells once that it cannot go on, and holds nothing then', () => {
    const failures: Error[] = [];
    const watch = new FolderWatch({ onTouched: () => undefined, onFailed: (error) => failures.push(error) });
    watch.cover(Buffer.from(rig.musicDir), Buffer.alloc(0), '1');
    expect(watch.size).toBe(1);
    watch.cover(Buffer.from(`${rig.musicDir}/${'x'.repeat(300)}`), Buffer.alloc(0), '2');
    watch.cover(Buffer.from(rig.musicDir), Buffer.from('Artist 0'), '3');
    expect(failures).toHaveLength(1);
    expect(watch.size).toBe(0);
  });
});
