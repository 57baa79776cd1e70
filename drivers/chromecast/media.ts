import { isIPv6 } from 'node:net';
import type { Media } from '../../src/players/index.js';
import type { OurMark } from './wire.js';

const TYPES: Readonly<Record<string, string>> = {
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  mp4: 'audio/mp4',
  aac: 'audio/aac',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  wav: 'audio/wav',
  webm: 'audio/webm',
};
/** A music track, in Google's list of kinds. */
const MUSIC_TRACK = 3;
/** Enough for a television. */
const ARTWORK_PIXELS = 1080;

/** Where we are, as the receiver reaches us. */
export interface OwnAddress {
  readonly address: string;
  readonly port: number;
}

/** Where the receiver fetches it: a Chromecast opens nothing but web addresses. Undefined when there is none. */
export function addressOf({ url, url_path }: Media, own: OwnAddress): string | undefined {
  if (url !== undefined && /^https?:\/\//i.test(url)) return url;
  return url_path === undefined ? undefined : urlOf(url_path, own);
}

/** What goes into LOAD and into the queue. The mark comes back in every status and tells whose it is. */
export function mediaOf(
  media: Media,
  address: string,
  { own, mark }: { readonly own: OwnAddress; readonly mark: string },
): Readonly<Record<string, unknown>> {
  const { ref, live, title, artist, album, artwork_path, duration_seconds } = media;
  const picture =
    artwork_path === undefined ? undefined : urlOf(`${artwork_path}?size=${ARTWORK_PIXELS}`, own);
  return {
    contentId: address,
    contentType: typeOf(address),
    streamType: live ? 'LIVE' : 'BUFFERED',
    ...(duration_seconds !== undefined && !live && { duration: duration_seconds }),
    metadata: {
      metadataType: MUSIC_TRACK,
      title,
      ...(artist !== undefined && { artist }),
      ...(album !== undefined && { albumName: album }),
      ...(picture !== undefined && { images: [{ url: picture }] }),
    },
    customData: { tutti: { mark, ref, live } satisfies OurMark },
  };
}

/** On our server, as the receiver reaches it. */
function urlOf(path: string, { address, port }: OwnAddress): string | undefined {
  if (port === 0) return undefined;
  const plain = address.replace(/^::ffff:/, '').replace(/%.*$/, '');
  return `http://${isIPv6(plain) ? `[${plain}]` : plain}:${port}${path}`;
}

function typeOf(address: string): string {
  const name = address.replace(/[?#].*$/, '');
  const extension = /\.([a-z0-9]{2,4})$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  return TYPES[extension] ?? 'audio/mpeg';
}
