import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { migrate, openDb } from '../../src/storage/index.js';
import { FakePlex } from '../fakes/fake-plex.js';
import { SteppingClock } from '../fakes/stepping-clock.js';
import { TargetHouse } from '../fakes/target-house.js';

const TOKEN = 'plex-token-4711';

describe('[TG1] the outbox of scans', () => {
  let house: TargetHouse;
  let plex: FakePlex;
  let before: TargetHouse | undefined;

  beforeEach(async () => {
    const clock = new SteppingClock();
    house = await TargetHouse.open(clock);
    before = undefined;
    const locations = [{ path: '/plex', dir: house.musicDir }];
    plex = new FakePlex({
      clock,
      token: TOKEN,
      libraries: [{ key: '2', title: 'Music', type: 'artist', locations }],
    });
    await plex.server.start();
  });
  afterEach(async () => {
    await before?.close();
    await house.close();
    await plex.server.stop();
  });

  const add = (fields: { readonly enabled?: boolean; readonly url?: string } = {}): Promise<string> => {
    const mappings = [{ ours: house.musicDir, theirs: '/plex' }];
    return house.add({ url: plex.server.url, secret: TOKEN, mappings, ...fields });
  };
  const job = (jobId: string) => house.jobs.get(jobId);
  const over = (jobId: string): Promise<void> =>
    house.clock.until('the job is over', () => !['queued', 'running'].includes(job(jobId).state));

  it('has nothing of a transaction that failed', async () => {
    const id = await add();
    expect(() =>
      house.db.transaction(() => {
        house.targets.outbox.note(house.db, 'A/One', 'imported');
        throw new Error('the disk is full');
      }),
    ).toThrow('the disk is full');
    await house.clock.advance(600_000);
    expect(house.outbox()).toEqual([]);
    expect(plex.server.asked).toEqual([]);
    expect(house.target(id).waiting).toBe(0);
  });

  it('says at once how much waits', async () => {
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.clock.advance(100);
    expect(house.target(id).waiting).toBe(1);
    await house.bring('A/One', 'Song');
    await house.clock.advance(100);
    expect(house.target(id).waiting).toBe(1);
  });

  it('lets a target catch up that was off for a day, with few scans', async () => {
    const id = await add();
    await plex.server.stop();
    for (let n = 0; n < 24; n++) {
      await house.bring(`Artist ${n % 12}/Album ${n}`, `Song ${n}`);
      if (n % 6 === 5) await house.clock.advance(6 * 3_600_000);
    }
    await house.clock.until('it is away', () => house.target(id).last_result === 'unreachable');
    expect(house.target(id)).toMatchObject({ waiting: 24 });
    await plex.server.start();
    await house.empty();
    expect(plex.files('2')).toHaveLength(24);
    expect(plex.scanned.length).toBeLessThan(14);
    expect(house.target(id).last_result).toBe('confirmed');
    expect(house.allJobs().filter(({ state }) => state === 'failed')).toEqual([]);
  });

  it('becomes one scan of everything when very much waits', async () => {
    await add();
    for (let n = 0; n < 30; n++) await house.bring(`Artist ${n}/Album`, `Song ${n}`);
    await house.empty();
    expect(plex.scanned).toEqual(['/plex']);
    expect(plex.files('2')).toHaveLength(30);
  });

  it('still has what a scan was about when the server was killed in the middle', async () => {
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('it scans', () =>
      plex.server.asked.some(({ path }) => path.endsWith('/refresh')),
    );
    before = house;
    house = house.again();
    expect(house.target(id)).toMatchObject({ waiting: 1, name: 'Attic' });
    await before.targets.close();
    await house.empty();
    expect(house.target(id)).toMatchObject({ last_result: 'confirmed', waiting: 0 });
  });

  it('keeps what is noted while a scan of the same folder goes on', async () => {
    await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('it scans', () =>
      plex.server.asked.some(({ path }) => path.endsWith('/refresh')),
    );
    await house.bring('A/One', 'Song', 'Another');
    await house.empty();
    expect(plex.scanned).toHaveLength(2);
    expect(plex.files('2')).toHaveLength(2);
  });

  it('is for targets that are switched on; one that comes back looks at everything once', async () => {
    const id = await add({ enabled: false });
    await house.bring('A/One', 'Song');
    await house.bring('B/Two', 'Other');
    expect(house.outbox()).toEqual([]);
    await house.update({ target_id: id, enabled: true });
    await house.empty();
    expect(plex.scanned).toEqual(['/plex']);
    expect(plex.files('2')).toHaveLength(2);
  });

  it('tells one target although another is off', async () => {
    const off = await add({ url: 'http://127.0.0.1:9' });
    const on = await add();
    await house.bring('A/One', 'Song');
    await house.clock.until('one has it', () => house.target(on).last_result === 'confirmed');
    expect(house.target(off).waiting).toBe(1);
    await house.remove(off);
    expect(house.outbox()).toEqual([]);
  });

  it('passes over folders outside of mappings that are for a part of the library', async () => {
    const id = await house.add({
      url: plex.server.url,
      secret: TOKEN,
      mappings: [{ ours: join(house.musicDir, 'rock'), theirs: '/plex/rock' }],
    });
    await house.bring('jazz/A', 'Song');
    await house.bring('rock/B', 'Other');
    await house.empty();
    expect(plex.scanned).toEqual(['/plex/rock/B']);
    expect(await house.test(id)).toMatchObject({ ok: true, music_folder: '/plex/rock' });
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('waits for a mapping when none leads anywhere', async () => {
    const id = await house.add({
      url: plex.server.url,
      secret: TOKEN,
      mappings: [{ ours: '/elsewhere', theirs: '/plex' }],
    });
    await house.bring('A/One', 'Song');
    await house.clock.until('it is said', () =>
      /No path mapping leads/.test(house.target(id).last_message ?? ''),
    );
    await house.update({ target_id: id, mappings: [{ ours: house.musicDir, theirs: '/plex' }] });
    await house.empty();
    expect(house.target(id).last_result).toBe('confirmed');
  });

  it('has a job for every scan, which ends with it', async () => {
    await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    await house.clock.until('it is over', () => house.allJobs()[0]?.state === 'completed');
    expect(house.allJobs()).toMatchObject([
      { kind: 'target-scan', title: 'Scan by Attic', message: 'Attic has it' },
    ]);
    expect(JSON.stringify(house.allJobs())).not.toContain(house.dir);
  });

  it('scans an album or everything when an admin asks, without waiting for calm', async () => {
    const id = await add();
    await house.files('A/One', 'Song');
    await house.files('B/Two', 'Other');
    const album = await house.scan(id, 'A.One');
    await over(album);
    expect(job(album).state).toBe('completed');
    expect(plex.scanned).toEqual(['/plex/A/One']);
    const all = await house.scan(id);
    await over(all);
    expect(plex.files('2')).toHaveLength(2);
    await expect(house.scan(id, 'gone')).rejects.toMatchObject({ code: 'ERR_ALBUM_NOT_FOUND' });
    await expect(house.scan('nobody')).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    await house.update({ target_id: id, enabled: false });
    await expect(house.scan(id)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  });

  it('fails the job of an admin at once while the target is off, and tells it later all the same', async () => {
    const id = await add();
    await house.files('A/One', 'Song');
    await plex.server.stop();
    const asked = await house.scan(id, 'A.One');
    await over(asked);
    expect(job(asked)).toMatchObject({
      state: 'failed',
      error: { retryable: true, message: expect.stringMatching(/cannot be reached/) as string },
    });
    await plex.server.start();
    const again = house.jobs.retry(asked);
    await over(again);
    expect(job(again).state).toBe('completed');
    expect(house.outbox()).toEqual([]);
  });

  it('stops a scan whose job is cancelled', async () => {
    plex.looks = 100_000;
    const id = await add();
    await house.files('A/One', 'Song');
    const asked = await house.scan(id, 'A.One');
    await house.clock.until('it scans', () =>
      plex.server.asked.some(({ path }) => path.endsWith('/refresh')),
    );
    house.jobs.cancel(asked);
    await house.empty();
    expect(job(asked).state).toBe('cancelled');
  });

  it('refuses addresses that carry a secret or are of another kind', async () => {
    for (const url of [
      'http://ann:pw@plex:32400',
      'http://plex:32400/?X-Plex-Token=x',
      'mpd://plex:6600',
      'http://',
    ])
      await expect(house.add({ url })).rejects.toMatchObject({ code: 'ERR_INVALID' });
    await expect(house.add({ kind: 'mpd', url: 'http://x' })).rejects.toMatchObject({ code: 'ERR_INVALID' });
  });

  it('shows the secret to nobody, whatever goes wrong', async () => {
    const id = await add();
    await house.bring('A/One', 'Song');
    await house.empty();
    for (const trouble of ['garbage', 'elsewhere', 'starting'] as const) {
      plex.server.trouble = trouble;
      await house.test(id);
      const asked = await house.scan(id);
      await over(asked);
    }
    await house.update({ target_id: id, secret: 'bad\nvalue ünd Zeichen' });
    await house.test(id);
    const told = JSON.stringify([
      house.events,
      house.allJobs(),
      house.said,
      house.store.state.lists.targets.get(id),
    ]);
    expect(told).not.toMatch(/plex-token-4711|Zeichen/);
    expect(house.said.length).toBeGreaterThan(3);
  });
});

/** Notes and the rows they belong to, written without end. */
const WRITER = `
import { openDb } from '%storage';
import { Outbox } from '%outbox';
const db = openDb(process.argv[2]);
const outbox = new Outbox({ db, clock: { wallMs: () => 1 }, targets: () => ['a', 'b'], noted: () => undefined });
const add = db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)');
for (let n = 0; ; n++) {
  const key = process.argv[3] + '-' + n;
  db.transaction(() => { add.run(key, ''); outbox.note(db, key, 'imported'); });
  if (n === 0) process.stdout.write('.');
}
`;

it('[TG1] kill -9 leaves notes of what is in the library, of nothing else, and of all of it', async () => {
  const built = join(packageRoot, 'dist', 'src');
  if (!existsSync(join(built, 'pipeline/targets/outbox.js')))
    throw new Error('dist is not built; run: npm run build');
  const dir = await mkdtemp(join(tmpdir(), 'tutti-outbox-'));
  const script = join(dir, 'writer.mjs');
  const address = (path: string): string => pathToFileURL(join(built, path)).href;
  await writeFile(
    script,
    WRITER.replace('%storage', address('storage/index.js')).replace(
      '%outbox',
      address('pipeline/targets/outbox.js'),
    ),
  );
  const file = join(dir, 'tutti.db');
  const first = openDb(file);
  migrate(first);
  first.close();
  for (let life = 0; life < 5; life++) {
    const child = spawn(process.execPath, [script, file, String(life)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = new Promise((resolve) => child.once('exit', resolve));
    await new Promise((resolve) => child.stdout.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, 7 * life));
    child.kill('SIGKILL');
    await gone;
  }
  const db = openDb(file);
  const rows = db.prepare("SELECT key FROM settings WHERE key GLOB '[0-9]-*' ORDER BY key").all();
  const notes = db.prepare('SELECT folder FROM scan_outbox WHERE target_id = ? ORDER BY folder');
  expect(rows.length).toBeGreaterThan(5);
  for (const target of ['a', 'b'])
    expect(notes.all(target).map((row) => row['folder'])).toEqual(rows.map((row) => row['key']));
  db.close();
  await rm(dir, { recursive: true });
});
