import type { BenchCase } from '../case.js';
import { realTime } from '../sync/programs.js';
import { playFour } from './four-rooms.js';
import type { Pace } from './pace.js';

/** What four rooms cost the server when they are silent, and when they play as one. */
export function playing({ measureSeconds }: Pace): BenchCase {
  return {
    key: '2-playing',
    title: 'Four rooms as one: 2 mpv, a snapclient and an MPD, cards from -60 to +60 ppm',
    async run({ ground }) {
      const before = await realTime();
      const rows = await playFour(
        { ground, before },
        { seconds: measureSeconds, idlePercent: 1, playingPercent: 15, apartMs: 1 },
      );
      const priority = before.length > 0 ? 'real-time priority (chrt -r 10)' : 'ordinary priority';
      return {
        rows,
        notes: [
          `Everything that plays ran at ${priority}. CPU of the server is that of its process, all threads.`,
          'Skew is against the first mpv. MPD cannot be put right within a track: its promise is 15 ms.',
        ],
      };
    },
  };
}
