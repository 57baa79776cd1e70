import type { QueueItem } from '../protocol/index.js';

/** A file of the house itself: it is queued and played like a track, and no scan, search or list ever shows it. */
export interface OwnTrack {
  readonly track_id: string;
  /** Absolute, and openable by any program of this machine. */
  readonly path: string;
  /** As in the library: `wav`. */
  readonly codec: string;
  readonly title: string;
  readonly duration_seconds: number;
}

export type OwnTracks = ReadonlyMap<string, OwnTrack>;

export function ownItem({ track_id, title, duration_seconds }: OwnTrack): Omit<QueueItem, 'item_id'> {
  return { track_id, title, duration_seconds };
}

export function ownTracks(tracks: readonly OwnTrack[] = []): OwnTracks {
  return new Map(tracks.map((track) => [track.track_id, track]));
}
