import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/index.js';
import { fingerprint } from '../../src/pipeline/examine/index.js';
import type { Duplicate } from '../../src/protocol/index.js';
import { ffmpeg } from '../fixtures/make-music.js';
import { examineFolder, ImportRig, releaseOf } from './import-rig.js';

const SECONDS = 20;
let shelf: string;
let dir: string;
let rig: ImportRig;

/** A tune of its own for each seed: notes that change four times a second, with an overtone. */
const tune = (seed: number): string => {
  const note = `220*pow(2\\,floor(24*abs(sin(floor(t*4)*${seed})))/12)`;
  return `aevalsrc=0.4*sin(2*PI*t*${note})+0.2*sin(4*PI*t*${note}):d=${SECONDS}:s=44100`;
};

async function album(
  folder: string,
  seeds: readonly number[],
  format: 'flac' | 'mp3',
  artist: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [n, seed] of seeds.entries()) {
    const tags = {
      title: `${artist} ${n + 1}`,
      artist,
      album: `By ${artist}`,
      album_artist: artist,
      track: String(n + 1),
    };
    const words = Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
    const codec = format === 'flac' ? ['-c:a', 'flac'] : ['-c:a', 'libmp3lame', '-b:a', '96k'];
    await ffmpeg(['-f', 'lavfi', '-i', tune(seed), ...words, ...codec, join(folder, `${n + 1}.${format}`)]);
  }
}

beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'tutti-prints-shelf-'));
  await album(join(shelf, 'mp3'), [1.37, 2.11], 'mp3', 'Otter');
  await album(join(shelf, 'flac'), [1.37, 2.11], 'flac', 'Heron');
  await album(join(shelf, 'other'), [3.91, 5.23], 'flac', 'Otter');
});
afterAll(() => rm(shelf, { recursive: true, force: true }));
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-prints-'));
  rig = await ImportRig.open(dir);
  await cp(join(shelf, 'mp3'), join(rig.musicDir, 'Otter'), { recursive: true });
  await rig.scan();
});
afterEach(async () => {
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

async function find(name: string): Promise<Duplicate[]> {
  const folder = join(shelf, name);
  const parts = { clock: systemClock, signal: new AbortController().signal, fpcalc: 'fpcalc' };
  const files = await Promise.all(
    (await examineFolder(folder)).map(async (file) => {
      const print = await fingerprint(folder, file.path, parts);
      if (!print) throw new Error('fpcalc says nothing: apt install libchromaprint-tools');
      return { ...file, fingerprint: print };
    }),
  );
  const match = {
    release: releaseOf(files),
    confidence: 1,
    evidence: ['tags'],
    penalties: [],
    files: files.map(({ path }) => path),
    gates: [],
  };
  return rig.importer.duplicates.find({ folder, files, gates: [] }, match);
}

it('finds the same recordings in another format under other names, and leaves what to do to a person', async () => {
  expect(await find('flac')).toMatchObject([{ artist: 'Otter', by: 'fingerprint' }]);
});

it('calls other recordings of the same length under the same names no better', async () => {
  expect(await find('other')).toMatchObject([{ by: 'tracks', quality: 'mixed' }]);
});
