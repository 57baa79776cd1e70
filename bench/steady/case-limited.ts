import type { BenchCase } from '../case.js';
import { row } from '../sync/stage.js';
import { spread } from '../figures.js';
import { startTutti } from '../tutti.js';
import { openCage } from './cage.js';
import { playFour } from './four-rooms.js';
import type { Pace } from './pace.js';

const SHARE = 0.25;
const MEGABYTES = 512;
const STARTS = 3;

/** A small old computer: a quarter of one core and 512 MB for the server and everything that plays. */
export function limited({ measureSeconds, library }: Pace): BenchCase {
  return {
    key: '3-limited',
    title: `The same on one core at a quarter of its speed and ${MEGABYTES} MB, for the server and all players together`,
    async run({ ground, shelf }) {
      const { musicDir, dataDir, tracks } = await (library === 'large' ? shelf.large() : shelf.small());
      const cage = await openCage(ground, { share: SHARE, megabytes: MEGABYTES });
      const starts: number[] = [];
      for (let n = 0; n < STARTS; n++) {
        const tutti = await startTutti(ground, { musicDir, dataDir, before: cage.words });
        starts.push(tutti.startMs);
        await tutti.stop();
      }
      const rows = await playFour({ ground, before: cage.words }, { seconds: measureSeconds, apartMs: 1 });
      const { held, peakMb, killed } = await cage.usage();
      return {
        rows: [
          { measure: `spawn -> first 200 on /health, ${tracks} tracks`, unit: 'ms', ours: spread(starts) },
          ...rows,
          row(
            'memory of all together at most, files of the kernel among it',
            'MB',
            peakMb,
            Math.round(MEGABYTES * 1.048576),
          ),
          row('ended for want of memory', '', killed, 0),
          row('periods of 10 ms in which time ran out', '%', held * 100),
        ],
        notes: [
          `CPU is of a whole core: the group has ${SHARE * 100} % of one. Everything in it ran at ordinary priority (of one real-time priority for all, the server would hold up the players), in turns of 2.5 ms of every 10.`,
        ],
      };
    },
  };
}
