import type { Release } from '../../protocol/index.js';
import { fit, type Fit, type Least, leastDistance } from './distance.js';
import type { Evidence } from './evidence.js';
import { nameDistance } from './fold.js';
import type { Hit, Query, ReleaseSource } from './known.js';

/** What another album may be worse by and still be taken for the one that was meant. */
export const RIVAL_GAP = 0.03;
/** Of a polite guest of a public server, for one album: one search and two releases, or an id first. */
const REQUESTS = 3;
/** A release that cannot come nearer is not worth a request. */
const HOPELESS = 0.5;
/** So near by an id that nothing else has to be asked. */
const NEAR = 0.05;

export interface Looked {
  readonly fits: readonly Fit[];
  /** Releases of other groups that may fit as well and could not be asked for: `album by artist`. */
  readonly unseen: readonly string[];
}

/** Asks the source: the id in the tags first, then a search whose hits are looked up as long as they may still be the best. */
export async function look(evidence: Evidence, source: ReleaseSource, signal: AbortSignal): Promise<Looked> {
  const fits: Fit[] = [];
  let left = REQUESTS;
  const [id] = evidence.releaseIds;
  if (id !== undefined) {
    left--;
    const known = await source.release(id, signal);
    if (known) fits.push(await fit(evidence, known));
    if (fits[0] && fits[0].distance <= NEAR) return { fits, unseen: [] };
  }
  const query = queryOf(evidence);
  if (!query) return { fits, unseen: [] };
  left--;
  const hits = await source.search(query, signal);
  const ranked = rank(evidence, hits).filter(({ hit }) =>
    fits.every((one) => one.known.release.release_id !== hit.release_id),
  );
  let at = 0;
  for (; at < ranked.length && left > 0; at++) {
    const { hit, least, yearless } = ranked[at]!;
    if (isSettled(fits, hit, least) && isSettled(fits, hit, yearless)) continue;
    left--;
    const known = await source.release(hit.release_id, signal);
    if (known) fits.push(await fit(evidence, known));
  }
  const unseen = ranked
    .slice(at)
    .filter(({ hit, least }) => !isSettled(fits, hit, least))
    .map(({ hit }) => `${hit.album} by ${hit.album_artist}`);
  return { fits, unseen };
}

export function queryOf({ artist, album, various, songs }: Evidence): Query | undefined {
  if (album === undefined && artist === undefined) return undefined;
  return { artist: various ? undefined : artist, album, various, track_count: songs.length };
}

/** The hits by what they can be at best; editions that are equal by that as gate 11 says: by year, media, date. */
export function rank(evidence: Evidence, hits: readonly Hit[]): ({ hit: Hit } & Least)[] {
  const seen = new Set<string>();
  return hits
    .filter(({ release_id }) => !seen.has(release_id) && seen.add(release_id))
    .map((hit) => ({ hit, ...leastDistance(evidence, hit) }))
    .toSorted(
      (a, b) =>
        thousandths(a.least) - thousandths(b.least) || byEdition(evidence, keyOfHit(a.hit), keyOfHit(b.hit)),
    );
}

/** Nothing that this hit can turn out to be changes what is decided. */
function isSettled(fits: readonly Fit[], hit: Hit, least: number): boolean {
  const best = Math.min(...fits.map(({ distance }) => distance));
  if (fits.length === 0) return false;
  if (least > HOPELESS || least > best + RIVAL_GAP) return true;
  return fits.some(
    ({ distance, known: { release } }) =>
      distance <= NEAR &&
      distance <= least + 0.02 &&
      hit.release_group_id !== undefined &&
      release.release_group_id === hit.release_group_id &&
      countOf(release) === hit.track_count &&
      nameDistance(release.album, hit.album) === 0,
  );
}

const countOf = ({ tracks }: Release): number => tracks.filter(({ track_number }) => track_number > 0).length;

interface EditionKey {
  readonly year: number | undefined;
  readonly media: string | undefined;
  readonly date: string;
  readonly id: string;
}

const keyOfHit = (hit: Hit): EditionKey => ({
  year: hit.year,
  media: hit.media,
  date: hit.date || '9',
  id: hit.release_id,
});

const MEDIA = ['CD', 'Digital Media', 'Enhanced CD', 'SACD', 'Hybrid SACD', '12" Vinyl', 'Vinyl', 'Cassette'];
const mediaRank = (media: string | undefined): number => {
  const at = MEDIA.indexOf(media ?? '');
  return at < 0 ? MEDIA.length : at;
};

function byEdition({ year }: Evidence, a: EditionKey, b: EditionKey): number {
  const isOff = (key: EditionKey): number => (year !== undefined && key.year !== year ? 1 : 0);
  return (
    isOff(a) - isOff(b) ||
    mediaRank(a.media) - mediaRank(b.media) ||
    compare(a.date, b.date) ||
    compare(a.id, b.id)
  );
}

const thousandths = (distance: number): number => Math.round(distance * 1000);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The nearest first; what is equally near as `byEdition` has it. */
export function bestFirst(evidence: Evidence, fits: readonly Fit[]): Fit[] {
  const key = ({ known: { release } }: Fit): EditionKey => ({
    year: release.year,
    media: release.media,
    date: String(release.year ?? 9999),
    id: release.release_id ?? '',
  });
  return fits.toSorted(
    (a, b) => thousandths(a.distance) - thousandths(b.distance) || byEdition(evidence, key(a), key(b)),
  );
}
