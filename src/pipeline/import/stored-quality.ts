import type { StoredTrack } from '../../library/index.js';
import type { Db } from '../../storage/index.js';
import type { Quality } from './quality.js';

/** The quality of a track of the library. What a scan does not keep is known of what was imported; else the bit rate is what its size makes of it. */
export function qualityOfStored(db: Db, track: StoredTrack): Quality {
  const row = db
    .prepare('SELECT channels, bitrate_kbps FROM track_origins WHERE track_id = ?')
    .get(track.track_id);
  const { codec, lossless, sample_rate_hz, bits_per_sample, duration_seconds, size } = track;
  const average = duration_seconds > 0 ? (size * 8) / duration_seconds / 1000 : undefined;
  const bitrate_kbps = typeof row?.['bitrate_kbps'] === 'number' ? row['bitrate_kbps'] : average;
  const channels = typeof row?.['channels'] === 'number' ? row['channels'] : undefined;
  return {
    codec,
    lossless,
    sample_rate_hz,
    bits_per_sample,
    channels,
    bitrate_kbps,
  };
}
