import { describe, expect, it } from 'vitest';
import { waysOf } from './ways.js';
import { checkDataDir, checkMusic, type Folder, type MusicProbes } from './files.js';

const ways = waysOf({ root: '/usr/lib/tutti/app', file: '/etc/tutti/tutti.yaml', byVariable: () => false });
const OWN: Folder = { owner: 'tutti', mode: 0o700, writable: true, readable: true };

function probes(folder: Partial<Folder>, more: Partial<MusicProbes> = {}): MusicProbes {
  return {
    user: 'tutti',
    look: () => Promise.resolve({ ...OWN, ...folder }),
    mayMake: () => Promise.resolve(true),
    mounts: () => Promise.resolve('/dev/sda1 / ext4 rw 0 0\n'),
    read: () => Promise.resolve(undefined),
    sample: () => Promise.resolve({ readable: 9, shut: 0 }),
    ...more,
  };
}

describe('the doctor on the data folder', () => {
  it('is content with one that belongs to the user, and with none yet', async () => {
    expect((await checkDataDir(probes({}), '/d', ways)).severity).toBe('ok');
    expect((await checkDataDir(probes({ owner: undefined }), '/d', ways)).severity).toBe('ok');
  });

  it.each([
    [{ writable: false }, 'sudo chown -R tutti: /d'],
    [{ mode: 0o777 }, 'chmod 700 /d'],
  ])('fails for %j', async (folder, fix) => {
    expect(await checkDataDir(probes(folder), '/d', ways)).toMatchObject({ severity: 'problem', fix });
  });

  it('blames the disk, not the owner, for one that can only be read', async () => {
    const mounts = () => Promise.resolve('/dev/sda1 / ext4 ro 0 0\n');
    expect(await checkDataDir(probes({ writable: false }, { mounts }), '/d', ways)).toMatchObject({
      severity: 'problem',
      fix: 'sudo mount -o remount,rw /',
    });
  });

  it('says how to make one where the user may not', async () => {
    const none = probes({ owner: undefined }, { mayMake: () => Promise.resolve(false) });
    expect(await checkDataDir(none, '/my d', ways)).toMatchObject({
      severity: 'problem',
      fix: "sudo install -d -o tutti -m 700 '/my d'",
    });
  });

  it('asks root to look with the eyes of the one it belongs to', async () => {
    expect(await checkDataDir(probes({}, { user: 'root' }), '/d', ways)).toMatchObject({
      severity: 'warning',
      fix: 'sudo -u tutti tutti doctor',
    });
  });
});

describe('the doctor on the music folder', () => {
  it('is content with one that can be read', async () => {
    expect((await checkMusic(probes({}), '/m', ways)).severity).toBe('ok');
  });

  it.each([
    ['there is none', undefined, probes({}), 'warning', 'music_dir: /srv/music'],
    ['it has gone', '/m', probes({ owner: undefined }), 'problem', 'mount'],
    ['it is shut', '/m', probes({ readable: false }), 'problem', 'setfacl'],
    [
      'a part of it is shut',
      '/m',
      probes({}, { sample: () => Promise.resolve({ readable: 1, shut: 2 }) }),
      'warning',
      'setfacl',
    ],
    [
      'it is empty',
      '/m',
      probes({}, { sample: () => Promise.resolve({ readable: 0, shut: 0 }) }),
      'warning',
      'Send a folder',
    ],
    [
      'its disk is not mounted',
      '/m/music',
      probes(
        {},
        {
          sample: () => Promise.resolve({ readable: 0, shut: 0 }),
          read: () => Promise.resolve('/dev/sdb1 /m ext4 defaults 0 0\n'),
        },
      ),
      'warning',
      'mount -a',
    ],
    [
      'a folder on the way is shut',
      '/home/pi/m',
      probes({ owner: undefined, wall: '/home/pi' }),
      'problem',
      'setfacl -m u:tutti:x /home/pi',
    ],
    [
      'its disk knows no users',
      '/m',
      probes({ readable: false }, { mounts: () => Promise.resolve('/dev/sdb1 /m exfat rw 0 0\n') }),
      'problem',
      'mount -o umask=022 /dev/sdb1 /m',
    ],
  ] as const)('notices that %s', async (_what, path, eyes, severity, fix) => {
    expect(await checkMusic(eyes, path, ways)).toMatchObject({ severity, fix: expect.stringContaining(fix) });
  });
});
