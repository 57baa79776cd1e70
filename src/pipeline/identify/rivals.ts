import type { Gate, Release } from '../../protocol/index.js';
import { gate, quoted } from '../sentences.js';
import type { Fit } from './distance.js';
import type { Evidence } from './evidence.js';
import { isSame } from './fold.js';
import { offBy } from './gates.js';
import { RIVAL_GAP } from './look.js';

const LENGTHS = 3;

/** Another album that fits about as well. Editions of one group with the same songs are no rivals: any of them is right. */
export function rivalGate(
  { releaseIds }: Evidence,
  best: Fit,
  others: readonly Fit[],
  unseen: readonly string[],
): Gate | undefined {
  const { release } = best.known;
  if (releaseIds.length === 1 && releaseIds[0] === release.release_id) return undefined;
  const rival = others.find((one) => isNear(one, best) && !isEqual(release, one.known.release));
  if (rival) {
    const { album, album_artist, year, tracks } = rival.known.release;
    return gate(
      'rival_release',
      `It may as well be ${quoted(album)} by ${quoted(album_artist)}${year === undefined ? '' : ` of ${year}`} with ${tracks.length} tracks`,
    );
  }
  const [other] = unseen;
  return other === undefined
    ? undefined
    : gate('rival_release', `It may as well be another release: ${quoted(other)}`);
}

/** As near but for the year, and with lengths that fit even better: a re-recording that carries the year of the first. */
function isNear(one: Fit, best: Fit): boolean {
  if (one.distance < best.distance + RIVAL_GAP) return true;
  const yearless = ({ distance, penalties }: Fit): number =>
    distance - (penalties.find(({ what }) => what === 'year')?.share ?? 0);
  return yearless(one) < yearless(best) + RIVAL_GAP && meanOff(one) < meanOff(best) - 0.5;
}

const meanOff = ({ pairs }: Fit): number =>
  pairs.reduce((sum, pair) => sum + offBy(pair), 0) / Math.max(1, pairs.length);

function isEqual(a: Release, b: Release): boolean {
  if (a.release_group_id === undefined || a.release_group_id !== b.release_group_id) return false;
  const tracks = (release: Release): Release['tracks'] =>
    release.tracks.filter(({ track_number }) => track_number > 0);
  const [one, other] = [tracks(a), tracks(b)];
  return (
    one.length === other.length &&
    one.every((track, n) => {
      const twin = other[n];
      const off = Math.abs((track.duration_seconds ?? 0) - (twin?.duration_seconds ?? 0));
      const isKnown = track.duration_seconds !== undefined && twin?.duration_seconds !== undefined;
      return twin !== undefined && isSame(track.title, twin.title) && (!isKnown || off <= LENGTHS);
    })
  );
}
