import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  backupsIn,
  checkDatabase,
  described,
  describedIn,
  finishRestore,
  listFiles,
  makeBackup,
  manifestOf,
  nextBackup,
  outdated,
  removeFiles,
  stageRestore,
  verify,
} from '../../src/backup/index.js';
import type { BackupKind } from '../../src/protocol/index.js';
import { migrate, openDb, SCHEMA_VERSION, setting, type Db } from '../../src/storage/index.js';

const run = promisify(execFile);
const NOW = Date.UTC(2026, 10, 20, 2, 37);
const DAY = 86_400_000;

let dir: string;
let dataDir: string;
let db: Db;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-backups-'));
  dataDir = join(dir, 'state');
  await mkdir(dataDir);
  db = openDb(join(dataDir, 'tutti.db'));
  migrate(db);
  setting(db, 'test/word').write('before');
  await writeFile(join(dataDir, 'tutti.yaml'), 'port: 8080\n');
  await writeFile(join(dataDir, 'satellite-token'), 'abcdefghijklmnopqrstuvwxyz\n');
});

afterEach(async () => {
  db.close();
  await rm(dir, { recursive: true, force: true });
});

async function make(kind: BackupKind | 'scheduled' = 'manual', wallMs = NOW): Promise<string> {
  const next = await nextBackup(backupsIn(dataDir), kind, wallMs);
  await makeBackup({ ...next, dataDir, version: '0.1.0', reserveBytes: 0 });
  return next.file;
}

const word = (): string | undefined => {
  const now = openDb(join(dataDir, 'tutti.db'));
  try {
    return setting(now, 'test/word').read();
  } finally {
    now.close();
  }
};

async function restore(file: string): Promise<string | undefined> {
  db.close();
  await stageRestore({ dataDir, file, aside: 'old' });
  const aside = await finishRestore(dataDir);
  db = openDb(join(dataDir, 'tutti.db'));
  return aside;
}

describe('[BK1] a backup', () => {
  it('is one file that tar opens, with everything that cannot be made again, while the server writes', async () => {
    const file = await make();
    const { stdout } = await run('tar', ['tzf', file]);
    expect(stdout.trim().split('\n')).toEqual(['manifest.json', 'tutti.db', 'satellite-token', 'tutti.yaml']);
    await run('tar', ['xzf', file, '-C', dir]);
    expect(checkDatabase(join(dir, 'tutti.db'))).toBe(SCHEMA_VERSION);
    expect(await readdir(backupsIn(dataDir))).toEqual([file.slice(backupsIn(dataDir).length + 1)]);
    expect(await verify(file)).toMatchObject({ version: '0.1.0', schema: SCHEMA_VERSION, kind: 'manual' });
  });

  it('has what was written while it was made, or has not, but never half of it', async () => {
    const many = db.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)');
    db.transaction(() => {
      for (let n = 0; n < 2000; n++) many.run(`pair/${n}`, 'x'.repeat(200));
    });
    const file = await make();
    await run('tar', ['xzf', file, '-C', dir]);
    const copy = openDb(join(dir, 'tutti.db'));
    expect(copy.prepare("SELECT count(*) AS n FROM settings WHERE key LIKE 'pair/%'").get()).toEqual({
      n: 2000,
    });
    copy.close();
  });

  it('is refused where it would leave less than the reserve, and leaves nothing behind', async () => {
    const next = await nextBackup(backupsIn(dataDir), 'manual', NOW);
    await expect(
      makeBackup({ ...next, dataDir, version: '0.1.0', reserveBytes: 1e15 }),
    ).rejects.toMatchObject({ code: 'ERR_SPACE' });
    expect(await readdir(backupsIn(dataDir))).toEqual([]);
  });

  it('does not come of a damaged database', async () => {
    db.close();
    const bytes = await readFile(join(dataDir, 'tutti.db'));
    bytes.fill(0x5a, 4096, 12_288);
    await writeFile(join(dataDir, 'tutti.db'), bytes);
    await expect(make()).rejects.toThrow();
    expect(await readdir(backupsIn(dataDir))).toEqual([]);
    db = openDb(':memory:');
  });

  it('sweeps out what one left that was cut off', async () => {
    const folder = backupsIn(dataDir);
    await mkdir(join(folder, '.work-tutti-1'), { recursive: true });
    await writeFile(join(folder, 'tutti-x.tar.gz.part'), 'half');
    await make();
    expect((await readdir(folder)).length).toBe(1);
  });

  it('leaves alone what somebody else keeps in the folder, which may be on a stick', async () => {
    const stick = join(dir, 'stick');
    await mkdir(stick);
    await symlink(stick, backupsIn(dataDir));
    const foreign = ['.work-mine', 'film.mkv.part', 'notes.txt', 'photos.tar.gz'];
    for (const name of foreign) await writeFile(join(stick, name), 'mine');
    const file = await make();
    expect((await readdir(stick)).sort()).toEqual([...foreign, basename(file)].sort());
  });

  it('says that the stick is not there, and not that there is no backup', async () => {
    await symlink(join(dir, 'stick'), backupsIn(dataDir));
    for (const asked of [make, () => describedIn(backupsIn(dataDir))])
      await expect(asked()).rejects.toMatchObject({
        code: 'ERR_DISK',
        message: expect.stringMatching(/a link to .*stick, which is not there, plug in that disk/) as unknown,
      });
  });
});

