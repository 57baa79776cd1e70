import { describe, expect, it } from 'vitest';
import type { Album, Track } from '../../src/protocol/track.js';
import { albumPlays, trackPlays } from './play-words.js';

const now = Date.UTC(2026, 10, 21, 12);

describe('how often something was played', () => {
  it('is said of an album with the last time', () => {
    const album = { play_count: 12, last_played_at: '2026-11-21T09:00:00.000Z' } as Album;
    expect(albumPlays(album, now)).toBe('12 plays · last 3 h ago');
    expect(albumPlays({ play_count: 1 } as Album, now)).toBe('1 play');
  });

  it('is not said of what never was', () => {
    expect(albumPlays({ play_count: 0 } as Album, now)).toBeUndefined();
    expect(albumPlays({} as Album, now)).toBeUndefined();
  });

  it('is said of a track in words', () => {
    const words = [1, 2, 1200].map((play_count) => trackPlays({ play_count } as Track));
    expect(words).toEqual(['played once', 'played 2 times', 'played 1,200 times']);
  });
});
