import { cpus } from 'node:os';
import { join } from 'node:path';
import { percentile } from '../figures.js';
import { pause, Program } from '../program.js';
import type { Row } from '../result.js';
import { nowNs, silences, type Segment } from './capture.js';
import { openCast, type Cast, type CastStage, type Kind } from './cast.js';
import { CoreMeter } from './cores.js';
import { openCardEars, type Ears } from './ears.js';
import { makeAlbum, type Album } from './music.js';
import { CpuShare, gapRows } from './pair.js';
import { follow, skewsOf, summary } from './skew.js';
import { row, type Scenario, type SyncStage } from './stage.js';
import { StallMeter } from './stalls.js';

/** Cards whose clocks differ as crystals do: from -60 to +60 ppm. */
export async function openMany(
  stage: CastStage,
  kinds: readonly Kind[],
  albumSeconds: readonly number[],
): Promise<{ ears: Ears; album: Album; cast: Cast }> {
  const { ground } = stage;
  const cards = kinds.map((_, at) => ({
    name: `room_${'abcdefghijklmnopqrstuvwxyz'[at]}`,
    ppm: kinds.length < 2 ? 0 : Math.round(-60 + (120 * at) / (kinds.length - 1)),
  }));
  const ears = await openCardEars(join(ground.dir, 'cards'), cards);
  ground.own({ stop: () => ears.close() });
  const album = await makeAlbum(join(ground.dir, 'music'), albumSeconds);
  return { ears, album, cast: await openCast(stage, ears, album, kinds) };
}

/** Every room against the first, in a span. */
export function apart(
  rooms: readonly (readonly Segment[])[],
  album: Album,
  fromNs: number,
  toNs: number,
): number[] {
  const [first = [], ...others] = rooms.map((room) => follow(room, album.locator, { fromNs, toNs }));
  return others.map((other) => summary(skewsOf(first, other)).p95);
}

const MEMBERS = 10;
const CHANGE_MS = 5000;
/** Of the five minutes that people ask about. */
const CHANGING_SECONDS = 300;

/**
 * Every five seconds one member leaves or comes back. Whoever stays must not notice; whoever moves is silent from the command that
 * sends it away until it has joined again, which is what was asked for.
 */
export const changing: Scenario = {
  key: 'changing',
  title: `${MEMBERS} members, one leaves or joins every 5 s`,
  async run(stage) {
    const seconds = stage.steadySeconds < 60 ? 60 : CHANGING_SECONDS;
    const { ears, album, cast } = await openMany(
      stage,
      Array<Kind>(MEMBERS).fill('local'),
      Array<number>(Math.ceil(seconds / 60) + 1).fill(60),
    );
    const { house, ids } = cast;
    const [room = '', ...members] = ids;
    await house.group(room, members);
    await house.playAlbum(room);
    await pause(4000);
    const fromNs = nowNs();
    const away = new Map<string, { fromNs: number; toNs: number }[]>(ids.map((id) => [id, []]));
    const joins: { id: string; askedNs: number }[] = [];
    for (let step = 0; step * CHANGE_MS < seconds * 1000 - CHANGE_MS; step++) {
      const id = members[Math.floor(step / 2) % members.length]!;
      const askedNs = nowNs();
      const spans = away.get(id)!;
      if (step % 2 === 0) {
        spans.push({ fromNs: askedNs, toNs: Number.POSITIVE_INFINITY });
        await house.ungroup(room, [id]);
      } else {
        await house.group(room, [id]);
        spans.at(-1)!.toNs = askedNs;
        joins.push({ id, askedNs });
      }
      await pause(CHANGE_MS - (nowNs() - askedNs) / 1e6);
    }
    const toNs = nowNs();
    await house.client.send('room:stop', { room_id: room });
    const heard = await ears.heard();
    return { rows: changeRows({ ids, heard, album, away, joins, fromNs, toNs }) };
  },
};

interface Changes {
  readonly ids: readonly string[];
  readonly heard: readonly Segment[][];
  readonly album: Album;
  readonly away: ReadonlyMap<string, readonly { fromNs: number; toNs: number }[]>;
  readonly joins: readonly { id: string; askedNs: number }[];
  readonly fromNs: number;
  readonly toNs: number;
}

function changeRows({ ids, heard, album, away, joins, fromNs, toNs }: Changes): Row[] {
  const unasked: number[] = [];
  const returns: number[] = [];
  ids.forEach((id, at) => {
    for (const gap of silences(heard[at]!, 1, { fromNs, toNs })) {
      const asked = away.get(id)!.find((span) => gap.toNs > span.fromNs && gap.fromNs < span.toNs);
      if (asked) returns.push((gap.toNs - asked.toNs) / 1e9);
      else unasked.push((gap.toNs - gap.fromNs) / 1e6);
    }
  });
  const apartMs = apart(heard, album, fromNs, toNs);
  return [
    row('joins and departures', '', joins.length * 2),
    row('gaps of 1 ms and more that nobody asked for', '', unasked.length),
    row('the longest of them', 'ms', Math.max(0, ...unasked), 50),
    row('from the command that brings a member back to its sound, median', 's', percentile(returns, 0.5)),
    row('the same, most', 's', Math.max(...returns)),
    row('|skew| p95 to the first member, median of the members', 'ms', percentile(apartMs, 0.5)),
    row('the same, the worst member', 'ms', Math.max(...apartMs)),
  ];
}

const CROWD = 20;

