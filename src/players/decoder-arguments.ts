import { AppError } from '../base/index.js';
import type { Media } from './contract.js';

/** An absolute path or an http(s) URL. C strings end at NUL, and a lone surrogate has no bytes. */
const LOCATION = /^(\/[^\0\p{Cs}]*|https?:\/\/[^\s\p{Cc}\p{Cs}]+)$/u;
const MAX_LOCATION = 8192;
/** What libavformat may open by itself, should a stream refer to something. No file, concat, data or unix. */
const WEB = 'http,https,tcp,tls,crypto,httpproxy';
/** A stalled server counts as broken after so long. */
const NETWORK_TIMEOUT_US = 15e6;

export interface DecodedSound {
  readonly rate: number;
  readonly channels: number;
  readonly from_seconds: number;
  /** ffmpeg's options for the format that comes out, such as `-f s16le`. */
  readonly format: readonly string[];
}

/** Where ffmpeg, run by a driver, finds the media: a path of this machine or a web address, nothing else. Throws ERR_UNPLAYABLE. */
export function decoderPlace(media: Media, httpPort: number): string {
  const own = media.url_path === undefined ? undefined : `http://127.0.0.1:${httpPort}${media.url_path}`;
  const place = media.path ?? media.url ?? own;
  if (place === undefined || place.length > MAX_LOCATION || !LOCATION.test(place))
    throw new AppError('ERR_UNPLAYABLE', 'this is neither a file of this machine nor a web address');
  return place;
}

/**
 * The arguments with which ffmpeg decodes to its standard output, for drivers that play PCM. A path stands behind `file:`, so that no
 * name is an option or a protocol; a URL begins with http.
 */
export function decoderArguments(place: string, sound: DecodedSound): string[] {
  const { rate, channels, from_seconds, format } = sound;
  const file = place.startsWith('/');
  return [
    '-nostdin', '-hide_banner', '-loglevel', 'error',
    ...(file
      ? ['-protocol_whitelist', 'file,pipe']
      : ['-protocol_whitelist', WEB, '-rw_timeout', String(NETWORK_TIMEOUT_US), '-user_agent', 'Tutti']),
    ...(from_seconds > 0 ? ['-ss', from_seconds.toFixed(6)] : []),
    '-i', file ? `file:${place}` : place,
    '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1',
    '-ac', String(channels), '-ar', String(rate),
    ...format,
    'pipe:1',
  ]; // prettier-ignore
}

/** ffmpeg's last word, for people, without the place it speaks of. */
export function decoderComplaint(words: string): string {
  const line = words.trim().split('\n').at(-1) ?? '';
  const plain = line
    .replace(/(file:|https?:)\S+/g, '')
    .slice(0, 120)
    .trim();
  return plain === '' ? 'ffmpeg could not decode it' : plain;
}
