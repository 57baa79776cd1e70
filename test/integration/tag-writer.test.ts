import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { packageRoot } from '../../src/package-root.js';
import { SpoiledCopy, TagProcessWriter } from '../../src/pipeline/import/tag-writer.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { makeAlbum } from '../fixtures/make-music.js';
import { until } from '../until.js';
import { ImportRig, planOf, quiet } from './import-rig.js';

/** As it is in production: compiled, by plain node. */
const COMPILED = join(packageRoot, 'dist', 'src', 'pipeline', 'import');
let dir: string;
let log: string;
let worker: string;
let writer: TagProcessWriter | undefined;

beforeAll(() => {
  if (!existsSync(join(COMPILED, 'tag-worker.js')))
    throw new Error('dist is not built; run: npm run build:server');
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-writer-'));
  log = join(dir, 'written');
  worker = await fragile();
});
afterEach(async () => {
  await writer?.close();
  writer = undefined;
  await rm(dir, { recursive: true, force: true });
});

/** Notes who was given what, refuses what is called so, dies of what is called crash, and hangs at what is called hang. */
async function fragile(): Promise<string> {
  const path = join(dir, 'fragile.mjs');
  await writeFile(
    path,
    `import { appendFileSync } from 'node:fs';
    process.on('disconnect', () => process.exit(0));
    process.on('message', ({ path }) => {
      appendFileSync(${JSON.stringify(log)}, process.pid + ' ' + path + '\\n');
      if (path.includes('crash')) process.exit(9);
      if (path.includes('hang')) for (;;);
      process.send(path.includes('refuse') ? { ok: false, reason: 'no' } : { ok: true });
    });
    process.send({ ready: true });`,
  );
  return path;
}

const open = (options: { clock?: ManualClock; timeoutMs?: number; worker?: string } = {}): TagProcessWriter =>
  (writer = new TagProcessWriter({ clock: systemClock, log: silentLogger, worker, ...options }));

const write = (path: string, signal = quiet): Promise<void> => (writer ?? open()).write(path, {}, signal);

