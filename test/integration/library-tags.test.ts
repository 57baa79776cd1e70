import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { TagProcess } from '../../src/library/index.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { makeHostile, makePicture, makeTrack } from '../fixtures/make-music.js';
import { LibraryRig } from './library-rig.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
let dir: string;
let worker: string;
let tags: TagProcess | undefined;

/** The tag process as it is in production: compiled, by plain node. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-tags-'));
  const config = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      rootDir: root,
      outDir: join(dir, 'out'),
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: [join(root, 'src/library/tags/tag-worker.ts')],
  };
  await writeFile(join(dir, 'tsconfig.json'), JSON.stringify(config));
  await writeFile(join(dir, 'package.json'), '{"type":"module"}');
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  await run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(dir, 'tsconfig.json'),
  ]);
  worker = join(dir, 'out/src/library/tags/tag-worker.js');
}, 120_000);
afterEach(async () => {
  await tags?.close();
  tags = undefined;
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const open = (path: string, timeoutMs?: number): TagProcess =>
  (tags = new TagProcess({
    clock: systemClock,
    log: silentLogger,
    worker: path,
    ...(timeoutMs ? { timeoutMs } : {}),
  }));

/** A worker that dies of files named `crash` and hangs on files named `hang`. */
async function fragile(): Promise<string> {
  const path = join(dir, 'fragile.mjs');
  await writeFile(
    path,
    `process.on('message', ({ id, paths }) => {
      const names = paths.map((path) => Buffer.from(path).toString());
      if (names.some((name) => name.includes('crash'))) process.exit(9);
      if (names.some((name) => name.includes('hang'))) for (;;);
      process.send({ answer: 'tags', id, results: names.map((name) => ({ reason: name === 'pid' ? String(process.pid) : 'read ' + name })) });
    });
    process.send({ answer: 'ready' });`,
  );
  return path;
}

describe('the tag process', () => {
  it('reads files and takes pictures out of them', async () => {
    const cover = await makePicture(join(dir, 'cover.jpg'), 300);
    const path = join(dir, 'a.mp3');
    await makeTrack(path, { format: 'mp3', tags: { title: 'Song', artist: 'X' }, art: cover });
    const process = open(worker);
    expect(await process.read([Buffer.from(path)])).toMatchObject([
      {
        tags: {
          title: 'Song',
          artists: ['X'],
          codec: 'mp3',
          picture_id: expect.stringMatching(/^im-/) as string,
        },
      },
    ]);
    expect(await process.picture(Buffer.from(path), join(dir, 'taken.jpg'))).toBe(true);
    expect(await readFile(join(dir, 'taken.jpg'))).toEqual(await readFile(cover));
  });

  it('a file that kills it is named, the others are read', async () => {
    const process = open(await fragile());
    expect(await process.read(['a', 'crash', 'b'].map((name) => Buffer.from(name)))).toEqual([
      { reason: 'read a' },
      { reason: 'the file crashes the tag reader' },
      { reason: 'read b' },
    ]);
  });

  it('a file that hangs it is named, the others are read', async () => {
    const process = open(await fragile(), 1_000);
    expect(await process.read(['a', 'hang', 'b'].map((name) => Buffer.from(name)))).toEqual([
      { reason: 'read a' },
      { reason: 'reading the file takes too long' },
      { reason: 'read b' },
    ]);
  });

  it('rests between scans, is there again when needed, and ends what it does when closed', async () => {
    const process = open(await fragile());
    await process.read([Buffer.from('a')]);
    process.rest();
    expect(await process.read([Buffer.from('b')])).toEqual([{ reason: 'read b' }]);
    const pending = process.read([Buffer.from('hang')]);
    const refused = expect(pending).rejects.toMatchObject({ code: 'ERR_BUSY' });
    await process.close();
    await refused;
  });

  it('gives its memory back when nobody asks', async () => {
    const clock = new ManualClock();
    const process = (tags = new TagProcess({ clock, log: silentLogger, worker: await fragile() }));
    const pid = async (): Promise<string> => JSON.stringify(await process.read([Buffer.from('pid')]));
    const first = await pid();
    expect(await pid()).toBe(first);
    await clock.advance(10_000);
    expect(await pid()).not.toBe(first);
  });

  it('a whole scan through it finds the same as one in this process', async () => {
    const both = await Promise.all(
      [undefined, open(worker)].map(async (reader, n) => {
        const rig = await LibraryRig.open(
          await mkdtemp(join(dir, `scan${n}-`)),
          reader ? { tags: reader } : {},
        );
        await makeHostile(rig.musicDir);
        await rig.scan();
        const found = [rig.tracks(), rig.problems()];
        await rig.close();
        return found;
      }),
    );
    expect(both[0]).toEqual(both[1]);
  });
});

describe('damage', () => {
  it('a truncated Opus file is in the library and listed', async () => {
    const rig = await LibraryRig.open(await mkdtemp(join(dir, 'opus-')));
    await makeTrack(join(rig.musicDir, 'a.opus'), {
      format: 'opus',
      seconds: 10,
      sound: 'noise',
      tags: { title: 'Cut' },
    });
    await truncate(join(rig.musicDir, 'a.opus'), 30_000);
    await rig.scan();
    expect(rig.track('Cut').duration_seconds).toBeLessThan(10);
    expect(rig.problems()).toMatchObject([
      { path: 'a.opus', reason: expect.stringContaining('damaged') as string },
    ]);
    await rig.close();
  });

  it('no random change of a real file makes the reader throw', async () => {
    const { readTags } = await import('../../src/library/tags/read-tags.js');
    const folder = join(dir, 'fuzz');
    await mkdir(folder);
    for (const format of ['flac', 'mp3', 'm4a', 'opus', 'ogg', 'wav', 'aiff'] as const) {
      const path = join(folder, `seed.${format}`);
      await makeTrack(path, { format, tags: { title: 'T', artist: 'A' } });
      const seed = await readFile(path);
      for (let n = 0; n < 40; n++) {
        const copy = Buffer.from(seed);
        for (let k = 0; k < 8; k++)
          copy[(n * 7919 + k * k * 131) % Math.min(copy.length, 3000)] = (n * 31 + k * 97) % 256;
        await writeFile(path, n % 4 === 0 ? copy.subarray(0, (n * 97) % copy.length) : copy);
        const result = await readTags(Buffer.from(path));
        expect('tags' in result || result.reason.length > 0).toBe(true);
      }
    }
    expect(dirname(folder)).toBe(dir);
  });
});
