import { pause, rssMb } from '../program.js';
import type { Row } from '../result.js';
import { startCrowd } from '../control/bare.js';
import { nowNs } from '../sync/capture.js';
import type { CastStage, Kind } from '../sync/cast.js';
import { apart, openMany } from '../sync/many.js';
import { CpuShare, gapRows } from '../sync/pair.js';
import { row } from '../sync/stage.js';
import { Beat } from './beat.js';
import { childrenCpuMs } from './held.js';

/** What people have at home, side by side. */
const KINDS: readonly Kind[] = ['local', 'snapcast', 'mpd', 'local'];
const PHONES = 10;
const SETTLE_MS = 6000;
const TRACK_SECONDS = 60;

export interface FourChoice {
  readonly seconds: number;
  /** % of a core that the server may take; no target where the cores are not whole. */
  readonly idlePercent?: number;
  readonly playingPercent?: number;
  /** What members that are steered may be apart, ms. MPD is judged by its own promise. */
  readonly apartMs: number;
}

/** MPD can only be put right at the starts of tracks. */
const MPD_APART_MS = 15;
const MAX_MB = 120;

/** Two mpv, a snapclient and an MPD, each with a card of its own: what the server takes while they are silent and while they play as one, and what is heard. */
export async function playFour(
  stage: CastStage,
  { seconds, idlePercent, playingPercent, apartMs }: FourChoice,
): Promise<Row[]> {
  const tracks = Array<number>(Math.ceil(seconds / TRACK_SECONDS) + 1).fill(TRACK_SECONDS);
  const { ears, album, cast } = await openMany(stage, KINDS, tracks);
  const { house, ids, pid } = cast;
  const { server } = house;
  const [room = '', ...members] = ids;
  const crowd = startCrowd(stage.ground);
  const topics = ['rooms', 'players', `room/${room}`, 'library', 'system', 'toasts'];
  await crowd.ask('join', 'phones', { port: server.port, topics, tokens: [], count: PHONES, atOnce: PHONES });
  await house.group(room, members);
  await pause(SETTLE_MS);
  const idle = await serverShare(server.pid, seconds);
  await house.client.subscribe([`room/${room}`]);
  await house.playAlbum(room);
  await pause(SETTLE_MS);
  const cpu = new CpuShare();
  const players = {
    'an mpv': pid(ids[0]!),
    'the snapclient': pid(ids[1]!),
    'the MPD': pid(ids[2]!),
  };
  const fromNs = nowNs();
  const beat = new Beat(house.client);
  cpu.mark(true, players);
  const playing = await serverShare(server.pid, seconds);
  cpu.mark(false, players);
  const beatRows = beat.rows();
  const toNs = nowNs();
  const mb = rssMb(server.pid);
  await house.client.send('room:stop', { room_id: room });
  const heard = await ears.heard();
  const [snapclient, mpd, mpv] = apart(heard, album, fromNs, toNs);
  return [
    row(`CPU of the server: nothing plays, ${PHONES} phones`, '% of one core', idle.own, idlePercent),
    row('CPU of the server: four rooms play as one', '% of one core', playing.own, playingPercent),
    row('CPU of what it has started: two mpv, decoders', '% of one core', playing.children),
    ...cpu.rows(),
    row('RSS of the server', 'MB', mb, MAX_MB),
    ...beatRows,
    row('|skew| p95 of the other mpv', 'ms', heardOrNever(mpv), apartMs),
    row('|skew| p95 of the snapclient', 'ms', heardOrNever(snapclient), apartMs),
    row('|skew| p95 of the MPD', 'ms', heardOrNever(mpd), MPD_APART_MS),
    ...gapRows(heard, { fromNs, toNs }),
  ];
}

/** Rooms that were never heard together were never in sync. */
function heardOrNever(ms: number | undefined): number | undefined {
  return ms === undefined || Number.isNaN(ms) ? undefined : ms;
}

/** % of one core. */
async function serverShare(pid: number, seconds: number): Promise<{ own: number; children: number }> {
  const cpu = new CpuShare();
  const children = childrenCpuMs(pid);
  const begun = performance.now();
  cpu.mark(true, { own: pid });
  await pause(seconds * 1000);
  cpu.mark(false, { own: pid });
  const ms = performance.now() - begun;
  return {
    own: cpu.rows()[0]!.ours.median,
    children: (100 * (childrenCpuMs(pid) - children)) / ms,
  };
}
