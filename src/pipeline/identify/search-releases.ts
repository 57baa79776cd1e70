import { AppError } from '../../base/index.js';
import type { Match } from '../../protocol/index.js';
import type { Examined } from '../contract.js';
import { fit, type Fit } from './distance.js';
import { gather } from './evidence.js';
import { folderGates, inOrder } from './gates.js';
import { matchOf } from './identify.js';
import type { ReleaseSource } from './known.js';
import { bestFirst, rank } from './look.js';

export interface SearchOptions {
  readonly source: ReleaseSource;
  readonly signal: AbortSignal;
  readonly artist?: string | undefined;
  readonly album?: string | undefined;
  /** A MusicBrainz release id, or an address that holds one. */
  readonly release_id?: string | undefined;
  readonly name?: string | undefined;
}

const MATCHES = 5;
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** What a person thinks it may be, beside the files, the best first. Throws ERR_INVALID, ERR_NOT_FOUND, and ERR_SOURCE when the source does not answer. */
export async function searchReleases(examined: Examined, options: SearchOptions): Promise<Match[]> {
  const evidence = gather(examined, options);
  const { source, signal } = options;
  const own = inOrder(folderGates(examined, evidence));
  const shown = (fits: readonly Fit[]): Match[] =>
    bestFirst(evidence, fits).map((one) => matchOf(evidence, one, own));
  if (options.release_id !== undefined && options.release_id.trim() !== '') {
    const id = ID.exec(options.release_id)?.[0]?.toLowerCase();
    if (id === undefined)
      throw new AppError('ERR_INVALID', 'this is neither the id of a release nor an address that holds one');
    const known = await source.release(id, signal);
    if (!known) throw new AppError('ERR_NOT_FOUND', 'the source knows no release with this id');
    return shown([await fit(evidence, known)]);
  }
  const [artist, album] = [options.artist?.trim() || undefined, options.album?.trim() || undefined];
  if (artist === undefined && album === undefined)
    throw new AppError('ERR_INVALID', 'say an artist, an album or the id of a release');
  const hits = await source.search(
    { artist, album, various: false, track_count: evidence.songs.length },
    signal,
  );
  const asked = rank({ ...evidence, artist, album }, hits).slice(0, MATCHES);
  const fits: Fit[] = [];
  for (const { hit } of asked) {
    const known = await source.release(hit.release_id, signal);
    if (known) fits.push(await fit(evidence, known));
  }
  return shown(fits);
}
