import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  backupsIn,
  makeBackup,
  mendFolder,
  mendSettings,
  nextBackup,
  readLog,
} from '../../src/backup/index.js';
import { silentLogger } from '../../src/base/index.js';
import { migrate, openDb, setting, type Db } from '../../src/storage/index.js';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const FRAME = 4096 + 24;

let dir: string;
let count = 0;
/** Dice that fall the same way each time (mulberry32). */
let seed = 20261120;
const random = (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n: number): number => Math.floor(random() * n);
const noise = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tutti-torn-'));
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A commit that changes several pages: number and rows have to agree whenever it is read. */
function commit(db: Db, n: number): void {
  db.transaction(() => {
    setting(db, 'test/commits').write(String(n));
    for (let row = 0; row < 4; row++)
      db.prepare('INSERT INTO settings (key, value) VALUES (?, ?)').run(
        `test/row/${(n * 7919) % 1000}/${n}/${row}`,
        'x'.repeat(100 + ((n * 131 + row * 977) % 1500)),
      );
  });
}

interface Image {
  readonly db: Buffer;
  readonly log: Buffer;
  /** Commits that are in the database without its log. */
  readonly before: number;
  /** Where in the log each later commit ended when it was acknowledged. */
  readonly ends: readonly number[];
}

/** What is on a disk at moments of a life with many commits, some folded into the database, the log begun anew over and over. */
async function life(): Promise<Image[]> {
  const path = join(dir, `life-${++count}.db`);
  const db = openDb(path);
  migrate(db);
  db.exec('PRAGMA wal_autocheckpoint=0; PRAGMA wal_checkpoint(TRUNCATE)');
  const images: Image[] = [];
  let [before, n] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const base = readFileSync(path);
    const ends: number[] = [];
    for (let more = 3 + below(8); more > 0; more--) {
      commit(db, ++n);
      ends.push(32 + (await readLog(`${path}-wal`))!.frames * FRAME);
    }
    images.push({ db: base, log: readFileSync(`${path}-wal`), before, ends });
    // The next log is written over this one, which stays behind it.
    db.exec('PRAGMA wal_checkpoint(RESTART)');
    before = n;
  }
  db.close();
  return images;
}

