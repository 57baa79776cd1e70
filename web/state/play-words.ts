import type { Album, Track } from '../../src/protocol/track.js';
import { count } from './format.js';
import { ago } from './job-words.js';

/** How often the tracks of an album were played, and when last; undefined when none ever was. */
export function albumPlays({ play_count = 0, last_played_at }: Album, nowMs: number): string | undefined {
  if (play_count === 0) return undefined;
  const plays = count(play_count, 'play');
  return last_played_at === undefined ? plays : `${plays} · last ${ago(last_played_at, nowMs)}`;
}

/** In words, for who does not see the number. */
export function trackPlays({ play_count = 0 }: Track): string {
  return play_count === 1 ? 'played once' : `played ${count(play_count, 'time')}`;
}
