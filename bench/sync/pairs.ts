import { join } from 'node:path';
import { openCast, type Kind } from './cast.js';
import { openBusEars, openCardEars, type Ears } from './ears.js';
import { makeAlbum } from './music.js';
import { CpuShare, hear, pairRows, playPair, type PairTargets } from './pair.js';
import type { Scenario, SyncStage } from './stage.js';

/** What the product promises of mpv beside mpv. */
const PROMPT: PairTargets = { startSeconds: 1, joinSeconds: 0.7, freezeSeconds: 0.5 };

interface PairChoice {
  readonly key: string;
  readonly title: string;
  readonly kinds: readonly [Kind, Kind];
  readonly listen: (stage: SyncStage) => Promise<Ears>;
  readonly targets: PairTargets;
}

/** Two rooms through everything that a pair is put through. The second one is frozen, and joins late. */
function pair({ key, title, kinds, listen, targets }: PairChoice): Scenario {
  return {
    key,
    title,
    async run(stage) {
      const { ground, steadySeconds } = stage;
      const ears = await listen(stage);
      ground.own({ stop: () => ears.close() });
      const album = await makeAlbum(join(ground.dir, 'music'), [45, 45, 60, 60]);
      const { house, ids, pid } = await openCast(stage, ears, album, kinds);
      const [first, second] = [ids[0]!, ids[1]!];
      const cpu = new CpuShare();
      const marks = await playPair(house, {
        first,
        second,
        steadySeconds,
        events: true,
        freeze: () => pid(second),
        atSteady: (begins) =>
          cpu.mark(begins, {
            'the server': house.server.pid,
            [`the first player (${kinds[0]})`]: pid(first),
            [`the second player (${kinds[1]})`]: pid(second),
          }),
      });
      const heard = await hear(ears);
      return { rows: [...pairRows(album.locator, heard, marks, targets, stage), ...cpu.rows()] };
    },
  };
}

const drifting = ({ ground }: SyncStage): Promise<Ears> =>
  openCardEars(join(ground.dir, 'cards'), [{ name: 'room_a' }, { name: 'room_b', ppm: 60 }]);

export const mpvAlsa = pair({
  key: 'mpv-alsa',
  title: 'mpv + mpv, ALSA, cards 0 and +60 ppm',
  kinds: ['local', 'local'],
  listen: drifting,
  targets: { p95Ms: 0.1, anchorRatio: 0.5, ...PROMPT },
});

export const mpvPulse = pair({
  key: 'mpv-pulse',
  title: 'mpv + mpv, PulseAudio',
  kinds: ['local', 'local'],
  listen: ({ before }) => openBusEars(['room_a', 'room_b'], before),
  targets: { p95Ms: 0.2, ...PROMPT },
});

export const snapclients = pair({
  key: 'snapclients',
  title: 'snapclient + snapclient on our server, cards 0 and +60 ppm',
  kinds: ['snapcast', 'snapcast'],
  listen: drifting,
  // At once: within the first windows that are all sound.
  targets: { p95Ms: 0.25, anchorRatio: 1.1, startSeconds: 0.15 },
});

export const snapclientMpv = pair({
  key: 'snapclient-mpv',
  title: 'snapclient + mpv, cards 0 and +60 ppm',
  kinds: ['snapcast', 'local'],
  listen: drifting,
  targets: { p95Ms: 0.3, ...PROMPT },
});
