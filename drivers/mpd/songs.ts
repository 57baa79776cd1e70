import * as z from 'zod';
import type { Media } from '../../src/players/index.js';
import { LearntAhead } from './ahead.js';
import type { PlayOptions } from './status.js';

/** A song that we put into MPD's queue. */
export const OurSong = z.object({
  ref: z.string(),
  /** MPD's song id; ids change when MPD restarts. */
  id: z.string(),
  /** As MPD reports it, which is not always as we gave it. */
  uri: z.string(),
  duration_seconds: z.number().optional(),
  live: z.boolean(),
  /** MPD begins it so late in it, and counts its positions from there. */
  skip_seconds: z.number().min(0).max(1).optional(),
});
export type OurSong = z.infer<typeof OurSong>;

/** What a restarted server needs to take up what plays. */
export const Memory = z.object({
  current: OurSong.optional(),
  next: OurSong.optional(),
  /** The volume before the mute, 0..100; absent = not muted. */
  muted_volume: z.number().min(0).max(100).optional(),
  /** Play options as they were before we needed others. */
  options: z.record(z.string(), z.string()).default({}),
  ahead_ms: LearntAhead.default({}),
});
export type Memory = z.infer<typeof Memory>;

/** What follows: in MPD's queue already, waiting for the current song to sound, or known to be unplayable. */
export type Following =
  | { readonly stage: 'waiting'; readonly media: Media; readonly skip_seconds?: number }
  | { readonly stage: 'queued'; readonly song: OurSong }
  | { readonly stage: 'unplayable'; readonly media: Media; readonly message: string };

/** Everything the link knows about what is ours in this MPD. */
export interface Ours {
  current: OurSong | undefined;
  following: Following | undefined;
  /** The current song has been decoding: it is playable. */
  started: boolean;
  options: PlayOptions;
}

export function nextSong(ours: Ours): OurSong | undefined {
  return ours.following?.stage === 'queued' ? ours.following.song : undefined;
}

export function followingRef(following: Following | undefined): string | undefined {
  return following?.stage === 'queued' ? following.song.ref : following?.media.ref;
}

/** A place in the song as MPD counts it. */
export function placeForMpd(song: Pick<OurSong, 'skip_seconds'>, position_seconds: number): string {
  return Math.max(0, position_seconds - (song.skip_seconds ?? 0)).toFixed(3);
}

/** MPD hides credentials in the URIs that it reports. */
export function sameUri(one: string, other: string): boolean {
  return withoutCredentials(one) === withoutCredentials(other);
}

function withoutCredentials(uri: string): string {
  return uri.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}
