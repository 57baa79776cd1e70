import { answerParent } from './asks.js';
import { Guest, type Visit } from './guest.js';
import { openMany } from './raw-client.js';
import { Tapper } from './tapper.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Group extends Visit {
  readonly count: number;
  /** How many connect at the same time. */
  readonly atOnce: number;
  /** Of different people, taken in turn. None at the control. */
  readonly tokens: readonly string[];
}

/** How long each way took that was asked for, milliseconds. */
export interface Taps {
  /** Until each client heard. */
  readonly each: number[];
  /** Until the last one heard. */
  readonly all: number[];
}

export interface Awake {
  /** Updates that were older than they may be when they came. */
  readonly stale: number;
  /** Those of them that came after a new connection, as what was missed. */
  readonly staleAfterReturn: number;
  readonly fresh: number;
  readonly closed: number;
}

const groups = new Map<string, Guest[]>();
let tapper: Tapper | undefined;

function group(name: string): Guest[] {
  return groups.get(name) ?? [];
}

function visitOf({ tokens, ...visit }: Group, at: number): Visit {
  const token = tokens[at % Math.max(1, tokens.length)];
  return token === undefined ? visit : { ...visit, token };
}

async function leave(name: string): Promise<void> {
  for (const guest of group(name)) guest.leave();
  groups.delete(name);
  await pause(50);
}

const asks = {
  /** Connects and subscribes; milliseconds until all have. */
  async join(name: string, wanted: Group): Promise<number> {
    const guests = Array.from({ length: wanted.count }, (_, at) => new Guest(visitOf(wanted, at)));
    groups.set(name, [...group(name), ...guests]);
    let next = 0;
    const begun = performance.now();
    await openMany(wanted.count, wanted.atOnce, () => guests[next++]!.come());
    return performance.now() - begun;
  },

  leave,

  /** Connects, subscribes and leaves, so many times; how many of them failed. */
  async cycle(wanted: Group): Promise<number> {
    let failed = 0;
    let next = 0;
    await openMany(wanted.count, wanted.atOnce, async () => {
      const guest = new Guest(visitOf(wanted, next++));
      await guest.come().catch(() => (failed += 1));
      guest.leave();
    });
    return failed;
  },

  /** All leave at once, without a word. */
  drop(name: string): void {
    for (const guest of group(name)) guest.leave();
  },

  /** All come back at once, and say where they were. */
  async storm(name: string): Promise<{ ms: number; failed: number; resumed: number }> {
    const begun = performance.now();
    const came = await Promise.allSettled(group(name).map((guest) => guest.come()));
    const ms = performance.now() - begun;
    const failed = came.filter(({ status }) => status === 'rejected').length;
    return { ms, failed, resumed: group(name).filter(({ resumed }) => resumed).length };
  },

  /** Texts of a type that all clients together got within so many milliseconds. */
  async count(name: string, type: string, ms: number): Promise<number> {
    let heard = 0;
    for (const guest of group(name)) guest.listenTo(type, () => (heard += 1));
    await pause(ms);
    for (const guest of group(name)) guest.listenTo(undefined);
    return heard;
  },

  /** The frames one client gets within so many milliseconds, as they are on the wire. */
  async record(name: string, ms: number): Promise<Uint8Array[]> {
    const [first] = group(name);
    if (!first) throw new Error(`${name} has no clients`);
    const frames = first.record();
    await pause(ms);
    first.record(false);
    return frames;
  },

  async tapper(visit: Visit & { readonly room: string }): Promise<void> {
    tapper?.close();
    tapper = await Tapper.open(visit);
  },

  /** One command; the data of its reply. */
  command: (type: string, body: object): Promise<unknown> => need().command(type, body),

  /** The same command again and again, so many a second for so long, without waiting; how many were answered well. */
  flood: (type: string, body: object, perSecond: number, ms: number): Promise<number> =>
    need().flood(type, body, perSecond, ms),

  /** One tap after the other for so long, a moment apart, each told to the whole group. */
  async taps(name: string, ms: number, gapMs: number): Promise<Taps> {
    const taken: Taps = { each: [], all: [] };
    const until = performance.now() + ms;
    while (performance.now() < until) {
      const each = await need().tap(group(name));
      taken.each.push(...each);
      taken.all.push(Math.max(...each));
      await pause(gapMs);
    }
    return taken;
  },

  /** Round trips of `clock`, one every few milliseconds: a server that does something else for long answers late. */
  clocks: (ms: number, gapMs: number): Promise<number[]> => need().clocks(ms, gapMs),

  sleep(name: string): void {
    for (const guest of group(name)) guest.sleep();
  },

  /** They read again for so long; who was thrown out meanwhile comes back, and is judged by what it gets then too. */
  async wake(name: string, staleMs: number, forMs: number): Promise<Awake> {
    const sum = { stale: 0, staleAfterReturn: 0, fresh: 0, closed: 0 };
    await Promise.all(
      group(name).map(async (guest) => {
        const found = await guest.wake(staleMs, forMs);
        for (const key of Object.keys(sum) as (keyof Awake)[]) sum[key] += found[key];
      }),
    );
    return sum;
  },

  /** What a new connection gets as its first answer for this topic: bytes on the wire. */
  async answerBytes(
    visit: Visit,
    left?: { epoch: string; revision: number },
  ): Promise<{ bytes: number; resumed: boolean; epoch: string; revision: number }> {
    const guest = new Guest(visit);
    if (left) guest.remember(left);
    await guest.come();
    guest.leave();
    return { bytes: guest.answerBytes, resumed: guest.resumed, ...guest.left! };
  },
};

function need(): Tapper {
  if (!tapper) throw new Error('nobody taps');
  return tapper;
}

export type CrowdAsks = typeof asks;

answerParent(asks);
