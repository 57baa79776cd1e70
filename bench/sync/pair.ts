import { cpuMs, pause } from '../program.js';
import type { Row } from '../result.js';
import { firstSound, nowNs, silences, type Segment } from './capture.js';
import type { Ears } from './ears.js';
import type { House } from './house.js';
import type { Locator } from './locate.js';
import { filled, follow, jumps, settledAfter, skewsOf, summary } from './skew.js';
import { row, type Anchor, type SyncStage } from './stage.js';

/** Two rooms' events, in nanoseconds of the monotonic clock: when each was asked for. */
export interface PairMarks {
  readonly play: number;
  readonly steadyFrom: number;
  readonly steadyTo: number;
  readonly resume?: number;
  readonly seek?: number;
  readonly join?: number;
  readonly thaw?: number;
  readonly end: number;
}

export interface PairPlan {
  readonly steadySeconds: number;
  /** Each is the player's id and the name of its room's ears. */
  readonly first: string;
  readonly second: string;
  /** Also pause and resume, seek, leave and join again. */
  readonly events: boolean;
  /** The process of the second one that is stopped for 0.6 s. */
  readonly freeze?: () => number;
  /** Called when steadiness begins and when it ends. */
  readonly atSteady?: (begins: boolean) => void;
}

const SETTLE_MS = 3000;
const EVENT_MS = 3500;
const FREEZE_MS = 600;
const SHORT_SECONDS = 0.05;
/** Above what a trimmed speed moves in a window. */
const JUMP_MS = 3;
/** So long after an event it is looked for. */
const HORIZON_NS = 3.4e9;

/** Groups two players, plays an album in both, and does to them what people and busy machines do. */
export async function playPair(house: House, plan: PairPlan): Promise<PairMarks> {
  const { client } = house;
  const { first, second } = plan;
  const room_id = first;
  await house.group(room_id, [second]);
  const play = nowNs();
  await house.playAlbum(room_id, 3);
  await pause(SETTLE_MS + 500);
  const steadyFrom = nowNs();
  plan.atSteady?.(true);
  await pause(plan.steadySeconds * 1000);
  plan.atSteady?.(false);
  const steadyTo = nowNs();
  const event = async (act: () => Promise<unknown>): Promise<number> => {
    const at = nowNs();
    await act();
    await pause(EVENT_MS);
    return at;
  };
  let marks: Omit<PairMarks, 'play' | 'steadyFrom' | 'steadyTo' | 'end'> = {};
  if (plan.events) {
    await client.send('room:pause', { room_id });
    await pause(1500);
    const resume = await event(() => client.send('room:play', { room_id }));
    const seek = await event(() => client.send('room:seek', { room_id, position_seconds: 31.7 }));
    await house.ungroup(room_id, [second]);
    await pause(2000);
    const join = await event(() => house.group(room_id, [second]));
    marks = { resume, seek, join };
  }
  if (plan.freeze) {
    const pid = plan.freeze();
    process.kill(pid, 'SIGSTOP');
    await pause(FREEZE_MS);
    const thaw = await event(() => Promise.resolve(process.kill(pid, 'SIGCONT')));
    marks = { ...marks, thaw };
  }
  const end = nowNs();
  await client.send('room:stop', { room_id });
  return { play, steadyFrom, steadyTo, ...marks, end };
}

export interface PairTargets {
  readonly p95Ms?: number;
  /** Ours to the anchor's p95. */
  readonly anchorRatio?: number;
  readonly startSeconds?: number;
  readonly joinSeconds?: number;
  readonly freezeSeconds?: number;
}

