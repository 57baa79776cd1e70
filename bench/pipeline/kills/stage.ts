import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { packageRoot } from '../../../src/package-root.js';
import { ffmpeg } from '../../../test/fixtures/make-music.js';
import { openHouse, playsOf } from './house.js';
import { planOf, sumsOf, TITLES } from './files.js';

export type Where = 'same' | 'other';
/** A closed database is whole without its log, which goes when the garbage collector lets go of it: at any time. */
const isKept = (path: string): boolean => !/-(?:wal|shm)$/.test(path);

export type What = 'new' | 'upgrade';
export const SCENES: readonly { readonly where: Where; readonly what: What }[] = [
  { where: 'same', what: 'new' },
  { where: 'same', what: 'upgrade' },
  { where: 'other', what: 'new' },
  { where: 'other', what: 'upgrade' },
];

/** The compiled program, also for tests, which are not compiled. */
const CHILD = import.meta.url.endsWith('.js')
  ? fileURLToPath(new URL('child.js', import.meta.url))
  : join(packageRoot, 'dist', 'bench', 'pipeline', 'kills', 'child.js');
/** Of memory, and so another file system than the one of temporary files. */
const OTHER = '/dev/shm';
const IMPORT_ID = 'i-1';

/** One set of folders in which an import is begun and killed. */
export interface Scene {
  readonly dir: string;
  readonly musicDir: string;
  readonly candidate: string;
  readonly planFile: string;
  readonly what: What;
  close(): Promise<void>;
}

/** Everything the scenes are copied from, made once. */
export class KillStage {
  readonly #dir: string;
  /** Album and tracks of the library that is upgraded, with what belongs to their ids. */
  readonly before: {
    readonly album_id: string;
    readonly track_ids: readonly string[];
    readonly plays: readonly unknown[];
  };
  /** Path below the music folder -> sum. */
  readonly old: ReadonlyMap<string, string>;
  readonly sources: ReadonlyMap<string, string>;

  private constructor(
    dir: string,
    before: KillStage['before'],
    old: Map<string, string>,
    sources: Map<string, string>,
  ) {
    this.#dir = dir;
    this.before = before;
    this.old = old;
    this.sources = sources;
  }

  static async open(): Promise<KillStage> {
    if (!existsSync(CHILD)) throw new Error('dist is not built; run: npm run build');
    const dir = await mkdtemp(join(tmpdir(), 'tutti-kills-'));
    const candidate = join(dir, 'candidate');
    const old = join(dir, 'upgrade', 'music', 'Otter', 'Rivers (2001)');
    for (const folder of [candidate, old, join(dir, 'new', 'music')])
      await mkdir(folder, { recursive: true });
    for (const [n, title] of TITLES.entries()) {
      await song(join(candidate, `0${n + 1} ${title}.flac`), n, n === 1 ? 'Wrong' : title);
      await song(join(old, `0${n + 1} ${title}.mp3`), n, title);
    }
    await ffmpeg([
      '-f',
      'lavfi',
      '-i',
      'color=red:s=16x16',
      '-frames:v',
      '1',
      '-update',
      '1',
      join(candidate, 'cover.png'),
    ]);
    const musicDir = join(dir, 'upgrade', 'music');
    const house = await openHouse({ dir: join(dir, 'upgrade'), musicDir });
    await house.scan();
    const album = house.db.prepare('SELECT album_id FROM albums').get();
    const tracks = house.db.prepare('SELECT track_id FROM tracks ORDER BY track_number').all();
    const track_ids = tracks.map((row) => String(row['track_id']));
    // Of each another number of plays, and none of the last: what is kept must be kept for the right one.
    for (const [n, id] of track_ids.slice(0, -1).entries())
      for (let times = 0; times <= n; times++) house.library.played(id);
    const before = { album_id: String(album?.['album_id']), track_ids, plays: playsOf(house) };
    await house.close();
    return new KillStage(dir, before, await sumsOf(musicDir), await sumsOf(candidate));
  }

  async scene({ where, what }: { readonly where: Where; readonly what: What }): Promise<Scene> {
    const dir = await mkdtemp(join(this.#dir, 'scene-'));
    const away =
      where === 'other' ? await mkdtemp(join(OTHER, 'tutti-kills-')) : join(dir, 'workspace', 'candidates');
    const candidate = join(away, 'c1');
    await cp(join(this.#dir, what), dir, { recursive: true, filter: isKept });
    await cp(join(this.#dir, 'candidate'), candidate, { recursive: true });
    const replace = what === 'upgrade' ? this.before.album_id : undefined;
    const planFile = join(dir, 'plan.json');
    await writeFile(planFile, JSON.stringify(await planOf(candidate, IMPORT_ID, replace)));
    return {
      dir,
      musicDir: join(dir, 'music'),
      candidate,
      planFile,
      what,
      async close() {
        await rm(dir, { recursive: true, force: true });
        if (where === 'other') await rm(away, { recursive: true, force: true });
      },
    };
  }

  async close(): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

async function song(path: string, n: number, title: string): Promise<void> {
  const tags = {
    title,
    artist: 'Otter',
    album: 'Rivers',
    album_artist: 'Otter',
    date: '2001',
    track: String(n + 1),
  };
  await ffmpeg([
    '-f', 'lavfi', '-i', `anoisesrc=d=1:r=44100:a=0.2:s=${n + 1}`, '-ac', '2',
    ...Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]), path,
  ]); // prettier-ignore
}

export interface ChildEnd {
  readonly killed: boolean;
  /** What it did, when it lived. */
  readonly steps: readonly string[];
}

/** Runs the import (or only the recovery) in a process of its own, which dies before step `killAt`, or after `killAfterMs`. */
export function runChild(
  scene: Scene,
  { plan, killAt = 0, killAfterMs }: { plan: boolean; killAt?: number; killAfterMs?: number },
): Promise<ChildEnd> {
  const task = {
    dir: scene.dir,
    musicDir: scene.musicDir,
    kill_at: killAt,
    ...(plan && { plan: scene.planFile }),
  };
  const child = spawn(process.execPath, [CHILD, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  let timer: NodeJS.Timeout | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (killAfterMs !== undefined && timer === undefined)
      timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve({ killed: true, steps: [] });
      else if (code === 0)
        resolve({ killed: false, steps: Steps.parse(JSON.parse(said.split('\n')[1] ?? '[]')) });
      else reject(new Error(`the child failed: ${complaint.slice(0, 2000)}`));
    });
  });
}

const Steps = z.array(z.string());
