import type { StoredTrack } from '../../library/index.js';
import type { Db } from '../../storage/index.js';
import type { ExaminedFile } from '../contract.js';
import type { Quality } from './quality.js';

const average = (bytes: number, seconds: number | undefined): number | undefined =>
  seconds !== undefined && seconds > 0 ? (bytes * 8) / seconds / 1000 : undefined;

/**
 * The quality of a track of the library, and of the file that may replace it. A scan keeps no bit rate: it is known of what was imported, else
 * both are taken for what their sizes make of them, so that a picture inside does not make one of two equal files the better one.
 */
export function qualitiesOf(
  db: Db,
  track: StoredTrack,
  source: ExaminedFile,
): { readonly now: Quality; readonly then: Quality } {
  const row = db
    .prepare('SELECT channels, bitrate_kbps FROM track_origins WHERE track_id = ?')
    .get(track.track_id);
  const { codec, lossless, sample_rate_hz, bits_per_sample, duration_seconds, size } = track;
  const known = typeof row?.['bitrate_kbps'] === 'number' ? row['bitrate_kbps'] : undefined;
  const isKnown = known !== undefined && source.bitrate_kbps !== undefined;
  const channels = typeof row?.['channels'] === 'number' ? row['channels'] : undefined;
  const now = {
    codec,
    lossless,
    sample_rate_hz,
    bits_per_sample,
    channels,
    bitrate_kbps: isKnown ? known : average(size, duration_seconds),
  };
  const rate = isKnown ? source.bitrate_kbps : average(source.size_bytes, source.duration_seconds);
  return { now, then: { ...source, bitrate_kbps: rate } };
}
