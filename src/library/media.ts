import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { AppError, type Clock, randomId } from '../base/index.js';
import type { Db, Row } from '../storage/index.js';
import { type Bytes, bytes, exactText, extensionOf, joinBytes } from './file-names.js';
import type { OwnTrack, OwnTracks } from './own-tracks.js';
import type { TranscodeTarget } from './transcode.js';

export interface PlayableFile {
  /** Absolute, and openable by any program of this machine. */
  readonly path: string;
  /** Below the music folder, for players that share it. Names no file there when the name is no text: then only path or URL will do. */
  readonly relative_path: string;
  /** `/media/<token>`: unguessable, expires. */
  readonly url_path: string;
  readonly duration_seconds: number;
  readonly title: string;
  readonly artist: string;
  readonly album: string;
}

export interface Media {
  readonly path: string;
  readonly mime: string;
  readonly etag: string;
  readonly transcode: TranscodeTarget | undefined;
  readonly duration_seconds: number;
}

export interface MediaOptions {
  readonly db: Db;
  readonly musicDir: string;
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly own?: OwnTracks;
  /** HMAC key, at least 32 bytes; the same key over restarts keeps URLs valid that players already have. */
  readonly mediaKey: Buffer;
}

/** A player may pause for a night and go on with the URL it has. */
const LIFETIME_SECONDS = 24 * 3600;
const MIME: Readonly<Record<string, string>> = {
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  aac: 'audio/mp4',
  alac: 'audio/mp4',
  opus: 'audio/ogg',
  vorbis: 'audio/ogg',
  speex: 'audio/ogg',
  wav: 'audio/wav',
  aiff: 'audio/aiff',
  s16le: 'application/octet-stream',
};

const TARGETS: readonly TranscodeTarget[] = ['flac', 'mp3', 's16le'];

interface Claim {
  readonly trackId: string;
  readonly transcode: TranscodeTarget | undefined;
}

/** Files for players: where they are on disk, and signed URLs under which they may be fetched. */
export class MediaFiles {
  #options: MediaOptions;
  /** This life of the server: its tokens expire by the monotonic clock, so that a jump of the wall clock ends no song. */
  #life = randomId(6);

  constructor(options: MediaOptions) {
    if (options.mediaKey.length < 32)
      throw new AppError('ERR_INTERNAL', 'the media key is shorter than 32 bytes');
    this.#options = options;
  }

  /** Undefined when there is no such track, or the player can play neither it nor what we can make of it. */
  file(trackId: string, codecs: 'all' | readonly string[]): PlayableFile | undefined {
    const own = this.#options.own?.get(trackId);
    if (own) return this.#ownFile(own, codecs);
    const row = this.#row(trackId);
    if (!row) return undefined;
    const codec = String(row['codec']);
    const direct = codecs === 'all' || codecs.includes(codec);
    const target = direct ? undefined : chooseTarget(row['lossless'] === 1, codecs);
    if (!direct && !target) return undefined;
    const relativePath = joinBytes(bytes(row['folder']), bytes(row['name']));
    return {
      path: this.#openable(trackId, relativePath),
      relative_path: relativePath.toString('utf8'),
      url_path: `/media/${this.#sign({ trackId, transcode: target })}.${target ?? (extensionOf(relativePath) || codec)}`,
      duration_seconds: Number(row['duration_seconds']),
      title: String(row['title']),
      artist: String(row['artist']),
      album: String(row['album']),
    };
  }