/** A data folder as a power cut leaves it. */
function folderWith(files: Readonly<Record<string, Buffer | string>>): string {
  const folder = join(dir, `folder-${++count}`);
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

function commitsIn(folder: string): number {
  const db = openDb(join(folder, 'tutti.db'));
  try {
    expect(Object.values(db.prepare('PRAGMA integrity_check').get()!)).toEqual(['ok']);
    const n = Number(setting(db, 'test/commits').read() ?? 0);
    expect(db.prepare("SELECT count(*) AS n FROM settings WHERE key LIKE 'test/row/%'").get()).toEqual({
      n: 4 * n,
    });
    return n;
  } finally {
    db.close();
  }
}

/** What a disk may make of the bytes behind a place: nothing, zeros, noise, or one bent byte and the rest. */
function torn(bytes: Buffer, at: number): Buffer {
  const head = bytes.subarray(0, at);
  const rest = bytes.length - at;
  switch (below(4)) {
    case 0:
      return head;
    case 1:
      return Buffer.concat([head, Buffer.alloc(rest)]);
    case 2:
      return Buffer.concat([head, noise(Math.min(rest, 6000))]);
    default: {
      const bent = Buffer.from(bytes);
      if (at < bent.length) bent[at] = (bent[at] ?? 0) ^ (1 + below(255));
      return bent;
    }
  }
}

const mend = (dataDir: string): Promise<string[]> => mendFolder({ dataDir, wallMs: NOW, log: silentLogger });

describe('a log that was cut', () => {
  it('keeps every commit that was acknowledged before the cut, whole and alone, at 240 random bytes', async () => {
    const images = await life();
    for (let cut = 0; cut < 240; cut++) {
      const { db, log, before, ends } = images[below(images.length)]!;
      // Now and then exactly where a commit ends, or one byte before.
      const at = below(3) > 0 ? 33 + below(log.length - 33) : ends[below(ends.length)]! - below(2);
      const left = torn(log, at);
      const folder = folderWith({ 'tutti.db': db, 'tutti.db-wal': left });
      await mend(folder);
      // Now and then zeros stand where zeros were: then nothing is lost there.
      const kept = ends.filter(
        (end) => end <= at || left.subarray(0, end).equals(log.subarray(0, end)),
      ).length;
      expect(commitsIn(folder), `cut ${cut} at ${at} of ${log.length}`).toBe(before + kept);
      rmSync(folder, { recursive: true });
    }
  });

  it("is nobody's loss when it ends in what a power cut tears, and is told when a disk lost what had been there", async () => {
    const [{ db, log, ends }] = (await life()) as [Image];
    expect(
      await mend(folderWith({ 'tutti.db': db, 'tutti.db-wal': log.subarray(0, ends.at(-1)! - 100) })),
    ).toEqual([]);
    const bent = Buffer.from(log);
    bent[ends[0]! - 50] = (bent[ends[0]! - 50] ?? 0) ^ 1;
    for (const damaged of [bent, Buffer.concat([noise(40), log.subarray(40)])]) {
      const folder = folderWith({ 'tutti.db': db, 'tutti.db-wal': damaged });
      const [sentence] = await mend(folder);
      expect(sentence).toMatch(
        /last changes before this start could not be read.*aside\/20261120T0930Z-damaged/,
      );
      expect(readFileSync(join(folder, 'aside/20261120T0930Z-damaged/tutti.db-wal'))).toEqual(damaged);
      expect(commitsIn(folder)).toBe(0);
    }
  });
});

describe('a database that was damaged', () => {
  /** A folder with a backup of the first commit, and a second one since. */
  async function backedUp(): Promise<string> {
    const folder = folderWith({
      'satellite-token': 'abcdefghijklmnopqrstuvwxyz\n',
      'tutti.yaml': 'port: 8080\n',
    });
    const db = openDb(join(folder, 'tutti.db'));
    migrate(db);
    commit(db, 1);
    const next = await nextBackup(backupsIn(folder), 'scheduled', NOW - 3_600_000);
    await makeBackup({ ...next, dataDir: folder, version: '0.1.0', reserveBytes: 0 });
    commit(db, 2);
    db.close();
    for (const end of ['-wal', '-shm']) rmSync(join(folder, `tutti.db${end}`), { force: true });
    return folder;
  }

  /** The same folder again, at once. */
  function copyOf(folder: string): string {
    const copy = join(dir, `folder-${++count}`);
    mkdirSync(join(copy, 'backups'), { recursive: true });
    for (const name of ['tutti.db', 'satellite-token', 'tutti.yaml'])
      copyFileSync(join(folder, name), join(copy, name));
    for (const name of readdirSync(backupsIn(folder)))
      copyFileSync(join(backupsIn(folder), name), join(backupsIn(copy), name));
    return copy;
  }

  it('is set aside, and the newest good backup is taken, for 60 kinds of damage; or SQLite sees nothing wrong', async () => {
    const sound = await backedUp();
    let mended = 0;
    for (let n = 0; n < 60; n++) {
      const folder = copyOf(sound);
      const whole = readFileSync(join(folder, 'tutti.db'));
      const at = n % 3 === 0 ? below(100) : below(whole.length);
      const length = [512, 4096, 16_384][n % 3]!;
      const damaged =
        n % 4 === 0
          ? whole.subarray(0, at)
          : Buffer.concat([
              whole.subarray(0, at),
              n % 4 === 1 ? Buffer.alloc(length) : noise(length),
              whole.subarray(at + length),
            ]);
      writeFileSync(join(folder, 'tutti.db'), damaged);
      const lost = await mend(folder);
      const db = openDb(join(folder, 'tutti.db'));
      expect(Object.values(db.prepare('PRAGMA quick_check').get()!), `damage ${n} at ${at}`).toEqual(['ok']);
      db.close();
      if (lost.length === 0) continue;
      mended++;
      expect(commitsIn(folder)).toBe(1);
      expect(lost.join()).toMatch(
        /The database was damaged \(.*The backup of 2026-11-20 08:30 UTC was taken/,
      );
      expect(readFileSync(join(folder, 'aside/20261120T0930Z-damaged/tutti.db')).length).toBe(damaged.length);
    }
    expect(mended).toBeGreaterThan(30);
  });

  it('is one too when SQLite calls it a format of the future', async () => {
    const folder = await backedUp();
    const whole = readFileSync(join(folder, 'tutti.db'));
    whole.writeUInt32BE(9, 44);
    writeFileSync(join(folder, 'tutti.db'), whole);
    expect(await mend(folder)).toEqual([expect.stringMatching(/damaged \(unsupported file format\)/)]);
    expect(commitsIn(folder)).toBe(1);
  });

  it('takes the one before when the newest backup is damaged too, and begins anew when there is none', async () => {
    const folder = await backedUp();
    const [first = ''] = readdirSync(backupsIn(folder));
    writeFileSync(join(backupsIn(folder), first.replace('000001', '000002')), noise(3000));
    writeFileSync(join(folder, 'tutti.db'), noise(9000));
    await mend(folder);
    expect(commitsIn(folder)).toBe(1);
    const alone = folderWith({ 'tutti.db': noise(9000) });
    expect(await mend(alone)).toEqual([expect.stringMatching(/There was no good backup.*begin anew/)]);
    expect(existsSync(join(alone, 'tutti.db'))).toBe(false);
  });

  it('is no database beside which the log of another one was left: that is set aside, and nothing is lost', async () => {
    const other = join(dir, `other-${++count}.db`);
    const db = openDb(other);
    db.exec('CREATE TABLE other (x)');
    const folder = copyOf(await backedUp());
    copyFileSync(`${other}-wal`, join(folder, 'tutti.db-wal'));
    db.close();
    expect(await mend(folder)).toEqual([expect.stringContaining('the log of another one')]);
    expect(commitsIn(folder)).toBe(2);
    expect(await mend(folder)).toEqual([]);
  });

  it('comes back when it is empty or gone', async () => {
    for (const make of [(path: string) => writeFileSync(path, ''), (path: string) => rmSync(path)]) {
      const folder = copyOf(await backedUp());
      make(join(folder, 'tutti.db'));
      expect(await mend(folder)).toHaveLength(1);
      expect(commitsIn(folder)).toBe(1);
    }
  });

  it('is left alone with what is beside it when nothing is wrong', async () => {
    const folder = await backedUp();
    expect(await mend(folder)).toEqual([]);
    expect(commitsIn(folder)).toBe(2);
    expect(existsSync(join(folder, 'aside'))).toBe(false);
    expect(await mend(folderWith({}))).toEqual([]);
  });

  it('has its neighbours mended too: playhead, token and settings', async () => {
    const folder = await backedUp();
    writeFileSync(join(folder, 'playhead'), Buffer.concat([Buffer.from('{"wall_ms":1'), Buffer.alloc(500)]));
    writeFileSync(join(folder, 'satellite-token'), Buffer.alloc(27));
    writeFileSync(join(folder, 'settings.json'), '{"port":');
    writeFileSync(join(folder, 'tutti.yaml'), Buffer.alloc(11));
    const lost = [...(await mendSettings({ dataDir: folder, wallMs: NOW })), ...(await mend(folder))];
    expect(lost.map((sentence) => sentence.slice(0, 33))).toEqual([
      'The settings (tutti.yaml) were da',
      'The settings (settings.json) were',
      'Where music was at the end could ',
      'The token of satellites was damag',
    ]);
    expect(readFileSync(join(folder, 'tutti.yaml'), 'utf8')).toBe('port: 8080\n');
    expect(readFileSync(join(folder, 'satellite-token'), 'utf8')).toBe('abcdefghijklmnopqrstuvwxyz\n');
    expect(readdirSync(join(folder, 'aside/20261120T0930Z-damaged')).sort()).toEqual([
      'playhead',
      'satellite-token',
      'settings.json',
      'tutti.yaml',
    ]);
  });

  it('has settings back that stop in the middle of a line, and leaves those alone that somebody made shorter', async () => {
    const folder = await backedUp();
    const settings = join(folder, 'tutti.yaml');
    for (const cut of ['port: 80', 'po', 'port:']) {
      writeFileSync(settings, cut);
      const lost = await mendSettings({ dataDir: folder, wallMs: NOW });
      expect(lost).toEqual([expect.stringMatching(/stopped in the middle of a line.*kept in aside/)]);
      expect(readFileSync(settings, 'utf8')).toBe('port: 8080\n');
    }
    for (const meant of ['port: 9', 'port: 80\n', 'port: 8080\nname: x']) {
      writeFileSync(settings, meant);
      expect(await mendSettings({ dataDir: folder, wallMs: NOW })).toEqual([]);
      expect(readFileSync(settings, 'utf8')).toBe(meant);
    }
    expect(commitsIn(folder)).toBe(2);
    expect(existsSync(join(folder, 'restoring'))).toBe(false);
  });

  it('leaves settings with a mistake in them to their owner', async () => {
    const folder = folderWith({ 'tutti.yaml': 'port: [8080\n', 'settings.json': '{}' });
    expect(await mendSettings({ dataDir: folder, wallMs: NOW })).toEqual([]);
    expect(readFileSync(join(folder, 'tutti.yaml'), 'utf8')).toBe('port: [8080\n');
  });
});
