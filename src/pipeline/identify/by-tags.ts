import type { Gate, Release } from '../../protocol/index.js';
import { count, gate, quoted } from '../sentences.js';
import type { Evidence, Song } from './evidence.js';
import { compact } from './fold.js';

/** The album as its own files tell it; undefined when they do not even name it. */
export function releaseOfTags({ songs, artist, album, year, various }: Evidence): Release | undefined {
  if (album === undefined || (artist === undefined && !various) || songs.length === 0) return undefined;
  const albumArtist = various ? 'Various Artists' : (artist ?? '');
  const next = new Map<number, number>();
  return {
    album,
    album_artist: albumArtist,
    year,
    compilation: various,
    tracks: songs.map(({ title, artist: own, disc = 1, track, seconds, file }) => {
      const number = track ?? (next.get(disc) ?? 0) + 1;
      next.set(disc, number);
      return {
        disc_number: disc,
        track_number: number,
        title: title ?? file.path.slice(file.path.lastIndexOf('/') + 1),
        artist: own ?? albumArtist,
        ...(seconds !== undefined && { duration_seconds: seconds }),
      };
    }),
  };
}

/** What keeps tags from being enough by themselves: something is missing, or they contradict each other. */
export function tagGates(evidence: Evidence): Gate[] {
  const { songs, isTagged } = evidence;
  const gates: Gate[] = [];
  const without = (what: string, has: (song: Song) => boolean): void => {
    const poor = songs.filter((song) => !has(song));
    if (poor.length > 0)
      gates.push(
        gate(
          'tags_incomplete',
          `${count(poor.length, 'file')} of ${songs.length} have no ${what} in their tags: ${poor
            .slice(0, 3)
            .map(({ file }) => quoted(file.path))
            .join(', ')}`,
        ),
      );
  };
  if (!isTagged)
    gates.push(gate('tags_incomplete', 'The tags do not say which album this is and who made it'));
  without('title', ({ titleFrom }) => titleFrom === 'tag');
  without('artist', ({ artist }) => artist !== undefined);
  without('album', ({ file }) => file.tags?.album !== undefined);
  without('track number', ({ file }) => file.tags?.track_number !== undefined);
  if (gates.length === 0) gates.push(...orderGates(evidence));
  return gates;
}

function orderGates({ songs, discs = 1 }: Evidence): Gate[] {
  const byDisc = new Map<number, Song[]>();
  for (const song of songs) byDisc.set(song.disc ?? 1, [...(byDisc.get(song.disc ?? 1) ?? []), song]);
  for (let disc = 1; disc <= discs; disc++)
    if (!byDisc.has(disc)) return [gate('missing_tracks', `Disc ${disc} of ${discs} is not here`)];
  for (const [disc, there] of byDisc) {
    const where = byDisc.size > 1 ? ` on disc ${disc}` : '';
    const numbers = there.map(({ track }) => track ?? 0);
    const twice = numbers.find((number, n) => numbers.indexOf(number) !== n);
    if (twice !== undefined) return [gate('extra_tracks', `Track ${twice}${where} is there more than once`)];
    const total = Math.max(...there.map(({ file }) => file.tags?.track_total ?? 0), ...numbers);
    if (there.length < total)
      return [
        gate('missing_tracks', `${total - there.length} of ${count(total, 'track')}${where} are not here`),
      ];
    const titles = there.map(({ title, track }) => `${compact(title ?? '')}/${track}`);
    if (new Set(titles).size < titles.length) return [gate('extra_tracks', `A track${where} is there twice`)];
  }
  return [];
}
