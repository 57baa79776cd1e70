import { AppError } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import { CHANNELS, CHUNK_FRAMES, RATE, type Codec } from './sound-format.js';

/** An absolute path or an http(s) URL. C strings end at NUL, and a lone surrogate has no bytes. */
const LOCATION = /^(\/[^\0\p{Cs}]*|https?:\/\/[^\s\p{Cc}\p{Cs}]+)$/u;
const MAX_LOCATION = 8192;
/** What libavformat may open by itself, should a stream refer to something. No file, concat, data or unix. */
const WEB = 'http,https,tcp,tls,crypto,httpproxy';
/** A stalled server counts as broken after so long. */
const NETWORK_TIMEOUT_US = 15e6;

const FORMAT: Readonly<Record<Codec, readonly string[]>> = {
  pcm: ['-f', 's16le'],
  flac: ['-c:a', 'flac', '-sample_fmt', 's16', '-compression_level', '2', '-frame_size', String(CHUNK_FRAMES), '-f', 'flac'],
}; // prettier-ignore

/** Where ffmpeg finds the media: a path of this machine or a web address, nothing else. Throws ERR_UNPLAYABLE. */
export function locate(media: Media, httpPort: number): string {
  const own = media.url_path === undefined ? undefined : `http://127.0.0.1:${httpPort}${media.url_path}`;
  const place = media.path ?? media.url ?? own;
  if (place === undefined || place.length > MAX_LOCATION || !LOCATION.test(place))
    throw new AppError('ERR_UNPLAYABLE', 'this is neither a file of this machine nor a web address');
  return place;
}

/** The arguments for ffmpeg. A path stands behind `file:`, so that no name is an option or a protocol; a URL begins with http. */
export function decoderArguments(place: string, firstFrame: number, codec: Codec): string[] {
  const file = place.startsWith('/');
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error',
    ...(file
      ? ['-protocol_whitelist', 'file,pipe']
      : ['-protocol_whitelist', WEB, '-rw_timeout', String(NETWORK_TIMEOUT_US), '-user_agent', 'Tutti']),
    ...(firstFrame > 0 ? ['-ss', (firstFrame / RATE).toFixed(6)] : []),
    '-i', file ? `file:${place}` : place,
    '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1',
    '-ac', String(CHANNELS), '-ar', String(RATE),
    ...FORMAT[codec],
    'pipe:1',
  ]; // prettier-ignore
}
