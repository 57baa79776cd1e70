import { nextSong, type Ours, type OurSong } from './songs.js';
import type { MpdStatus } from './status.js';

/** What a status means for what we loaded. */
export type Verdict =
  /** Our current song is where the status says. */
  | { readonly type: 'ours' }
  /** MPD went on to our next song. */
  | { readonly type: 'next' }
  /** MPD could not play `song`. */
  | { readonly type: 'failed'; readonly song: OurSong; readonly message: string }
  /** MPD came to the end of its queue, or our songs were taken out of it. */
  | { readonly type: 'over' }
  /** Somebody chose another song. */
  | { readonly type: 'displaced' }
  /** Nothing of ours was loaded. */
  | { readonly type: 'none' };

export function judge(status: MpdStatus, ours: Ours): Verdict {
  const { current } = ours;
  if (!current) return { type: 'none' };
  const next = nextSong(ours);
  if (status.state === 'stop' && status.error !== undefined) {
    return { type: 'failed', song: culprit(status, ours, current, next), message: status.error };
  }
  if (status.song_id === current.id) return { type: 'ours' };
  if (next && status.song_id === next.id) return { type: 'next' };
  return { type: status.song_id === undefined ? 'over' : 'displaced' };
}

/**
 * Whose failure stopped MPD. When our next song fails right after the current one came to its end, MPD stops with the *current* song's id;
 * only the URI in the text tells. A current song that fails after it sounded is skipped by MPD, so then the next one plays.
 */
function culprit(status: MpdStatus, ours: Ours, current: OurSong, next: OurSong | undefined): OurSong {
  const text = status.error ?? '';
  if (!next) return current;
  if (status.song_id === next.id) return next;
  if (!ours.started) return current;
  return text.includes(current.uri) && !text.includes(next.uri) ? current : next;
}
