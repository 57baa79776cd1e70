import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeMusicBrainz } from '../../test/fakes/fake-musicbrainz.js';
import type { TuttiClient } from '../../src/client/index.js';
import type { BenchCase, Findings } from '../case.js';
import { percentile } from '../figures.js';
import type { Ground } from '../ground.js';
import { cpuMs, pause, rssMb } from '../program.js';
import type { Row } from '../result.js';
import { nowNs, type Segment } from '../sync/capture.js';
import { openCast, type Cast } from '../sync/cast.js';
import { openCardEars, type Ears } from '../sync/ears.js';
import { makeAlbum, type Album } from '../sync/music.js';
import { gapRows } from '../sync/pair.js';
import { needPrograms } from '../sync/programs.js';
import { follow, skewsOf, summary } from '../sync/skew.js';
import { row } from '../sync/stage.js';
import { makeAlbums, plannedAlbums } from './albums.js';
import { ArrivalWatch } from './arrivals.js';
import { importingFrom } from './case-rate.js';
import { endedCpuMs, MemoryWatch } from './memory.js';

export interface BesideChoice {
  readonly albums: number;
  /** About so long is a track. */
  readonly seconds: number;
  readonly calmSeconds: number;
}

export const BESIDE_FULL: BesideChoice = { albums: 100, seconds: 25, calmSeconds: 60 };
export const BESIDE_SMALL: BesideChoice = { albums: 5, seconds: 10, calmSeconds: 10 };

const SETTLE_MS = 4_000;
const REST_MS = 120_000;
const ALBUM_MS = 60_000;
/** Enough music for the slowest machine: tracks of a minute, again and again. */
const TRACKS = [60, 60, 60, 60];
const TIMES = 12;
/** From one progress event to the next there are 500 ms. */
const PROGRESS_MOST_MS = 1_000;

/** Two outputs play together, by cards of their own; then albums are imported beside them. Nothing runs at real-time priority. */
export function besideCase(choice: BesideChoice): BenchCase {
  return {
    key: 'import-beside',
    title: `${choice.albums} albums are imported while two outputs play together`,
    run: ({ ground }) => measure(ground, choice),
  };
}

async function measure(ground: Ground, choice: BesideChoice): Promise<Findings> {
  await needPrograms(() => undefined);
  const planned = plannedAlbums(choice.albums, choice.seconds);
  const [made, drop] = [join(ground.dir, 'made'), join(ground.dir, 'drop')];
  await makeAlbums(made, planned);
  await mkdir(drop);
  const source = ground.own(await FakeMusicBrainz.start(planned.map(({ release }) => release)));
  const ears = await openCardEars(join(ground.dir, 'cards'), [
    { name: 'room_a', ppm: -30 },
    { name: 'room_b', ppm: 30 },
  ]);
  ground.own({ stop: () => ears.close() });
  const album = await makeAlbum(join(ground.dir, 'music'), TRACKS);
  const cast = await openCast(
    { ground, before: [] },
    ears,
    album,
    ['local', 'local'],
    importingFrom(drop, source),
  );
  const found = await play(cast, choice, async () => {
    for (const name of await readdir(made)) await rename(join(made, name), join(drop, name));
  });
  return { rows: await rowsOf(found, choice, ears, album), notes: NOTES };
}

interface Span {
  readonly fromNs: number;
  readonly toNs: number;
  /** Between progress events that a client got, ms. */
  readonly gaps: readonly number[];
  readonly cpuPercent: number;
}

interface Played {
  readonly calm: Span;
  readonly busy: Span;
  readonly calmMb: number;
  readonly peak: ReturnType<MemoryWatch['end']>;
  readonly helperMs: number;
  readonly seconds: number;
}

