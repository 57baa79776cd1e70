import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExportResult } from '../../src/pipeline/exports/contract.js';
import { makeAlbum } from '../fixtures/make-music.js';
import { bundle } from './bundle.js';
import { ExportRig, sha256, tree } from './export-rig.js';
import type { LibraryRig } from './library-rig.js';

const run = promisify(execFile);
const CALLS = ['rename', 'fsync', 'mkdir', 'unlink', 'rmdir'] as const;
type Call = (typeof CALLS)[number];

let dir: string;
let program: string;
let library: LibraryRig;
let sums: Map<string, string>;
let n = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-export-kill-'));
  program = await bundle(join(import.meta.dirname, '../fixtures/run-export.ts'));
  library = await ExportRig.library(join(dir, 'library'));
  for (const album of ['One', 'Two'])
    await makeAlbum(join(library.musicDir, album), {
      artist: 'A',
      album,
      tracks: [`${album} a`, `${album} b`],
    });
  await library.scan();
  sums = new Map();
  for (const path of await tree(library.musicDir)) sums.set(path, await sha256(join(library.musicDir, path)));
}, 120_000);
afterAll(async () => {
  await library.close();
  await rm(dir, { recursive: true, force: true });
  await rm(dirname(program), { recursive: true, force: true });
});

/** A plan on disk, and nobody who works on it. */
async function planned(): Promise<{ readonly rig: ExportRig; readonly plan: string }> {
  const own = join(dir, `run-${++n}`);
  await mkdir(own);
  const rig = await ExportRig.open(library, own);
  rig.loved = ['One', 'Two'];
  const plan = await rig.planned();
  await rig.close();
  return { rig, plan };
}

async function work(plan: string): Promise<ExportResult> {
  const { stdout } = await run(process.execPath, [program, plan]);
  return ExportResult.parse(JSON.parse(stdout));
}

/** Dies as it makes its nth call of this name; false when it made fewer. */
async function killedAt(call: Call, nth: number, plan: string): Promise<boolean> {
  const inject = `--inject=${call}:signal=SIGKILL:when=${nth}`;
  try {
    // strace counts the calls of each thread: there is but one that makes them.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    await run(
      'strace',
      ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, inject, process.execPath, program, plan],
      { env },
    );
    return false;
  } catch (error) {
    const { code, signal } = error as { code?: string | number; signal?: string };
    if (code === 'ENOENT') throw new Error('strace is missing: apt install strace', { cause: error });
    if (signal === 'SIGKILL' || code === 137) return true;
    throw error;
  }
}

/** What stands under its own name is whole and right, whatever died. */
async function expectWhole(stick: string): Promise<void> {
  const albums = await readdir(join(stick, 'FLAC/A')).catch(() => []);
  for (const album of albums) {
    const names = await readdir(join(stick, 'FLAC/A', album));
    expect(names.sort()).toEqual([`01 ${album} a.flac`, `02 ${album} b.flac`]);
    for (const name of names)
      expect(await sha256(join(stick, 'FLAC/A', album, name))).toBe(sums.get(`${album}/${name}`));
  }
}

async function expectDone(stick: string): Promise<void> {
  await expectWhole(stick);
  const files = [
    'FLAC/A/One/01 One a.flac',
    'FLAC/A/One/02 One b.flac',
    'FLAC/A/Two/01 Two a.flac',
    'FLAC/A/Two/02 Two b.flac',
  ];
  expect(await tree(stick)).toEqual([...files, 'FLAC/Hearts of Ann.m3u8', 'manifest.json']);
  const manifest = JSON.parse(await readFile(join(stick, 'manifest.json'), 'utf8')) as {
    files: { path: string }[];
  };
  expect(manifest.files.map(({ path }) => path)).toEqual([...files, 'FLAC/Hearts of Ann.m3u8']);
}

/** Which calls of a kind are tried: those around each file, album, list and manifest. With TUTTI_EVERY_STEP=1 all there are. */
const STEPS: Readonly<Record<Call, readonly number[]>> = {
  rename: [1, 2, 3, 4],
  fsync: [2, 6, 12],
  mkdir: [3],
  unlink: [1],
  rmdir: [1],
};
const MOST = 40;

function stepsOf(call: Call): readonly number[] {
  if (process.env['TUTTI_EVERY_STEP'] !== '1') return STEPS[call];
  return Array.from({ length: MOST }, (_, at) => at + 1);
}

describe('[EX2] an export that is killed', () => {
  it('leaves whole albums at every step, and the next run ends it', async () => {
    let killed = 0;
    for (const call of CALLS)
      for (const nth of stepsOf(call)) {
        const { rig, plan } = await planned();
        if (!(await killedAt(call, nth, plan))) break;
        killed++;
        await expectWhole(rig.stick);
        expect(await work(plan)).toMatchObject({ track_count: 4 });
        await expectDone(rig.stick);
      }
    expect(killed).toBeGreaterThanOrEqual(10);
  }, 600_000);
  it('twice, the second time while it picks up, is still whole', async () => {
    const { rig, plan } = await planned();
    expect(await killedAt('rename', 1, plan)).toBe(true);
    expect(await killedAt('rename', 1, plan)).toBe(true);
    await expectWhole(rig.stick);
    await work(plan);
    await expectDone(rig.stick);
    expect(await work(plan)).toMatchObject({ written: 0, unchanged: 4 });
  });
});
