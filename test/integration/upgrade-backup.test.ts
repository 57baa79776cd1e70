import { copyFile, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';

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
