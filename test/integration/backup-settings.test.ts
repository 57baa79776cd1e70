import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  armRestore,
  backupsIn,
  finishRestore,
  makeBackup,
  manifestOf,
  nextBackup,
  stageRestore,
  unplacedIn,
  unplacedSettings,
} from '../../src/backup/index.js';
import { PLACE_KEYS, loadSettings, whyNotHere } from '../../src/config/index.js';
import { migrate, openDb } from '../../src/storage/index.js';

const NOW = Date.UTC(2026, 10, 20, 2, 37);

let dir: string;
let dataDir: string;
/** As under the package: `/etc/tutti/tutti.yaml`. */
let settingsFile: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-backup-settings-'));
  dataDir = join(dir, 'state');
  settingsFile = join(dir, 'etc', 'tutti.yaml');
  await mkdir(dataDir);
  await mkdir(join(dir, 'etc'));
  const db = openDb(join(dataDir, 'tutti.db'));
  migrate(db);
  db.close();
  await writeFile(settingsFile, 'port: 8090\n', { mode: 0o640 });
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function make(): Promise<{ readonly file: string; readonly without?: string | undefined }> {
  const next = await nextBackup(backupsIn(dataDir), 'manual', NOW);
  const { without } = await makeBackup({
    ...next,
    dataDir,
    version: '0.1.0',
    reserveBytes: 0,
    settingsFile,
  });
  return { file: next.file, without };
}

async function restore(file: string, settingsTo = settingsFile): Promise<void> {
  await stageRestore({ dataDir, file, aside: 'old', held: true });
  await armRestore({ dataDir, aside: 'old', settingsTo });
  await finishRestore(dataDir);
}

const text = (file: string): Promise<string> => readFile(file, 'utf8');
const settingsIn = async (file: string) =>
  (await manifestOf(file)).files.find(({ name }) => name === 'tutti.yaml')?.size_bytes;

describe('[BK1] settings that are outside of the data folder', () => {
  it('are in a backup, and not what lies unread in the data folder', async () => {
    await writeFile(join(dataDir, 'tutti.yaml'), 'port: 1\nname: Unread\n');
    const { file, without } = await make();
    expect([await settingsIn(file), without]).toEqual([11, undefined]);
  });

  it.each([
    ['a folder', (path: string) => mkdir(path), 'is no file'],
    ['far too long', (path: string) => writeFile(path, Buffer.alloc(300_000, 35)), 'is far too long'],
  ])('keep no backup from being made when they are %s', async (_what, spoil, said) => {
    await rm(settingsFile);
    await spoil(settingsFile);
    const { file, without } = await make();
    expect(without).toContain(said);
    expect(await settingsIn(file)).toBeUndefined();
  });

  it('need not be there', async () => {
    await rm(settingsFile);
    expect((await make()).without).toBeUndefined();
  });
});

describe('[BK3] restored settings that are outside of the data folder', () => {
  it('come back to where they are read, with the rights that the file has there', async () => {
    const { file } = await make();
    await writeFile(settingsFile, 'port: 8091\n');
    await chmod(settingsFile, 0o640);
    await restore(file);
    expect([await text(settingsFile), (await stat(settingsFile)).mode & 0o777]).toEqual([
      'port: 8090\n',
      0o640,
    ]);
    expect(await text(join(dataDir, 'aside', 'old', 'tutti.yaml'))).toBe('port: 8091\n');
    expect(unplacedSettings(dataDir, settingsFile)).toBeUndefined();
  });

  it('go through a link to the file that it means', async () => {
    const { file } = await make();
    const link = join(dir, 'link.yaml');
    await symlink(settingsFile, link);
    await writeFile(settingsFile, 'port: 8091\n');
    await restore(file, link);
    expect([await text(settingsFile), await text(link)]).toEqual(['port: 8090\n', 'port: 8090\n']);
  });

  it('stay beside the state where nobody may write, and nothing is lost by a second restore', async () => {
    const { file } = await make();
    await writeFile(settingsFile, 'port: 8091\n');
    const nowhere = '/proc/self/tutti.yaml';
    await restore(file, nowhere);
    await writeFile(unplacedIn(dataDir), 'port: 8092\n');
    await restore(file, nowhere);
    expect(await text(unplacedIn(dataDir))).toBe('port: 8090\n');
    expect(await text(join(dataDir, 'aside', 'old', 'restored-tutti.yaml'))).toBe('port: 8092\n');
    expect((await stat(unplacedIn(dataDir))).mode & 0o777).toBe(0o600);
    expect(unplacedSettings(dataDir, settingsFile)).toEqual({
      kept: unplacedIn(dataDir),
      file: settingsFile,
    });
    await writeFile(settingsFile, 'port: 8090\n');
    expect(unplacedSettings(dataDir, settingsFile)).toBeUndefined();
  });

  it('do not come from the folder of another time: what was set on the page goes when nothing was', async () => {
    const { file } = await make();
    for (const name of ['settings.json', 'playhead']) await writeFile(join(dataDir, name), '{}');
    await restore(file);
    await expect(text(join(dataDir, 'settings.json'))).rejects.toThrow('ENOENT');
    expect(await text(join(dataDir, 'aside', 'old', 'settings.json'))).toBe('{}');
  });
});

describe('[BK3] settings of another machine', () => {
  it.each([
    ['', undefined],
    ['port: 9\n', undefined],
    ['data_dir: /mnt/ssd\n', 'it says data_dir: /mnt/ssd, and here it is HERE'],
    ['auth: open\nprot: 80\n', 'it cannot be used here (in line 2, prot is no setting)'],
    ['\0\0', 'it cannot be used here (the file holds bytes that are no text)'],
    ['a: &a [*a]', 'it cannot be used here'],
  ])('%j', async (written, why) => {
    await writeFile(settingsFile, written);
    const env = { TUTTI_CONFIG: join(dir, 'none.yaml') };
    const read = () => loadSettings({ env, home: dir, file: settingsFile });
    const here = join(dir, '.local', 'share', 'tutti');
    const said = whyNotHere(read, { data_dir: here }, PLACE_KEYS)?.replace(here, 'HERE');
    if (why === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(why);
  });
});

describe('[BK2] a backup that somebody made up', () => {
  it('puts nothing into the folder but what a backup has', async () => {
    await writeFile(join(dataDir, 'playhead'), '{}');
    const { file } = await make();
    const tar = gunzipSync(await readFile(file)).toString('latin1');
    const renamed = Buffer.from(tar.replaceAll('playhead', 'readyyyy'), 'latin1');
    // The sum of its header: p+l+a+y+h+e+a+d against r+e+a+d+y+y+y+y.
    const at = renamed.indexOf('readyyyy\0');
    let sum = 0;
    renamed.fill(' ', at + 148, at + 156);
    for (const byte of renamed.subarray(at, at + 512)) sum += byte;
    renamed.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
    const hostile = join(dir, 'hostile.tar.gz');
    await writeFile(hostile, gzipSync(renamed));
    await stageRestore({ dataDir, file: hostile, aside: 'old' });
    await expect(stat(join(dataDir, 'restoring', 'readyyyy'))).rejects.toThrow('ENOENT');
  });
});
