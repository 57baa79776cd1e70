import type { StoredTrack } from '../../library/index.js';
import type { ReleaseTrack } from '../../protocol/index.js';
import { nameKey } from '../names.js';

/** Two recordings of one piece are seldom this close in length, two copies of one recording seldom further apart. */
export const SAME_LENGTH_SECONDS = 3;

export interface NewTrack {
  readonly track: ReleaseTrack;
  /** Of the file. */
  readonly seconds: number | undefined;
}

/**
 * Which track of the library a new one is again: `pairs[n]` is the one for new track `n`. By recording where both are known, else by place
 * and title, by title and length, by place and length. No track is taken twice.
 */
export function pairTracks(
  before: readonly StoredTrack[],
  now: readonly (NewTrack | undefined)[],
  recordingOf: (trackId: string) => string | undefined,
): (StoredTrack | undefined)[] {
  const pairs = new Array<StoredTrack | undefined>(now.length).fill(undefined);
  const left = new Set(before);
  const title = (text: string): string => nameKey(text.normalize('NFKC')).replace(/[^\p{L}\p{N}]+/gu, '');
  const isPlace = (old: StoredTrack, { track }: NewTrack): boolean =>
    (old.disc_number ?? 1) === track.disc_number && old.track_number === track.track_number;
  const isTitle = (old: StoredTrack, { track }: NewTrack): boolean =>
    title(old.title) === title(track.title) && title(track.title) !== '';
  const isLength = (old: StoredTrack, { seconds }: NewTrack): boolean =>
    seconds !== undefined && Math.abs(old.duration_seconds - seconds) <= SAME_LENGTH_SECONDS;
  const ways: ((old: StoredTrack, each: NewTrack) => boolean)[] = [
    (old, each) =>
      each.track.mb_recording_id !== undefined && recordingOf(old.track_id) === each.track.mb_recording_id,
    (old, each) => isPlace(old, each) && isTitle(old, each) && isLength(old, each),
    (old, each) => isTitle(old, each) && isLength(old, each),
    (old, each) => isPlace(old, each) && isTitle(old, each),
    (old, each) => isPlace(old, each) && isLength(old, each),
  ];
  for (const matches of ways)
    for (const [n, each] of now.entries()) {
      if (!each || pairs[n]) continue;
      const old = [...left].find((one) => matches(one, each));
      if (!old) continue;
      pairs[n] = old;
      left.delete(old);
    }
  return pairs;
}
