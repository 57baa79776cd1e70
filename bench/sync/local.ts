import { join } from 'node:path';
import { openBusEars, openCardEars, type Ears } from './ears.js';
import { House } from './house.js';
import { makeAlbum } from './music.js';
import { CpuShare, hear, pairRows, playPair, type PairTargets } from './pair.js';
import type { Scenario, SyncStage } from './stage.js';

const ROOMS = ['room_a', 'room_b'] as const;

/** Ids of players and rooms are written with a hyphen, ALSA's names with an underscore. */
export function idOf(room: string): string {
  return room.replaceAll('_', '-');
}

/** A player of kind `local` for each room. */
export function localPlayers(ears: Ears, rooms = ears.rooms): Record<string, string>[] {
  return rooms.map((room) => ({
    id: idOf(room),
    kind: 'local',
    name: room,
    output: ears.output(room),
    ao: ears.kind,
  }));
}

function mpvPair(
  key: string,
  title: string,
  listen: (stage: SyncStage) => Promise<Ears>,
  targets: PairTargets,
): Scenario {
  return {
    key,
    title,
    async run(stage) {
      const { ground, before, steadySeconds } = stage;
      const ears = await listen(stage);
      ground.own({ stop: () => ears.close() });
      const album = await makeAlbum(join(ground.dir, 'music'), [45, 45, 60, 60]);
      const house = await House.open({ ground, album, players: localPlayers(ears), env: ears.env, before });
      const [first, second] = ROOMS.map(idOf) as [string, string];
      const cpu = new CpuShare();
      const marks = await playPair(house, {
        first,
        second,
        steadySeconds,
        events: true,
        freeze: () => house.mpvOf(second),
        atSteady: (begins) =>
          cpu.mark(begins, { 'the server': house.server.pid, 'one mpv': house.mpvOf(second) }),
      });
      const heard = await hear(ears);
      const rows = pairRows(album.locator, heard, marks, targets, stage);
      return { rows: [...rows, ...cpu.rows()] };
    },
  };
}

export const mpvAlsa = mpvPair(
  'mpv-alsa',
  'mpv + mpv, ALSA, cards 0 and +60 ppm',
  ({ ground }) => openCardEars(join(ground.dir, 'cards'), [{ name: ROOMS[0] }, { name: ROOMS[1], ppm: 60 }]),
  { p95Ms: 0.1, anchorRatio: 0.5, startSeconds: 1, joinSeconds: 0.7, freezeSeconds: 0.5 },
);

export const mpvPulse = mpvPair(
  'mpv-pulse',
  'mpv + mpv, PulseAudio',
  ({ before }) => openBusEars(ROOMS, before),
  { p95Ms: 0.2, startSeconds: 1, joinSeconds: 0.7, freezeSeconds: 0.5 },
);
