import type { Media } from '../../src/players/index.js';
import type { EntryOptions } from './wire.js';

/** What we must know again of a playlist entry, also after our own restart. */
export interface Entry {
  readonly ref: string;
  readonly live: boolean;
}

const MAX_TITLE = 200;

/** The options that mark a playlist entry as ours inside mpv, and give it a name in the desktop's volume control. */
export function entryOptions(media: Media, positionSeconds = 0): EntryOptions {
  const ref = Buffer.from(media.ref, 'utf8').toString('base64url');
  const title = media.artist === undefined ? media.title : `${media.artist} - ${media.title}`;
  const start = media.live || positionSeconds <= 0 ? undefined : positionSeconds.toFixed(6);
  return {
    'script-opts': `tutti-ref=${ref}${media.live ? ',tutti-live=yes' : ''}`,
    'force-media-title': title.replace(/[\p{Cc}\p{Cs}]/gu, ' ').slice(0, MAX_TITLE),
    ...(start !== undefined && { start }),
  };
}

/** The entry that plays, from mpv's own `script-opts`; `undefined` between two entries and when idle. */
export function entryOf(scriptOpts: Readonly<Record<string, string>> | undefined): Entry | undefined {
  const encoded = scriptOpts?.['tutti-ref'];
  if (encoded === undefined) return undefined;
  return {
    ref: Buffer.from(encoded, 'base64url').toString('utf8'),
    live: scriptOpts?.['tutti-live'] === 'yes',
  };
}
