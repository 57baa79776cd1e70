import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { itMounts, mountSmall } from '../fakes/small-disk.js';
import { packageRoot } from '../../src/package-root.js';

const run = promisify(execFile);
const SCRIPT = join(packageRoot, 'packaging/debian/postrm');

let root = '';
const state = (...names: string[]): string => join(root, 'var/lib/tutti', ...names);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tutti-purge-'));
  await mkdir(state(), { recursive: true });
});
afterEach(async () => rm(root, { recursive: true, force: true }));

async function put(...files: string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'x');
  }
}

const thereIs = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** As dpkg does it, with a system that lies in a folder. */
const purge = async (): Promise<string> =>
  (await run('sh', [SCRIPT, 'purge'], { env: { ...process.env, DPKG_ROOT: root, TUTTI_PURGE: 'yes' } }))
    .stdout;

describe('purging the package', () => {
  it('deletes what Tutti has made', async () => {
    const made = ['tutti.db', 'tutti.db-wal', '.room', 'alarm-tone.wav', 'backups/one', 'artwork/1.jpg'];
    const more = [
      'workspace/incoming/a/1.flac',
      'before-upgrade/tutti.db',
      '.cache/mpv/x',
      '.tutti-copy-a1/x',
    ];
    await put(...[...made, ...more].map((name) => state(name)));
    await put(join(root, 'var/lib/tutti-satellite/satellite-id'), join(root, 'etc/tutti/tutti.yaml'));
    await put(join(root, 'srv/music/1.flac'));
    await symlink(join(root, 'srv/music'), state('Music'));
    expect(await purge()).toContain('state deleted');
    expect(await readdir(join(root, 'var/lib'))).toEqual([]);
    expect(await readdir(join(root, 'etc'))).toEqual([]);
    expect(await thereIs(join(root, 'srv/music/1.flac'))).toBe(true);
  });

  it('leaves music that lies beside it, and says so', async () => {
    await put(
      state('tutti.db'),
      state('Music/Album/1.flac'),
      state('flac/backups/2.flac'),
      state('loose.MP3'),
    );
    expect(await purge()).toContain(`${state()}: Music flac loose.MP3`);
    expect((await readdir(state(), { recursive: true })).sort()).toEqual(
      [
        'Music',
        'Music/Album',
        'Music/Album/1.flac',
        'flac',
        'flac/backups',
        'flac/backups/2.flac',
        'loose.MP3',
      ].sort(),
    );
  });

  it('deletes the state where its folder was led to another disk', async () => {
    await rm(state(), { recursive: true });
    await put(join(root, 'mnt/ssd/tutti.db'), join(root, 'mnt/ssd/Music/1.flac'));
    await symlink(join(root, 'mnt/ssd'), state());
    await purge();
    expect(await readdir(join(root, 'mnt/ssd'), { recursive: true })).toEqual(['Music', 'Music/1.flac']);
  });

  itMounts('goes through no disk that is mounted below it', async () => {
    const kept = [state('backups'), state('artwork/deep')];
    await put(state('tutti.db'), ...kept.map((folder) => join(folder, 'under')));
    const away = [await mountSmall(kept[0]!, '64k'), await mountSmall(kept[1]!, '64k')];
    try {
      await put(...kept.map((folder) => join(folder, 'file')));
      await purge();
      for (const folder of kept) expect(await readdir(folder)).toEqual(['file']);
      expect(await thereIs(state('tutti.db'))).toBe(false);
    } finally {
      for (const unmount of away) await unmount();
    }
  });

  itMounts('goes through no folder of the same disk that is mounted below it', async () => {
    await put(state('tutti.db'), state('workspace/music/.keep'), join(root, 'home/music/1.flac'));
    await run('mount', ['--bind', join(root, 'home/music'), state('workspace/music')]);
    try {
      await purge();
      expect(await thereIs(join(root, 'home/music/1.flac'))).toBe(true);
    } finally {
      await run('umount', [state('workspace/music')]);
    }
  });

  itMounts('empties a disk of its own', async () => {
    const unmount = await mountSmall(state(), '64k');
    try {
      await put(state('tutti.db'));
      expect(await purge()).toContain('state deleted');
      expect(await readdir(state())).toEqual([]);
    } finally {
      await unmount();
    }
  });
});
