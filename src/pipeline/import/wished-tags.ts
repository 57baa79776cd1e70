import type * as z from 'zod';
import { FileTags, type Release } from '../../protocol/index.js';

/** What a file of an album shall say. What is absent stays as it is. */
export const WishedTags = FileTags.omit({ mb_track_id: true });
export type WishedTags = z.infer<typeof WishedTags>;

/** What track `n` of the release shall say. */
export function wishesOf(release: Release, n: number): WishedTags {
  const track = release.tracks[n]!;
  const discs = new Set(release.tracks.map((each) => each.disc_number));
  const onDisc = release.tracks.filter((each) => each.disc_number === track.disc_number);
  return {
    title: track.title,
    artist: track.artist,
    album: release.album,
    album_artist: release.album_artist,
    ...(release.year !== undefined && { year: release.year }),
    ...(discs.size > 1 && { disc_number: track.disc_number, disc_total: discs.size }),
    track_number: track.track_number,
    track_total: onDisc.length,
    ...(release.compilation && { compilation: true }),
    ...(release.release_id !== undefined && { mb_release_id: release.release_id }),
    ...(release.release_group_id !== undefined && { mb_release_group_id: release.release_group_id }),
    ...(release.album_artist_id !== undefined && { mb_album_artist_id: release.album_artist_id }),
    ...(track.mb_recording_id !== undefined && { mb_recording_id: track.mb_recording_id }),
  };
}

/** The wishes that the tags do not say already. A total is no reason to touch a file that has none. */
export function missingFrom(tags: FileTags | undefined, wishes: WishedTags): WishedTags {
  const said: Readonly<Record<string, unknown>> = tags ?? {};
  const missing = Object.entries(wishes).filter(([name, wish]) => said[name] !== wish);
  const isWorthIt = missing.some(([name]) => name !== 'track_total' && name !== 'disc_total');
  return isWorthIt ? WishedTags.parse(Object.fromEntries(missing)) : {};
}

/** Formats whose tags are known to be written without harm. Never WMA: an unchanged save makes the file unreadable. */
const WRITABLE = new Set(['flac', 'mp3', 'm4a', 'm4b', 'ogg', 'oga', 'opus', 'wav', 'aiff', 'aif']);

export const isWritable = (extension: string): boolean => WRITABLE.has(extension.toLowerCase());
