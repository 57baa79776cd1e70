import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';

const dirs: string[] = [];
afterEach(async () => {
  for (const dir of dirs.splice(0)) await rm(dir, { recursive: true });
});

it('npm start takes no packages away from another clone that this one is linked to', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-setup-'));
  dirs.push(dir);
  const [clone, other] = [join(dir, 'clone'), join(dir, 'other')];
  for (const folder of [clone, other]) await mkdir(folder);
  await writeFile(join(other, 'a-package'), '');
  // No npm is found: had it been asked for, that would be what is said.
  for (const name of ['setup.mjs', 'package-lock.json']) await copyFile(name, join(clone, name));
  await symlink(other, join(clone, 'node_modules'));
  const started = promisify(execFile)(process.execPath, ['setup.mjs', 'start'], {
    cwd: clone,
    env: { PATH: '' },
  });
  await expect(started).rejects.toMatchObject({
    stderr: expect.stringContaining('is a link to packages of another clone') as unknown,
  });
  expect(await readdir(other)).toEqual(['a-package']);
});
