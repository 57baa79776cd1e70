import { AS_ITS_UNIT } from '../as-its-unit.js';
import type { BenchCase, Findings, Stage } from '../case.js';
import { row } from '../sync/stage.js';
import { spread } from '../figures.js';
import type { Ground } from '../ground.js';
import type { Row } from '../result.js';
import { startTutti } from '../tutti.js';
import type { Shelf } from '../shelf.js';
import { realTime } from '../sync/programs.js';
import { openCage, type Usage } from './cage.js';
import { playFour } from './four-rooms.js';
import type { Pace } from './pace.js';
import { eagerMpv, slowCore, workMs } from './slow-core.js';

const SHARE = 0.25;
const MEGABYTES = 512;
const STARTS = 3;
/** Below what plays, and above the rest of the machine, which is none of this. */
const BELOW = ['chrt', '-r', '1'];
/** What members that are steered may be apart. */
const APART_MS = 1;

/** A small old computer: one core of a quarter of the speed and 512 MB for the server and everything that plays. */
export function limited({ measureSeconds, library }: Pace): BenchCase {
  return {
    key: '3-limited',
    title: `The same on one core at a quarter of its speed and ${MEGABYTES} MB, for the server and all players together`,
    async run({ ground, shelf }) {
      const first = await realTime();
      const below = first.length > 0 ? BELOW : [];
      const wholeMs = await workMs(below);
      await slowCore(ground, SHARE);
      const slowMs = await workMs(below);
      const cage = await openCage(ground, { megabytes: MEGABYTES });
      const server = [...cage.words, ...below];
      const start = await starts(ground, shelf, library, server);
      const path = `${await eagerMpv(ground, first)}:${process.env['PATH'] ?? ''}`;
      const house = { before: server, env: { PATH: path } };
      const stage = { ground, before: [...cage.words, ...first], house };
      const rows = await playFour(stage, { seconds: measureSeconds, apartMs: APART_MS });
      return {
        rows: [
          row('a piece of work takes so many times as long as on the whole core', 'x', slowMs / wholeMs),
          start,
          ...rows,
          ...memoryRows(await cage.usage()),
        ],
        notes: [
          `A program of the highest priority takes the core away for ${(1 - SHARE) * 1000} us of each millisecond. What plays goes before the server, as on an appliance${first.length > 0 ? ', and both before everybody else' : ''}. CPU is of the whole core.`,
        ],
      };
    },
  };
}

/** The same share as a quota for the server and the players that it starts; snapclient and MPD are on other machines, as it were. */
export function quota(pace: Pace): BenchCase {
  return {
    key: '3-quota',
    title: `The same under a quota of a quarter of one core and ${MEGABYTES} MB for the server and the players that it starts`,
    run: async (ground) => quotaResult(ground, pace, await realTime()),
  };
}

/** The same with all players within, at ordinary priority: whatever the server does holds them up. */
export function quotaForAll(pace: Pace): BenchCase {
  return {
    key: '3-quota-all',
    title: `The same under a quota of a quarter of one core and ${MEGABYTES} MB for the server and all players together`,
    run: (ground) => quotaResult(ground, pace),
  };
}

/** `outside`: the words before players that the server does not start; absent: they are within too. */
async function quotaResult(
  { ground, shelf }: Stage,
  { measureSeconds, library }: Pace,
  outside?: readonly string[],
): Promise<Findings> {
  const cage = await openCage(ground, { share: SHARE, megabytes: MEGABYTES });
  const start = await starts(ground, shelf, library, cage.words);
  const stage = { ground, before: outside ?? cage.words, house: { before: cage.words, env: {} } };
  const rows = await playFour(stage, { seconds: measureSeconds, apartMs: APART_MS });
  const usage = await cage.usage();
  return {
    rows: [
      start,
      ...rows,
      ...memoryRows(usage),
      row('periods of 100 ms in which time ran out, the starts among them', '%', (usage.held ?? 0) * 100),
    ],
    notes: [
      `CPU is of a whole core: the group has ${SHARE * 100} % of one, 25 ms of every 100, as CPUQuota= of systemd and --cpus of containers have it, and everything in it runs at ordinary priority. When that is used up, everybody in it waits for the next.`,
    ],
  };
}

async function starts(
  ground: Ground,
  shelf: Shelf,
  library: Pace['library'],
  before: readonly string[],
): Promise<Row> {
  const { musicDir, dataDir, tracks } = await (library === 'large' ? shelf.large() : shelf.small());
  const ms: number[] = [];
  for (let n = 0; n < STARTS; n++) {
    const tutti = await startTutti(ground, { musicDir, dataDir, before, env: AS_ITS_UNIT });
    ms.push(tutti.startMs);
    await tutti.stop();
  }
  return { measure: `spawn -> first 200 on /health, ${tracks} tracks`, unit: 'ms', ours: spread(ms) };
}

function memoryRows({ peakMb, killed }: Usage): Row[] {
  return [
    row(
      'memory of all together at most, files of the kernel among it',
      'MB',
      peakMb,
      Math.round(MEGABYTES * 1.048576),
    ),
    row('ended for want of memory', '', killed, 0),
  ];
}