/** How far apart the members are in the first moments, before anybody can have corrected much. */
export const crowd: Scenario = {
  key: 'crowd',
  title: `${CROWD} members start together`,
  async run(stage) {
    const { ears, album, cast } = await openMany(stage, Array<Kind>(CROWD).fill('local'), [60]);
    const { house, ids } = cast;
    const [room = '', ...members] = ids;
    await house.group(room, members);
    const cpu = new CpuShare();
    const playNs = nowNs();
    await house.playAlbum(room);
    await pause(4000);
    cpu.mark(true, { 'the server': house.server.pid });
    await pause(10_000);
    cpu.mark(false, { 'the server': house.server.pid });
    const endNs = nowNs();
    await house.client.send('room:stop', { room_id: room });
    const heard = await ears.heard();
    const places = heard.map((segments) =>
      follow(segments, album.locator, { fromNs: playNs, toNs: playNs + 3e9, windowSeconds: 0.05 }),
    );
    const firstNs = Math.max(...places.map((points) => points[0]?.atNs ?? Number.POSITIVE_INFINITY));
    const at = places.map((points) => points.find(({ atNs }) => atNs === firstNs)?.seconds ?? Number.NaN);
    const middle = percentile(at, 0.5);
    const errors = at.map((seconds) => Math.abs(seconds - middle) * 1000);
    const found = errors.every((error) => !Number.isNaN(error));
    const late = apart(heard, album, endNs - 8e9, endNs);
    return {
      rows: [
        row('from the command to sound in all', 's', found ? (firstNs - playNs) / 1e9 : undefined),
        row('start error, median of the members', 'ms', found ? percentile(errors, 0.5) : undefined),
        row('start error, p95', 'ms', found ? percentile(errors, 0.95) : undefined),
        row('start error, most', 'ms', found ? Math.max(...errors) : undefined),
        row('later: |skew| p95 to the first member, median of the members', 'ms', percentile(late, 0.5)),
        row('later: the same, the worst member', 'ms', Math.max(...late)),
        ...cpu.rows(),
      ],
    };
  },
};

/** What happens beside the music from then on, until its end is asked for. */
type Besides = () => { end(): Promise<Row[]> };

async function mixedRows(stage: SyncStage, besides?: Besides): Promise<Row[]> {
  const { steadySeconds } = stage;
  const kinds: readonly Kind[] = ['local', 'local', 'snapcast', 'snapcast'];
  const { ears, album, cast } = await openMany(stage, kinds, Array<number>(4).fill(60));
  const { house, ids, pid } = cast;
  const [room = '', ...members] = ids;
  await house.group(room, members);
  await house.playAlbum(room);
  await pause(4000);
  const beside = besides?.();
  const cpu = new CpuShare();
  const processes = {
    'the server': house.server.pid,
    'one mpv': pid(ids[0]!),
    'one snapclient': pid(ids[2]!),
  };
  const fromNs = nowNs();
  cpu.mark(true, processes);
  await pause(steadySeconds * 1000);
  cpu.mark(false, processes);
  const besideRows = (await beside?.end()) ?? [];
  const toNs = nowNs();
  await house.client.send('room:stop', { room_id: room });
  const heard = await ears.heard();
  const late = apart(heard, album, fromNs, toNs);
  return [
    row('|skew| p95 of the other mpv', 'ms', late[0]),
    row(
      '|skew| p95 of the snapclients, the worse',
      'ms',
      Math.max(late[1] ?? Number.NaN, late[2] ?? Number.NaN),
    ),
    ...gapRows(heard, { fromNs, toNs }),
    row(
      'underruns',
      '',
      ((await ears.underruns()) ?? []).reduce((sum, count) => sum + count, 0),
    ),
    ...cpu.rows(),
    ...besideRows,
  ];
}

export const mixed: Scenario = {
  key: 'mixed',
  title: '2 mpv + 2 snapclients in one room, cards from -60 to +60 ppm',
  run: async (stage) => ({ rows: await mixedRows(stage) }),
};

/** Busy nine tenths of the time and a little more, in turns of 50 ms. */
const BUSY =
  'const w=new Int32Array(new SharedArrayBuffer(4));for(;;){const e=performance.now()+46;while(performance.now()<e);Atomics.wait(w,0,0,4)}';
const BUSY_PERCENT = 90;

/** A program for each core that keeps it busy, and what that does to a program of ordinary priority. */
function keepBusy({ ground }: SyncStage): ReturnType<Besides> {
  cpus().forEach((_, core) =>
    ground.own(Program.spawn('taskset', ['-c', String(core), process.execPath, '-e', BUSY])),
  );
  const cores = new CoreMeter();
  const stalls = new StallMeter(ground, []);
  return {
    async end() {
      cores.end();
      const { above10Ms, above50Ms, longestMs } = await stalls.stop();
      return [
        ...cores.rows(BUSY_PERCENT),
        row('stalls above 10 ms at ordinary priority', '', above10Ms),
        row('of these above 50 ms', '', above50Ms),
        row('the longest', 'ms', longestMs),
      ];
    },
  };
}

export const loaded: Scenario = {
  key: 'loaded',
  title: `the same, with every core ${BUSY_PERCENT} % busy beside it at ordinary priority`,
  run: async (stage) => ({ rows: await mixedRows(stage, () => keepBusy(stage)) }),
};

export const loadedOrdinary: Scenario = {
  ...loaded,
  key: 'loaded-ordinary',
  title: 'the same load, and everything that plays at ordinary priority too',
  ordinary: true,
};