describe('[BK1] backups by the clock', () => {
  it('stay by number: seven of a day and four of a week, whatever the clock said', async () => {
    const first = await make('scheduled');
    const folder = backupsIn(dataDir);
    for (let day = 1; day < 60; day++) {
      const wallMs = day === 20 ? NOW + 30 * 365 * DAY : day === 21 ? 0 : NOW + day * DAY;
      const next = await nextBackup(folder, 'scheduled', wallMs);
      await copyFile((await listFiles(folder)).at(-1)?.file ?? first, next.file);
      await removeFiles(folder, outdated(await listFiles(folder)));
    }
    const left = await listFiles(folder);
    expect(left.filter(({ kind }) => kind === 'daily').map(({ serial }) => serial)).toEqual([
      53, 54, 55, 57, 58, 59, 60,
    ]);
    expect(left.filter(({ kind }) => kind === 'weekly').map(({ serial }) => serial)).toEqual([
      35, 42, 49, 56,
    ]);
  });

  it('are one for each day, and leave those alone that people made', async () => {
    const folder = backupsIn(dataDir);
    await make('manual');
    await make('scheduled');
    await make('scheduled', NOW + 60_000);
    await removeFiles(folder, outdated(await listFiles(folder)));
    expect((await listFiles(folder)).map(({ kind, serial }) => `${serial} ${kind}`)).toEqual([
      '1 manual',
      '3 daily',
    ]);
  });
});

