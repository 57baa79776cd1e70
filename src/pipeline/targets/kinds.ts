import { AppError } from '../../base/index.js';
import type { TargetKind } from '../../protocol/index.js';
import type { ScanTarget } from './contract.js';
import { JellyfinTarget } from './jellyfin.js';
import { LmsTarget } from './lms.js';
import { MpdTarget } from './mpd.js';
import { PlexTarget } from './plex.js';
import { SubsonicTarget } from './subsonic.js';
import type { TargetParts } from './target-parts.js';

export function makeTarget(kind: TargetKind, parts: TargetParts): ScanTarget {
  switch (kind) {
    case 'plex':
      return new PlexTarget(parts);
    case 'jellyfin':
      return new JellyfinTarget(parts);
    case 'subsonic':
      return new SubsonicTarget(parts);
    case 'lms':
      return new LmsTarget(parts);
    case 'mpd':
      return new MpdTarget(parts);
    default:
      return kind satisfies never;
  }
}

/** Throws ERR_INVALID for an address that the kind cannot have, or that has a secret in it: addresses are shown. */
export function checkAddress(kind: TargetKind, url: string): void {
  const wrong = (message: string): AppError =>
    new AppError('ERR_INVALID', message, { params: { field: 'url' } });
  if (!URL.canParse(url)) throw wrong('This is no address');
  const { protocol, username, password, search, hash, pathname, hostname } = new URL(url);
  if ((protocol === 'mpd:') !== (kind === 'mpd'))
    throw wrong(
      kind === 'mpd'
        ? 'The address of an MPD is mpd://host:6600'
        : 'The address begins with http:// or https://',
    );
  if (username !== '' || password !== '')
    throw wrong('The address is shown to others: user and password have their own fields');
  if (search !== '' || hash !== '')
    throw wrong('The address ends before the question mark; a token has its own field');
  if (kind === 'mpd' && hostname === '' && pathname.length < 2)
    throw wrong('The address of an MPD is mpd://host:6600');
}
