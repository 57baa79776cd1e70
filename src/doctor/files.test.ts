import { describe, expect, it } from 'vitest';
import { checkDataDir, checkMusic, type Folder, type MusicProbes } from './files.js';

const OWN: Folder = { owner: 'tutti', mode: 0o700, writable: true, readable: true };

function probes(folder: Partial<Folder>, more: Partial<MusicProbes> = {}): MusicProbes {
  return {
    user: 'tutti',
    look: () => Promise.resolve({ ...OWN, ...folder }),
    mayMake: () => Promise.resolve(true),
    sample: () => Promise.resolve({ readable: 9, shut: 0 }),
    ...more,
  };
}

describe('the doctor on the data folder', () => {
  it('is content with one that belongs to the user, and with none yet', async () => {
    expect((await checkDataDir(probes({}), '/d')).severity).toBe('ok');
    expect((await checkDataDir(probes({ owner: undefined }), '/d')).severity).toBe('ok');
  });

  it.each([
    [{ writable: false }, 'sudo chown -R tutti: /d'],
    [{ mode: 0o777 }, 'chmod 700 /d'],
  ])('fails for %j', async (folder, fix) => {
    expect(await checkDataDir(probes(folder), '/d')).toMatchObject({ severity: 'problem', fix });
  });

  it('says how to make one where the user may not', async () => {
    const none = probes({ owner: undefined }, { mayMake: () => Promise.resolve(false) });
    expect(await checkDataDir(none, '/my d')).toMatchObject({
      severity: 'problem',
      fix: "sudo install -d -o tutti -m 700 '/my d'",
    });
  });

  it('asks root to look with the eyes of the one it belongs to', async () => {
    expect(await checkDataDir(probes({}, { user: 'root' }), '/d')).toMatchObject({
      severity: 'warning',
      fix: 'sudo -u tutti tutti doctor',
    });
  });
});

describe('the doctor on the music folder', () => {
  it('is content with one that can be read', async () => {
    expect((await checkMusic(probes({}), '/m')).severity).toBe('ok');
  });

  it.each([
    ['there is none', undefined, probes({}), 'warning', 'TUTTI_MUSIC_DIR'],
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
      'mount',
    ],
  ] as const)('notices that %s', async (_what, path, eyes, severity, fix) => {
    expect(await checkMusic(eyes, path)).toMatchObject({ severity, fix: expect.stringContaining(fix) });
  });
});
