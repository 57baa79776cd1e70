import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';
import { SmallDisk } from '../fakes/small-disk.js';
import { until } from '../until.js';

const OLD = resolve(import.meta.dirname, '../fixtures/databases/version-5.db');

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-upgrade-backup-'));
  await copyFile(OLD, join(dir, 'tutti.db'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('an upgrade that cannot be backed up first', () => {
  it.each([
    [
      'a stick that was pulled',
      'plug in that disk or remove the link',
      () => symlink('/media/none', join(dir, 'backups')),
    ],
    ['a file', 'something else has its name, move that away', () => writeFile(join(dir, 'backups'), '')],
  ])(
    'says so of %s, with what mends it and nothing else, and changes nothing',
    async (_what, words, make) => {
      await make();
      const refused = await ServerProcess.start({ dataDir: dir }).catch((error: Error) => error.message);
      expect(refused).toContain(words);
      expect(refused).toContain('stays as it is until it can be backed up');
      expect(refused).not.toContain('chown');
      expect((await readFile(join(dir, 'tutti.db'))).equals(await readFile(OLD))).toBe(true);
    },
  );
});

describe('an upgrade without room for the backup before it', () => {
  let disk: SmallDisk;
  let server: ServerProcess | undefined;
  afterEach(async () => {
    await server?.kill();
    server = undefined;
    await disk?.close();
  });

  it('plays on with a copy, keeps nothing and changes nothing, and goes on by itself when there is room', async () => {
    disk = await SmallDisk.open('40m');
    const state = disk.seen('state');
    await mkdir(state);
    await copyFile(OLD, join(state, 'tutti.db'));
    await disk.fill(14 * 1024 * 1024);
    server = await ServerProcess.start({
      dataDir: state,
      players: [{ id: 'silent', kind: 'null', name: 'Silent' }],
      before: disk.words,
      env: { TUTTI_DATA_DIR: `${disk.path}/state`, TUTTI_MUSIC_DIR: disk.path },
    });
    const before = server.client(['system']);
    await before.ready();
    await until('the notice is there', () =>
      (before.mirror.system?.notices ?? []).some(({ message }) => message.includes('no room for the backup')),
    );
    const rename = { room_id: 'silent', name: 'Hall' };
    await expect(before.send('room:rename', rename)).rejects.toMatchObject({ code: 'ERR_DISK' });
    await before.send('room:volume', { room_id: 'silent', volume: 0.5 });
    expect((await readFile(join(state, 'tutti.db'))).equals(await readFile(OLD))).toBe(true);
    before.close();

    await disk.clear();
    const after = server.client(['system']);
    await until(
      'it takes things again',
      async () =>
        after.send('room:rename', rename).then(
          () => true,
          () => false,
        ),
      60_000,
    );
    after.close();
    expect(await readdir(join(state, 'backups'))).toEqual([expect.stringMatching(/-migration\.tar\.gz$/)]);
  });
});
