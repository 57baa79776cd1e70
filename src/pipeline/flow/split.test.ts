import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { splitFolder } from './split.js';

describe('[IM1] a folder that arrived', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'tutti-split-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));

  const albums = async (...paths: string[]): Promise<string[]> => {
    for (const path of paths) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), '');
    }
    const groups = await splitFolder(root, 'Delivery');
    return groups.map(({ dirs, title }) => `${title}: ${dirs.map((dir) => dir || '.').join(' + ')}`);
  };

  it('is one album when its music lies in one place', async () => {
    expect(await albums('1.flac', '2.flac', 'cover.jpg')).toEqual(['Delivery: .']);
    expect(await albums('Scans/front.jpg')).toEqual(['Delivery: .']);
  });

  it('is one album when it holds the discs of one', async () => {
    expect(await albums('CD1/1.flac', 'cd 02/1.flac', 'Disc 3 - Live/1.flac')).toEqual(['Delivery: .']);
  });

  it('is as many albums as it has folders of music, discs together', async () => {
    expect(
      await albums('A/One/1.flac', 'A/Two/CD1/1.flac', 'A/Two/CD2/1.flac', 'B/1.mp3', 'A/Two/booklet.pdf'),
    ).toEqual(['One: A/One', 'Two: A/Two', 'B: B']);
  });

  it('has discs together that carry the title each', async () => {
    expect(await albums('Big Box (Disc 1)/1.flac', 'Big Box (disc 2)/1.flac', 'Other/1.flac')).toEqual([
      'Big Box: Big Box (Disc 1) + Big Box (disc 2)',
      'Other: Other',
    ]);
  });

  it('takes loose music beside folders as one more, and that last', async () => {
    expect(await albums('loose.mp3', 'A/1.flac', 'A/Bonus/1.flac')).toEqual([
      'Bonus: A/Bonus',
      'A: A',
      'Delivery: .',
    ]);
  });

  it('without music is one that somebody has to look at', async () => {
    expect(await albums('readme.txt')).toEqual(['Delivery: .']);
  });
});
