import type { Gate, GateName } from '../../protocol/index.js';
import { count, gate, quoted } from '../sentences.js';
import type { Examined } from '../contract.js';
import type { Fit, Pair } from './distance.js';
import type { Evidence } from './evidence.js';
import { isSame, numbersDiffer, versionDiffers } from './fold.js';

/** The true cause before what follows from it: two albums in one folder are also missing tracks and wrong titles. */
const ORDER: readonly GateName[] = [
  'broken_file',
  'partial_file',
  'special_file',
  'path_unsafe',
  'several_albums',
  'several_formats',
  'source_down',
  'other_release_id',
  'titles_missing',
  'not_in_source',
  'missing_tracks',
  'extra_tracks',
  'numbers_differ',
  'version_differs',
  'artist_or_album_differs',
  'title_differs',
  'length_differs',
  'fingerprint_differs',
  'rival_release',
  'names_only',
  'tags_incomplete',
  'low_confidence',
];

/** Neither who and what nor the songs fit: the release is only the nearest that there is. */
export function isFar({ albumDistance, artistDistance, pairs, extra }: Fit): boolean {
  const off = pairs.filter((one) => one.titleDistance > TITLE_MAX || offBy(one) > LENGTH_MAX).length;
  const isOff = off >= pairs.length * 0.4 || extra.length > pairs.length;
  if (albumDistance === undefined && artistDistance === undefined) return isOff;
  return isOff && ((artistDistance ?? 0) > ARTIST_MAX || (albumDistance ?? 0) > ALBUM_MAX);
}

export const inOrder = (gates: readonly Gate[]): Gate[] =>
  gates.toSorted((a, b) => ORDER.indexOf(a.gate) - ORDER.indexOf(b.gate));

const TITLE_MAX = 0.34;
const LENGTH_MAX = 10;
const ARTIST_MAX = 0.2;
const ALBUM_MAX = 0.3;
/** A second or two are pauses between songs; more on most of them is another performance. */
const ALL_OFF_MAX = 4;
const NAMES_LENGTH_MAX = 3;
const HEADER_MAX = 5;
const CLIMBS = /(^|[\\/])\.\.?([\\/]|$)/;

/** What speaks against a folder whatever it is. */
export function folderGates(examined: Examined, evidence: Evidence): Gate[] {
  const { albums, codecs, songs } = evidence;
  const found: Gate[] = [...examined.gates];
  const byPath = examined.files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  for (const { problem } of byPath) if (problem) found.push(problem);
  const climber = songs
    .flatMap(({ file: { tags = {} } }) => [tags.title, tags.artist, tags.album, tags.album_artist])
    .find((text) => text !== undefined && CLIMBS.test(text));
  if (climber !== undefined)
    found.push(gate('path_unsafe', `A tag (${quoted(climber)}) is a path that leads somewhere else`));
  if (songs.length === 0) found.push(gate('titles_missing', 'There is no audio file here'));
  if (albums.length > 1) {
    const names = albums.slice(0, 3).map(quoted).join(', ');
    found.push(gate('several_albums', `The tags name ${albums.length} albums: ${names}`));
  }
  if (codecs.length > 1)
    found.push(
      gate('several_formats', `The folder mixes ${codecs.map((codec) => codec.toUpperCase()).join(' and ')}`),
    );
  const untitled = songs.filter(({ title }) => title === undefined);
  if (untitled.length > 0 && songs.length > 0)
    found.push(
      gate(
        'titles_missing',
        `${count(untitled.length, 'file')} of ${songs.length} say no title, neither in tags nor in names`,
      ),
    );
  const heard = songs.find(({ file, seconds }) => apart(file.header_seconds, seconds) > HEADER_MAX);
  if (heard)
    found.push(
      gate('fingerprint_differs', `${quoted(heard.file.path)} sounds for another time than its header says`),
    );
  return found;
}

const apart = (a: number | undefined, b: number | undefined): number =>
  a === undefined || b === undefined ? 0 : Math.abs(a - b);