async function play(
  { house, ids }: Cast,
  { albums, calmSeconds }: BesideChoice,
  bring: () => Promise<void>,
): Promise<Played> {
  const [room = '', other = ''] = ids;
  const { client, server } = house;
  const watch = new ArrivalWatch(client);
  const beats = new Beats(client);
  await client.subscribe(['imports', `room/${room}`]);
  await house.group(room, [other]);
  await house.playAlbum(room, TIMES);
  await pause(SETTLE_MS);
  const calm = await spanOf(beats, server.pid, () => pause(calmSeconds * 1000));
  const calmMb = rssMb(server.pid);
  await bring();
  await watch.begun(REST_MS);
  const memory = new MemoryWatch(server.pid, ['mpv']);
  const helpersBefore = endedCpuMs(server.pid);
  const began = performance.now();
  const busy = await spanOf(
    beats,
    server.pid,
    async () => void (await watch.imported(albums, albums * ALBUM_MS)),
  );
  const seconds = (performance.now() - began) / 1000;
  const helperMs = endedCpuMs(server.pid) - helpersBefore;
  const peak = memory.end();
  await client.send('room:stop', { room_id: room });
  return { calm, busy, calmMb, peak, helperMs, seconds };
}

/** When a client heard where the music is. */
class Beats {
  readonly #at: number[] = [];

  constructor(client: TuttiClient) {
    client.onEvent(({ type }) => {
      if (type === 'playback:progress') this.#at.push(performance.now());
    });
  }

  between(fromMs: number, toMs: number): number[] {
    const inside = this.#at.filter((at) => at >= fromMs && at <= toMs);
    return inside.slice(1).map((at, n) => at - (inside[n] ?? at));
  }
}

async function spanOf(beats: Beats, pid: number, during: () => Promise<void>): Promise<Span> {
  const [fromNs, fromMs, cpu] = [nowNs(), performance.now(), cpuMs(pid)];
  await during();
  const [toNs, toMs] = [nowNs(), performance.now()];
  const cpuPercent = (100 * (cpuMs(pid) - cpu)) / (toMs - fromMs);
  return { fromNs, toNs, gaps: beats.between(fromMs, toMs), cpuPercent };
}

async function rowsOf(
  { calm, busy, calmMb, peak, helperMs, seconds }: Played,
  { albums }: BesideChoice,
  ears: Ears,
  album: Album,
): Promise<Row[]> {
  const [first = [], second = []] = await ears.heard();
  const rooms = [first, second] as const;
  const [before, during] = [skewIn(rooms, album, calm), skewIn(rooms, album, busy)];
  const underruns = ((await ears.underruns()) ?? []).reduce((sum, count) => sum + count, 0);
  return [
    row('albums a minute', '', (albums * 60) / seconds),
    ...gapsOf('before', calm),
    ...gapsOf('meanwhile', busy),
    row('|skew| p95 before', 'ms', before.p95),
    row('|skew| p95 meanwhile', 'ms', during.p95, 1),
    row('|skew| max meanwhile', 'ms', during.max),
    ...gapRows(rooms, busy),
    row('underruns', '', underruns),
    row('CPU of the server before', '% of one core', calm.cpuPercent),
    row('CPU of the server meanwhile', '% of one core', busy.cpuPercent),
    row('CPU of the programs that it starts, for an album', 's', helperMs / 1000 / albums),
    row('RSS of the server before', 'MB', calmMb),
    row('RSS of the server meanwhile, most', 'MB', peak.serverMb),
    row('the same with the programs that it starts, without mpv', 'MB', peak.withHelpersMb),
  ];
}

const gapsOf = (when: string, { gaps }: Span): Row[] => [
  row(`progress events ${when}: from one to the next, median`, 'ms', percentile(gaps, 0.5)),
  row(`progress events ${when}: p99`, 'ms', percentile(gaps, 0.99), PROGRESS_MOST_MS),
  row(`progress events ${when}: longest`, 'ms', Math.max(...gaps)),
];

const skewIn = (
  [first, second]: readonly [readonly Segment[], readonly Segment[]],
  { locator }: Album,
  span: Span,
): ReturnType<typeof summary> =>
  summary(skewsOf(follow(first, locator, span), follow(second, locator, span)));

const NOTES = [
  'The clocks of the two cards are 60 ppm apart. mpv, the server and all it starts run at ordinary priority; the server lowers that of the programs that examine and tag.',
  'Programs that examine count when they have ended; the one that reads tags lives on and does not.',
];