describe('[BK3] restoring', () => {
  it('brings everything back, and keeps aside what it replaces', async () => {
    const file = await make();
    setting(db, 'test/word').write('after');
    await writeFile(join(dataDir, 'tutti.yaml'), 'port: 9999\n');
    expect(await restore(file)).toBe('aside/old');
    expect(word()).toBe('before');
    expect(await readFile(join(dataDir, 'tutti.yaml'), 'utf8')).toBe('port: 8080\n');
    expect(await readFile(join(dataDir, 'aside', 'old', 'tutti.yaml'), 'utf8')).toBe('port: 9999\n');
    const old = openDb(join(dataDir, 'aside', 'old', 'tutti.db'));
    expect(setting(old, 'test/word').read()).toBe('after');
    old.close();
  });

  it('can be done again wherever it was cut off', async () => {
    const file = await make();
    setting(db, 'test/word').write('after');
    db.close();
    for (const done of [['tutti.db'], ['tutti.db', 'satellite-token'], []]) {
      await stageRestore({ dataDir, file, aside: `old-${done.length}` });
      // As after a power cut: some files are in their place already, some have only gone aside.
      const aside = join(dataDir, 'aside', `old-${done.length}`);
      await mkdir(aside, { recursive: true });
      for (const name of done) {
        await run('mv', [join(dataDir, name), aside]);
        await run('mv', [join(dataDir, 'restoring', name), join(dataDir, name)]);
      }
      if (done.length === 0) await run('mv', [join(dataDir, 'tutti.db'), aside]);
      await finishRestore(dataDir);
      expect(word()).toBe('before');
      expect(existsSync(join(dataDir, 'restoring'))).toBe(false);
    }
    db = openDb(join(dataDir, 'tutti.db'));
  });

  it('changes nothing when it was cut off before everything was checked', async () => {
    const file = await make();
    setting(db, 'test/word').write('after');
    await stageRestore({ dataDir, file, aside: 'old' });
    await rm(join(dataDir, 'restoring', 'ready.json'));
    await finishRestore(dataDir);
    expect([word(), existsSync(join(dataDir, 'restoring'))]).toEqual(['after', false]);
  });

  it('is refused for a newer Tutti, and for what is no backup', async () => {
    const file = await make();
    const newer = join(dir, 'newer.tar.gz');
    const tar = gunzipSync(await readFile(file));
    const at = tar.indexOf(`"schema": ${SCHEMA_VERSION}`);
    tar.write(`"schema": 9`, at);
    await writeFile(newer, gzipSync(tar));
    await expect(stageRestore({ dataDir, file: newer, aside: 'x' })).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
    });
    for (const bytes of ['', 'no backup', gzipSync('no backup'), gzipSync(Buffer.alloc(4096, 7))]) {
      await writeFile(newer, bytes);
      await expect(stageRestore({ dataDir, file: newer, aside: 'x' })).rejects.toMatchObject({
        code: 'ERR_INVALID',
      });
    }
    expect(existsSync(join(dataDir, 'restoring'))).toBe(false);
    expect(word()).toBe('before');
  });

  it('notices every byte that is not what it was, and every end that is missing', async () => {
    const file = await make();
    const whole = await readFile(file);
    const other = join(dir, 'other.tar.gz');
    for (let n = 0; n < 40; n++) {
      const at = 20 + Math.floor(((whole.length - 40) * n) / 40);
      const bent = Buffer.from(whole);
      bent[at] = (bent[at] ?? 0) ^ 0x10;
      await writeFile(other, bent);
      await expect(verify(other), `byte ${at}`).rejects.toMatchObject({ code: 'ERR_INVALID' });
      await writeFile(other, whole);
      await truncate(other, at);
      await expect(verify(other), `cut at ${at}`).rejects.toMatchObject({ code: 'ERR_INVALID' });
    }
  });

  it('is refused in words when its database is none, and all stays as it was', async () => {
    const file = await make();
    const open = join(dir, 'open');
    await mkdir(open);
    await run('tar', ['-xzf', file, '-C', open]);
    const none = Buffer.alloc(4096, 'no database ');
    await writeFile(join(open, 'tutti.db'), none);
    const manifest = await manifestOf(file);
    const files = manifest.files.map((one) =>
      one.name === 'tutti.db'
        ? { ...one, size_bytes: none.length, sha256: createHash('sha256').update(none).digest('hex') }
        : one,
    );
    await writeFile(join(open, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    const names = ['manifest.json', ...files.map(({ name }) => name)];
    const forged = join(dir, 'forged.tar.gz');
    await run('tar', ['--format=ustar', '-czf', forged, '-C', open, ...names]);
    await expect(stageRestore({ dataDir, file: forged, aside: 'old' })).rejects.toMatchObject({
      code: 'ERR_INVALID',
    });
    expect(existsSync(join(dataDir, 'restoring'))).toBe(false);
    expect(word()).toBe('before');
  });

  it('is not offered for a damaged file', async () => {
    const file = await make();
    await truncate(file, 40);
    const [found] = await listFiles(backupsIn(dataDir));
    expect(await described(found!)).toMatchObject({ problem: 'It is damaged' });
    await expect(manifestOf(file)).rejects.toMatchObject({ code: 'ERR_INVALID' });
  });
});