  /** What a token stands for. ERR_MEDIA_EXPIRED for anything else; the file must still be below the music folder, links resolved. */
  media(token: string): Media {
    const claim = this.#verify(token);
    const own = claim && this.#options.own?.get(claim.trackId);
    if (own) return ownMedia(own, claim.transcode);
    const row = claim && this.#row(claim.trackId);
    if (!row) throw expired();
    const relativePath = joinBytes(bytes(row['folder']), bytes(row['name']));
    const path = joinBytes(Buffer.from(this.#options.musicDir), relativePath);
    const stat = this.#inside(path);
    const mark = `${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}`;
    const codec = claim.transcode ?? String(row['codec']);
    return {
      path: this.#openable(claim.trackId, relativePath),
      mime:
        extensionOf(relativePath) === 'aac' && codec === 'aac'
          ? 'audio/aac'
          : (MIME[codec] ?? 'application/octet-stream'),
      etag: `"${mark}${claim.transcode ? `-${claim.transcode}` : ''}"`,
      transcode: claim.transcode,
      duration_seconds: Number(row['duration_seconds']),
    };
  }

  #ownFile(own: OwnTrack, codecs: 'all' | readonly string[]): PlayableFile | undefined {
    const { track_id, path, codec, title, duration_seconds } = own;
    const direct = codecs === 'all' || codecs.includes(codec);
    const target = direct ? undefined : chooseTarget(true, codecs);
    if (!direct && !target) return undefined;
    const url_path = `/media/${this.#sign({ trackId: track_id, transcode: target })}.${target ?? codec}`;
    return {
      path,
      relative_path: `${track_id}.${codec}`,
      url_path,
      duration_seconds,
      title,
      artist: '',
      album: '',
    };
  }

  #inside(path: Bytes): { size: number; mtimeMs: number } {
    try {
      const root = realpathSync.native(this.#options.musicDir, { encoding: 'buffer' });
      const real = realpathSync.native(path, { encoding: 'buffer' });
      const prefix = joinBytes(root, Buffer.from('-')).subarray(0, root.length + 1);
      const stat = statSync(real);
      if (real.subarray(0, prefix.length).equals(prefix) && stat.isFile()) return stat;
    } catch (cause) {
      throw new AppError('ERR_TRACK_NOT_FOUND', 'the file of this track is not there', { cause });
    }
    throw new AppError('ERR_TRACK_NOT_FOUND', 'the file of this track is outside the music folder');
  }

  #row(trackId: string): Row | undefined {
    return this.#options.db.prepare('SELECT * FROM tracks WHERE track_id = ?').get(trackId);
  }

  /** The path as text. A name that is no text gets a link with a plain name, which is. */
  #openable(trackId: string, relativePath: Bytes): string {
    const text = exactText(relativePath);
    if (text !== undefined) return join(this.#options.musicDir, text);
    const folder = join(this.#options.cacheDir, 'names');
    const link = join(folder, `${trackId}.${extensionOf(relativePath)}`);
    mkdirSync(folder, { recursive: true });
    try {
      symlinkSync(joinBytes(Buffer.from(this.#options.musicDir), relativePath), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    return link;
  }

  #sign(claim: Claim): string {
    const { clock } = this.#options;
    const wall = Math.floor(clock.wallMs() / 1000) + LIFETIME_SECONDS;
    const mono = Math.floor(clock.nowUs() / 1e6) + LIFETIME_SECONDS;
    const fields = [claim.trackId, claim.transcode ?? '', wall.toString(36), this.#life, mono.toString(36)];
    const payload = Buffer.from(fields.join('~')).toString('base64url');
    return `${payload}.${this.#mac(payload).toString('base64url')}`;
  }

  #mac(payload: string): Buffer {
    return createHmac('sha256', this.#options.mediaKey).update('tutti media 1\0').update(payload).digest();
  }

  #verify(token: string): Claim | undefined {
    const found = /^([A-Za-z0-9_-]{8,400})\.([A-Za-z0-9_-]{43})(?:\.[a-z0-9]{1,5})?$/.exec(token);
    if (!found) return undefined;
    const mac = Buffer.from(found[2]!, 'base64url');
    const right = this.#mac(found[1]!);
    if (mac.length !== right.length || !timingSafeEqual(mac, right)) return undefined;
    const [trackId = '', target, wall = '', life, mono = ''] = Buffer.from(found[1]!, 'base64url')
      .toString()
      .split('~');
    const { clock } = this.#options;
    const isOver =
      life === this.#life
        ? clock.nowUs() / 1e6 > Number.parseInt(mono, 36)
        : clock.wallMs() / 1000 > Number.parseInt(wall, 36);
    if (isOver) return undefined;
    return { trackId, transcode: TARGETS.find((known) => known === target) };
  }
}

function ownMedia(
  { path, codec, duration_seconds }: OwnTrack,
  transcode: TranscodeTarget | undefined,
): Media {
  try {
    const stat = statSync(path);
    const mark = `${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}`;
    const mime = MIME[transcode ?? codec] ?? 'application/octet-stream';
    return { path, mime, etag: `"${mark}${transcode ? `-${transcode}` : ''}"`, transcode, duration_seconds };
  } catch (cause) {
    throw new AppError('ERR_TRACK_NOT_FOUND', 'the file of this track is not there', { cause });
  }
}

const expired = (): AppError =>
  new AppError('ERR_MEDIA_EXPIRED', 'this media URL is not valid, or no longer');

/** Nothing is lost where the player allows it; what was lossy is not made larger than it need be. */
function chooseTarget(lossless: boolean, codecs: readonly string[]): TranscodeTarget | undefined {
  const order: readonly TranscodeTarget[] = lossless ? ['flac', 'mp3', 's16le'] : ['mp3', 'flac', 's16le'];
  return order.find((target) => codecs.includes(target));
}