/** The processes that were given files, in order, each once. */
async function pids(): Promise<number[]> {
  const lines = (await readFile(log, 'utf8')).trim().split('\n');
  return [...new Set(lines.map((line) => Number(line.split(' ')[0])))];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A file is there a moment before the line in it is. */
const given = (): Promise<void> =>
  until('it was given the file', async () => existsSync(log) && (await readFile(log, 'utf8')).endsWith('\n'));

const ended = (pid: number): Promise<void> => until('the process ended', () => !isAlive(pid));

describe('the process that writes tags', () => {
  it('lives from file to file', async () => {
    await write('a');
    await Promise.all([write('b'), write('c')]);
    expect(await pids()).toHaveLength(1);
  });

  it('is replaced after a file that kills it, and the file is named where it was the first', async () => {
    await expect(write('crash')).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE', retryable: false });
    await write('a');
    expect(await pids()).toHaveLength(2);
  });

  it('blames nobody when it dies after it did other files', async () => {
    await write('a');
    await expect(write('crash')).rejects.toBeInstanceOf(SpoiledCopy);
    await write('b');
    expect(await pids()).toHaveLength(2);
  });

  it('is replaced after a file that hangs it', async () => {
    open({ timeoutMs: 300 });
    await expect(write('hang')).rejects.toMatchObject({ code: 'ERR_BUSY' });
    const [first] = await pids();
    await ended(first!);
    await write('a');
    expect(await pids()).toHaveLength(2);
  });

  it('is replaced after a file that it refuses', async () => {
    await expect(write('refuse')).rejects.toMatchObject({ code: 'ERR_UNPLAYABLE' });
    await write('a');
    expect(await pids()).toHaveLength(2);
  });

  it('is replaced when it was killed while it had nothing to do', async () => {
    await write('a');
    const [first] = await pids();
    process.kill(first!, 'SIGKILL');
    await ended(first!);
    await write('b').catch(() => write('b'));
    expect(await pids()).toHaveLength(2);
  });

  it('is replaced after five hundred files', async () => {
    for (let n = 0; n < 501; n++) await write('a');
    expect(await pids()).toHaveLength(2);
    await ended((await pids())[0]!);
  });

  it('ends when there was nothing to do for a while, and is there again', async () => {
    const clock = new ManualClock();
    open({ clock });
    await write('a');
    const [first] = await pids();
    await clock.advance(9_000);
    await write('b');
    await clock.advance(9_000);
    expect(isAlive(first!)).toBe(true);
    await clock.advance(1_000);
    await ended(first!);
    await write('c');
    expect(await pids()).toHaveLength(2);
  });

  it('ends with who opened it, whatever it does', async () => {
    const stuck = write('hang');
    const refused = expect(stuck).rejects.toMatchObject({ code: 'ERR_BUSY' });
    await given();
    await writer!.close();
    await refused;
    await ended((await pids())[0]!);
    await expect(write('a')).rejects.toMatchObject({ code: 'ERR_BUSY' });
  });

  it('ends when who asked does not want the file any more', async () => {
    const stop = new AbortController();
    const stuck = write('hang', stop.signal);
    const refused = expect(stuck).rejects.toThrow('enough');
    await given();
    stop.abort(new Error('enough'));
    await refused;
    await ended((await pids())[0]!);
  });

  it('says so when it does not start', async () => {
    open({ worker: join(dir, 'nowhere.mjs') });
    await expect(write('a')).rejects.toMatchObject({ code: 'ERR_BUSY', retryable: true });
  });
});

describe('an import with that process', () => {
  let rig: ImportRig;
  let shelf: string;
  beforeAll(async () => {
    shelf = await mkdtemp(join(tmpdir(), 'tutti-writer-shelf-'));
    await makeAlbum(shelf, {
      artist: 'Otter',
      album: 'Rivers',
      albumArtist: 'Otter',
      tracks: ['One', 'Two'],
    });
  });
  afterAll(() => rm(shelf, { recursive: true, force: true }));
  afterEach(() => rig.close());

  async function imported(album: string): Promise<void> {
    await cp(shelf, rig.candidate(album), { recursive: true });
    const plan = await planOf(rig.candidate(album), album);
    await rig.run({ ...plan, release: { ...plan.release, album } });
  }

  it('tags album after album, and leaves no process behind', async () => {
    const noting = join(dir, 'noting.mjs');
    await writeFile(
      noting,
      `import { appendFileSync } from 'node:fs';
      appendFileSync(${JSON.stringify(log)}, process.pid + ' started\\n');
      await import(${JSON.stringify(pathToFileURL(join(COMPILED, 'tag-worker.js')).href)});`,
    );
    rig = await ImportRig.open(dir, { writer: open({ worker: noting }) });
    await imported('Lakes');
    await imported('Seas');
    expect(rig.rows('SELECT title FROM albums ORDER BY title')).toEqual([
      { title: 'Lakes' },
      { title: 'Seas' },
    ]);
    const [only, ...others] = await pids();
    expect(others).toEqual([]);
    await rig.importer.close();
    await ended(only!);
  });

  it('makes a copy anew that was spoiled by a process that died, and takes the album', async () => {
    const dying = join(dir, 'dying.mjs');
    const died = join(dir, 'died');
    await writeFile(
      dying,
      `import { existsSync, writeFileSync } from 'node:fs';
      import { writeTags } from ${JSON.stringify(pathToFileURL(join(COMPILED, 'write-tags.js')).href)};
      let files = 0;
      process.on('message', ({ path, wishes }) => {
        if (++files === 2 && !existsSync(${JSON.stringify(died)})) {
          writeFileSync(path, 'half');
          writeFileSync(${JSON.stringify(died)}, '');
          process.exit(9);
        }
        writeTags(path, wishes);
        process.send({ ok: true });
      });
      process.send({ ready: true });`,
    );
    rig = await ImportRig.open(dir, { writer: open({ worker: dying }) });
    await imported('Lakes');
    expect(existsSync(died)).toBe(true);
    expect(rig.rows('SELECT title FROM tracks ORDER BY track_number')).toEqual([
      { title: 'One' },
      { title: 'Two' },
    ]);
    expect(rig.rows('SELECT title FROM albums')).toEqual([{ title: 'Lakes' }]);
  });
});