/** What speaks against taking the folder for this release. */
export function fitGates(evidence: Evidence, fit: Fit): Gate[] {
  const { release } = fit.known;
  const gates = [
    ...countGates(evidence, fit),
    ...nameGates(evidence, fit),
    ...titleGates(fit),
    ...lengthGates(fit),
    ...orderGates(evidence, fit),
  ];
  if (evidence.releaseIds.length > 1)
    gates.push(
      gate('other_release_id', `The tags carry the ids of ${evidence.releaseIds.length} different releases`),
    );
  else if (
    evidence.releaseIds.length === 1 &&
    release.release_id !== undefined &&
    evidence.releaseIds[0] !== release.release_id
  )
    gates.push(gate('other_release_id', 'The tags carry the id of another release'));
  if (
    gates.length === 0 &&
    (!evidence.isTagged || evidence.songs.some(({ titleFrom }) => titleFrom !== 'tag'))
  )
    gates.push(...namesOnly(evidence, fit));
  return gates;
}

function countGates({ songs, hasCue }: Evidence, { missing, extra, known: { release } }: Fit): Gate[] {
  const gates: Gate[] = [];
  const [first] = missing;
  if (first && hasCue)
    gates.push(
      gate(
        'missing_tracks',
        `The whole album is in one file with a cue sheet; it has to be cut into its ${release.tracks.length} tracks first`,
      ),
    );
  else if (first) {
    const which = missing
      .slice(0, 3)
      .map((track) => `${track.track_number} ${quoted(track.title)}`)
      .join(', ');
    const discs = new Set(release.tracks.map(({ disc_number }) => disc_number));
    const gone = [...discs].filter((disc) =>
      release.tracks.every((track) => track.disc_number !== disc || missing.includes(track)),
    );
    const what = gone.length > 0 && gone.length < discs.size ? `Disc ${gone.join(', ')} is missing: ` : '';
    gates.push(
      gate(
        'missing_tracks',
        `${what}${missing.length} of ${count(release.tracks.length, 'track')} ${missing.length === 1 ? 'is' : 'are'} not here: ${which}${missing.length > 3 ? ', …' : ''}`,
      ),
    );
  }
  if (extra.length > 0) {
    const which = extra
      .slice(0, 3)
      .map(({ file }) => quoted(file.path))
      .join(', ');
    gates.push(
      gate(
        'extra_tracks',
        `${count(extra.length, 'file')} of ${songs.length} ${extra.length === 1 ? 'is' : 'are'} not on the release: ${which}`,
      ),
    );
  }
  return gates;
}

function nameGates(
  { artist, album, various }: Evidence,
  { known: { release }, artistDistance, albumDistance }: Fit,
): Gate[] {
  const gates: Gate[] = [];
  const names =
    album !== undefined && `The files say ${quoted(album)}, the release is called ${quoted(release.album)}`;
  if (album !== undefined && names) {
    const version = versionDiffers(album, release.album);
    if (numbersDiffer(album, release.album))
      gates.push(gate('numbers_differ', `${names}: the numbers differ`));
    else if (version !== undefined) gates.push(gate('version_differs', `${names}: only one is “${version}”`));
    else if ((albumDistance ?? 0) > ALBUM_MAX) gates.push(gate('artist_or_album_differs', names));
  } else gates.push(gate('tags_incomplete', 'Neither tags nor names say which album this is'));
  if ((artistDistance ?? 0) > ARTIST_MAX) {
    const who = various ? 'many artists' : quoted(artist ?? '');
    gates.push(
      gate(
        'artist_or_album_differs',
        `The files are by ${who}, the release is by ${quoted(release.album_artist)}`,
      ),
    );
  } else if (artistDistance === undefined && !various && artist === undefined)
    gates.push(gate('tags_incomplete', 'Neither tags nor names say who made this'));
  return gates;
}

const both = ({ song, track }: Pair): string =>
  `${quoted(song.file.path)} is called ${quoted(song.title ?? '')}, track ${track.track_number} is ${quoted(track.title)}`;

