import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../src/package-root.js';

const run = promisify(execFile);
const SCRIPT = join(packageRoot, 'packaging/install.sh');

/** What the script would append to the settings: its own line, run by itself, since all of it would install something. */
async function written(music: string): Promise<unknown> {
  const lines = readFileSync(SCRIPT, 'utf8').split('\n');
  const own = lines.filter((line) => /^in_yaml\(\)/.test(line));
  const put = lines.filter((line) => /^ *printf .*music_dir: /.test(line));
  expect(put).toHaveLength(1);
  const script = [...own, ...put.map((line) => line.replace(/>>.*/, ''))].join('\n');
  const { stdout } = await run('sh', ['-euc', `music=$1\n${script}`, 'sh', music]);
  return parse(stdout);
}

it.each([
  '/srv/music',
  '/media/12" Singles',
  "/media/Bob's music",
  '/media/a\\b # c: d',
  '/media/Küche/$HOME %s `id`',
])('the installer writes the music folder %s as it is', async (music) => {
  expect(await written(music)).toEqual({ music_dir: music });
});

it('the installer refuses a music folder with a line break', async () => {
  const words = ['--dry-run', '--deb', 'x.deb', '--music', '/srv/a\nport: 1'];
  await expect(run('sh', [SCRIPT, ...words])).rejects.toMatchObject({
    stderr: expect.stringContaining('line break'),
  });
});
