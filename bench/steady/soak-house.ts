import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startMpd } from '../../test/fakes/real-mpd.js';
import { AS_ITS_UNIT } from '../as-its-unit.js';
import { startCrowd, type Crowd } from '../control/bare.js';
import type { Ground } from '../ground.js';
import { freePort } from '../program.js';
import { House } from '../sync/house.js';
import { makeAlbum } from '../sync/music.js';
import { spawnBefore } from '../sync/stock.js';

/** The rooms, after what plays in each. */
export const ROOMS = ['mpv', 'mpd', 'snapclient', 'silent'] as const;
const TRACKS = 6;
const TRACK_SECONDS = 8;

export interface SoakHouse {
  readonly house: House;
  readonly crowd: Crowd;
  /** Frees at once what the server does not need any more. */
  readonly collect: () => void;
  /** Objects, functions and lists that JavaScript kept when that had ended. */
  readonly objects: () => number;
}

/** A house whose players keep time and throw the sound away: real programs for an hour, without a tape of it. */
export async function openSoakHouse(ground: Ground): Promise<SoakHouse> {
  const album = await makeAlbum(join(ground.dir, 'music'), Array<number>(TRACKS).fill(TRACK_SECONDS));
  const mpd = await startMpd({ musicDir: album.musicDir });
  ground.own({ stop: () => mpd.kill() });
  const snapcastPort = await freePort();
  const collector = new URL('../control/preload-garbage.js', import.meta.url).href;
  const objectsFile = join(ground.dir, 'objects');
  const house = await House.open({
    ground,
    album,
    players: [
      { id: 'mpv', kind: 'local', name: 'mpv', ao: 'null' },
      { id: 'mpd', kind: 'mpd', name: 'MPD', host: mpd.host, port: mpd.port },
      { id: 'snapclient', kind: 'snapcast', name: 'snapclient', client_id: 'snapclient' },
      { id: 'silent', kind: 'null', name: 'silent' },
    ],
    env: {
      NODE_OPTIONS: `${AS_ITS_UNIT.NODE_OPTIONS} --import=${collector}`,
      TUTTI_BENCH_OBJECTS: objectsFile,
    },
    config: { snapcast: true, snapcast_port: snapcastPort, snapcast_host: '127.0.0.1' },
  });
  const nowhere = ['--player', 'file:filename=null', '--logsink', 'null'];
  const where = ['-h', '127.0.0.1', '-p', String(snapcastPort), '--hostID', 'snapclient'];
  spawnBefore(ground, [], ['snapclient', ...where, ...nowhere], {});
  await house.online(ROOMS);
  await house.client.subscribe(ROOMS.map((id) => `room/${id}`));
  return {
    house,
    crowd: startCrowd(ground),
    collect: () => void process.kill(house.server.pid, 'SIGUSR2'),
    objects: () => Number(readFileSync(objectsFile, 'utf8')),
  };
}
