import { startMpd } from '../../test/fakes/real-mpd.js';
import { freePort } from '../program.js';
import type { Ears } from './ears.js';
import { House } from './house.js';
import type { Album } from './music.js';
import type { SyncStage } from './stage.js';
import { startSnapclient } from './stock.js';

/** What plays in a room. */
export type Kind = 'local' | 'snapcast' | 'mpd';

/** A house with one player of a kind in each room. Players and rooms are called `room-a` where the card is `room_a`. */
export interface Cast {
  readonly house: House;
  readonly ids: readonly string[];
  /** The process that makes the sound of a player. */
  readonly pid: (this: void, id: string) => number;
}

/** Ids are written with a hyphen, ALSA's names with an underscore. */
export function idOf(room: string): string {
  return room.replaceAll('_', '-');
}

/** Where a cast plays; `house`: words before the server, and more of its environment, where it does not run as what plays does. */
export type CastStage = Pick<SyncStage, 'ground' | 'before'> & {
  readonly house?: { readonly before: readonly string[]; readonly env: Readonly<Record<string, string>> };
};

type Entry = Readonly<Record<string, string | number>>;

export async function openCast(
  stage: CastStage,
  ears: Ears,
  album: Album,
  kinds: readonly Kind[],
  /** More lines of the configuration of the server. */
  more: Readonly<Record<string, unknown>> = {},
): Promise<Cast> {
  const { ground, before } = stage;
  const pids = new Map<string, () => number>();
  const players: Entry[] = [];
  const clients: (() => void)[] = [];
  const snapcastPort = await freePort();
  for (const [at, room] of ears.rooms.entries()) {
    const kind = kinds[at]!;
    const id = idOf(room);
    const entry = { id, kind, name: room };
    if (kind === 'local') {
      players.push({ ...entry, output: ears.output(room), ao: ears.kind });
    } else if (kind === 'mpd') {
      const { host, port, pid } = await startRoomMpd(stage, ears, album, room);
      players.push({ ...entry, host, port });
      pids.set(id, () => pid);
    } else {
      players.push({ ...entry, client_id: room });
      clients.push(() => {
        const client = startSnapclient(ground, { before, port: snapcastPort, id: room, env: ears.env });
        pids.set(id, () => client.pid);
      });
    }
  }
  const snapcast = { snapcast: true, snapcast_port: snapcastPort, snapcast_host: '127.0.0.1' };
  const config = { ...(clients.length > 0 && snapcast), ...more };
  const env = { ...ears.env, ...stage.house?.env };
  const house = await House.open({
    ground,
    album,
    players,
    env,
    before: stage.house?.before ?? before,
    config,
  });
  for (const start of clients) start();
  const ids = ears.rooms.map(idOf);
  await house.online(ids);
  return { house, ids, pid: (id) => pids.get(id)?.() ?? house.mpvOf(id) };
}

/** With the buffer that MPD's users are told to choose when they want it to react. */
async function startRoomMpd(
  { ground, before }: Pick<SyncStage, 'ground' | 'before'>,
  ears: Ears,
  album: Album,
  room: string,
): Promise<{ host: string; port: number; pid: number }> {
  const mpd = await startMpd({
    musicDir: album.musicDir,
    output: 'alsa',
    outputLines: [`device "${room}"`, 'buffer_time "120000"', 'period_time "10000"'],
    env: ears.env,
    ...(before.length > 0 && { before }),
  });
  return ground.own({ host: mpd.host, port: mpd.port, pid: mpd.pid, stop: () => mpd.stop() });
}