function titleGates({ pairs }: Fit): Gate[] {
  const named = pairs.filter(({ song }) => song.title !== undefined);
  const version = named
    .map((one) => ({ one, word: versionDiffers(one.song.title ?? '', one.track.title) }))
    .find(({ word }) => word);
  const number = named.find(
    ({ song, track, titleDistance }) => titleDistance > 0 && numbersDiffer(song.title ?? '', track.title),
  );
  const worst = named.toSorted((a, b) => b.titleDistance - a.titleDistance)[0];
  const gates: Gate[] = [];
  const others = named.filter(({ titleDistance }) => titleDistance > TITLE_MAX).length - 1;
  const more = others > 0 ? ` (and ${count(others, 'more', 'more')})` : '';
  if (version?.word !== undefined)
    gates.push(gate('version_differs', `${both(version.one)}: only one is “${version.word}”`));
  if (number && others <= 0) gates.push(gate('numbers_differ', `${both(number)}: the numbers differ`));
  else if (worst && worst.titleDistance > TITLE_MAX)
    gates.push(gate('title_differs', `${both(worst)}${more}`));
  return gates;
}

function lengthGates({ pairs }: Fit): Gate[] {
  const known = pairs.filter(({ lengthOff }) => lengthOff !== undefined);
  const sorted = known.toSorted((a, b) => offBy(b) - offBy(a));
  const [worst] = sorted;
  if (!worst) return [];
  const off = known.filter((one) => offBy(one) > LENGTH_MAX).length;
  const than = (worst.lengthOff ?? 0) > 0 ? 'longer' : 'shorter';
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (off > 0) {
    const many = off > 1 ? ` (${off} of ${pairs.length} are off)` : '';
    const sentence = `${quoted(worst.song.file.path)} is ${Math.round(offBy(worst))} s ${than} than track ${worst.track.track_number}${many}`;
    return [gate('length_differs', sentence)];
  }
  if (middle && offBy(middle) > ALL_OFF_MAX)
    return [
      gate(
        'length_differs',
        `Most songs are about ${Math.round(offBy(middle))} s ${than} than they should be, as other recordings of them would be`,
      ),
    ];
  return [];
}

/** Seconds. */
export const offBy = ({ lengthOff }: Pair): number => Math.abs(lengthOff ?? 0);

/** Titles that say one order and numbers that say another: one of the two is wrong, and nobody knows which. */
function orderGates({ songs }: Evidence, { pairs }: Fit): Gate[] {
  const places = songs.map(({ disc, track }) => `${disc ?? 1}/${track ?? ''}`);
  const isComplete =
    songs.every(({ track }) => track !== undefined) && new Set(places).size === places.length;
  const ordered = pairs.toSorted(
    ({ track: a }, { track: b }) => a.disc_number - b.disc_number || a.track_number - b.track_number,
  );
  const at = new Map(songs.map((song, n) => [song, n]));
  const moved = ordered.filter(({ song }, n) => at.get(song) !== n).length;
  if (!isComplete || moved < 2 || pairs.length < songs.length) return [];
  return [
    gate('title_differs', `The titles of ${count(moved, 'file')} say another order than their numbers`),
  ];
}

function namesOnly({ artist, album, various }: Evidence, { pairs, known: { release } }: Fit): Gate[] {
  const isExact =
    album !== undefined &&
    isSame(album, release.album) &&
    (various || (artist !== undefined && isSame(artist, release.album_artist))) &&
    pairs.every(
      ({ song, track, lengthOff }) =>
        isSame(song.title ?? '', track.title) && Math.abs(lengthOff ?? Infinity) <= NAMES_LENGTH_MAX,
    );
  return isExact
    ? []
    : [
        gate(
          'names_only',
          'Only the names of files and folders say what this is, and they do not fit exactly',
        ),
      ];
}

const CAUSES: Readonly<Record<string, GateName>> = {
  titles: 'title_differs',
  lengths: 'length_differs',
  artist: 'artist_or_album_differs',
  album: 'artist_or_album_differs',
  'release id': 'other_release_id',
  'recording ids': 'other_release_id',
};

/** What to say when no single rule is broken and yet too much speaks against it: what weighs most. */
export function weakest({ penalties, known: { release } }: Fit): Gate {
  const [first, second] = penalties;
  const most = [first, second].flatMap((one) => (one && one.share > 0.005 ? [one.what] : [])).join(' and ');
  const cause = CAUSES[first?.what ?? ''] ?? 'low_confidence';
  return gate(
    cause,
    `Too much differs from ${quoted(release.album)} to be sure: ${most === '' ? 'many small things' : `above all ${most}`}`,
  );
}