/** What was heard of two rooms, against what must be. */
export function pairRows(
  locator: Locator,
  [first, second]: readonly [readonly Segment[], readonly Segment[]],
  marks: PairMarks,
  targets: PairTargets,
  { anchor, show }: Pick<SyncStage, 'anchor' | 'show'>,
): Row[] {
  const { play, steadyFrom, steadyTo, resume, seek, join, thaw } = marks;
  const span = { fromNs: steadyFrom, toNs: steadyTo };
  const [firstPoints, secondPoints] = [follow(first, locator, span), follow(second, locator, span)];
  const steady = summary(skewsOf(firstPoints, secondPoints));
  const jumped = [firstPoints, secondPoints].flatMap((points) => jumps(points, JUMP_MS));
  const sounded = (from: number): number =>
    Math.max(firstSound(first, from) ?? Number.NaN, firstSound(second, from) ?? Number.NaN);
  const inSync = (what: string, eventNs: number): number | undefined => {
    const short = {
      fromNs: eventNs,
      toNs: eventNs + HORIZON_NS,
      windowSeconds: SHORT_SECONDS,
      hopSeconds: SHORT_SECONDS,
    };
    const skews = skewsOf(follow(first, locator, short), follow(second, locator, short));
    const all = filled(skews, short);
    const words = all.map(({ ms }) => (Number.isFinite(ms) ? ms.toFixed(2) : '-'));
    show?.(`${what}, each ${SHORT_SECONDS} s, ms: ${words.join(' ')}`);
    return settledAfter(all, eventNs);
  };
  const begun = sounded(play);
  return [
    ...skewRows(steady, targets, anchor),
    ...gapRows([first, second], span),
    row(`jumps in the music of ${JUMP_MS} ms and more`, '', jumped.length),
    row(
      'play: from the command to sound in both rooms',
      's',
      Number.isNaN(begun) ? undefined : (begun - play) / 1e9,
    ),
    row(
      'start: < 1 ms, from the sound in both',
      's',
      Number.isNaN(begun) ? undefined : inSync('start', begun),
      targets.startSeconds,
    ),
    ...(resume === undefined
      ? []
      : [
          row(
            'resume: < 1 ms, from the sound in both',
            's',
            inSync('resume', sounded(resume)),
            targets.startSeconds,
          ),
        ]),
    ...(seek === undefined ? [] : [row('seek: < 1 ms, from the command', 's', inSync('seek', seek))]),
    ...(join === undefined
      ? []
      : [row('late join: < 1 ms, from the command', 's', inSync('join', join), targets.joinSeconds)]),
    ...(thaw === undefined
      ? []
      : [row('frozen for 0.6 s: < 1 ms, from the thaw', 's', inSync('thaw', thaw), targets.freezeSeconds)]),
  ];
}

/** p95, median and maximum of the steady part. */
export function skewRows(steady: ReturnType<typeof summary>, targets: PairTargets, anchor?: Anchor): Row[] {
  const { p95Ms, anchorRatio } = targets;
  const p95 = row('|skew| p95', 'ms', Number.isNaN(steady.p95) ? undefined : steady.p95, p95Ms);
  const times = anchor ? steady.p95 / anchor.p95Ms : Number.POSITIVE_INFINITY;
  const isClose = anchorRatio === undefined || times <= anchorRatio;
  const also = anchorRatio === undefined ? '' : ` and <= ${anchorRatio}x`;
  return [
    {
      ...p95,
      ...(p95.target && { target: { text: p95.target.text + also, met: p95.target.met && isClose } }),
      ...(anchor && { peer: { name: 'stock Snapcast', figure: row('', 'ms', anchor.p95Ms).ours } }),
    },
    row('|skew| median', 'ms', steady.p50),
    row('|skew| max', 'ms', steady.max),
    row('windows of 0.25 s heard in both', '', steady.windows),
  ];
}

/** Silences of 1 ms and more within a span in which nobody asked for any. */
export function gapRows(
  rooms: readonly (readonly Segment[])[],
  span: { fromNs: number; toNs: number },
): Row[] {
  const gaps = rooms
    .flatMap((room) => silences(room, 1, span))
    .map(({ fromNs, toNs }) => (toNs - fromNs) / 1e6);
  return [
    row('gaps of 1 ms and more', '', gaps.length),
    ...(gaps.length === 0 ? [] : [row('longest gap', 'ms', Math.max(...gaps))]),
  ];
}

/** What processes used of one core between two calls. */
export class CpuShare {
  #began = 0;
  #before = new Map<number, number>();
  #shares = new Map<string, number>();

  /** Begin (true) and end; `processes` are asked for by name. */
  mark(begins: boolean, processes: Readonly<Record<string, number>>): void {
    if (begins) {
      this.#began = nowNs();
      this.#before = new Map(Object.values(processes).map((pid) => [pid, cpuMs(pid)]));
      return;
    }
    const seconds = (nowNs() - this.#began) / 1e9;
    for (const [name, pid] of Object.entries(processes)) {
      const used = cpuMs(pid) - (this.#before.get(pid) ?? Number.NaN);
      this.#shares.set(name, used / 10 / seconds);
    }
  }

  rows(): Row[] {
    return [...this.#shares].map(([name, share]) => row(`CPU of ${name}`, '% of one core', share));
  }
}

export async function hear(ears: Ears): Promise<[readonly Segment[], readonly Segment[]]> {
  const [first = [], second = []] = await ears.heard();
  return [first, second];
}
