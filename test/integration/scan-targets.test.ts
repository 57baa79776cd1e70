import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTarget } from '../../src/pipeline/targets/kinds.js';
import type { TargetKind } from '../../src/protocol/index.js';
import {
  httpTargetContract,
  scanTargetContract,
  type HttpTargetRig,
  type TargetRig,
} from '../contracts/scan-target-contract.js';
import { FakeJellyfin } from '../fakes/fake-jellyfin.js';
import { FakeLms } from '../fakes/fake-lms.js';
import { FakePlex } from '../fakes/fake-plex.js';
import { FakeSubsonic } from '../fakes/fake-subsonic.js';
import { startMpd } from '../fakes/real-mpd.js';
import { SteppingClock } from '../fakes/stepping-clock.js';
import type { TargetServer } from '../fakes/target-server.js';
import { makeTrack } from '../fixtures/make-music.js';

const SECRET = 'open-sesame-42';

interface Choice {
  readonly blind: TargetRig['blind'];
  readonly astray: string;
  readonly section?: string;
  /** Where the server has our folder. */
  readonly theirs: string;
}

async function httpRig(
  kind: TargetKind,
  choice: Choice,
  fake: (clock: SteppingClock, dir: string) => { readonly server: TargetServer },
): Promise<HttpTargetRig> {
  const clock = new SteppingClock();
  const dir = await mkdtemp(join(tmpdir(), 'tutti-target-'));
  const { server } = fake(clock, dir);
  await server.start();
  const { blind, astray, section, theirs } = choice;
  const mappings = [{ ours: dir, theirs }];
  return {
    clock,
    musicDir: dir,
    secret: SECRET,
    parts: { url: server.url, section, secret: SECRET, mappings },
    make: (parts) => makeTarget(kind, parts),
    blind,
    astray,
    server,
    off: () => server.stop(),
    async close() {
      await server.stop();
      await rm(dir, { recursive: true });
    },
  };
}

httpTargetContract('Plex', () =>
  httpRig(
    'plex',
    { blind: 'scanned', astray: '/plex/music/elsewhere', theirs: '/plex/music' },
    (clock, dir) => {
      const locations = [
        { path: '/plex/mus', dir: '/nonexistent' },
        { path: '/plex/music', dir },
      ];
      return new FakePlex({
        clock,
        token: SECRET,
        libraries: [
          { key: '1', title: 'Films', type: 'movie', locations: [{ path: '/plex', dir: '/nonexistent' }] },
          { key: '7', title: 'Music', type: 'artist', locations },
        ],
      });
    },
  ),
);

httpTargetContract('Jellyfin', () =>
  httpRig(
    'jellyfin',
    { blind: 'timeout', astray: '/media/music/elsewhere', theirs: '/media/music' },
    (clock, dir) => new FakeJellyfin({ clock, token: SECRET, folders: [{ path: '/media/music', dir }] }),
  ),
);

const subsonic = (dir: string): FakeSubsonic =>
  new FakeSubsonic({
    user: 'ann',
    password: SECRET,
    apiKey: SECRET,
    libraries: [{ id: 3, name: 'Music', dir }],
  });

httpTargetContract('Navidrome, by password', () =>
  httpRig('subsonic', { blind: 'scanned', astray: '3:elsewhere', section: 'ann', theirs: '' }, (_, dir) =>
    subsonic(dir),
  ),
);

httpTargetContract('LMS', () =>
  httpRig(
    'lms',
    { blind: 'scanned', astray: '/lms/music/elsewhere', section: 'ann', theirs: '/lms/music' },
    (_, dir) => new FakeLms({ user: 'ann', password: SECRET, folders: [{ path: '/lms/music', dir }] }),
  ),
);

scanTargetContract('MPD', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'tutti-target-'));
  const mpd = await startMpd({ musicDir: dir, password: SECRET });
  return {
    clock: new SteppingClock(),
    musicDir: dir,
    secret: SECRET,
    parts: {
      url: `mpd://${mpd.host}:${mpd.port}`,
      section: undefined,
      secret: SECRET,
      mappings: [{ ours: dir, theirs: '' }],
    },
    make: (parts) => makeTarget('mpd', parts),
    blind: 'scanned',
    astray: 'elsewhere',
    sound: (path) => makeTrack(path, { seconds: 1 }),
    off: () => mpd.kill(),
    async close() {
      await mpd.stop();
      await rm(dir, { recursive: true });
    },
  };
});
