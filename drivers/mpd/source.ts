import { isIPv6 } from 'node:net';
import type { Logger } from '../../src/base/index.js';
import type { Media } from '../../src/players/index.js';
import { MpdAck, type MpdConnection } from './client.js';
import type { OurSong } from './songs.js';
import { fields, lengthSeconds, readSong } from './status.js';
import type { MpdCommand } from './wire.js';

/** A file of the same name is another recording when its length differs by more. */
const SAME_LENGTH_SECONDS = 1.5;
const MAX_MISSES = 2000;
const NOT_FOUND = 50;

export interface SourceOptions {
  readonly shares_music: boolean | 'auto';
  /** Connected by a unix socket: MPD is on this machine and may read our files. */
  readonly local: boolean;
  readonly httpPort: number;
}

export type Added = { readonly song: OurSong } | { readonly problem: string };

/** Finds the way by which this MPD can open a media, and appends it to its queue. */
export class SongSource {
  #connection: MpdConnection;
  #options: SourceOptions;
  #log: Logger;
  /** Paths that MPD's database does not have. */
  #misses = new Set<string>();
  #filesRefused = false;

  constructor(connection: MpdConnection, options: SourceOptions, log: Logger) {
    this.#connection = connection;
    this.#options = options;
    this.#log = log;
  }

  /** MPD's database changed: what was missing may be there now. */
  forgetMisses(): void {
    this.#misses.clear();
  }

  /** Appends at the end of MPD's queue by the first way that it accepts. */
  async add(media: Media): Promise<Added> {
    let problem = 'there is no way by which this MPD could open it';
    for await (const uri of this.#ways(media)) {
      try {
        const id = fields(await this.#connection.request('addid', uri)).get('Id');
        if (id !== undefined) return { song: await this.#describe(media, id, uri) };
      } catch (error) {
        if (!(error instanceof MpdAck)) throw error;
        this.#refused(media, uri, error);
        problem = error.said;
      }
    }
    return { problem };
  }

  async *#ways(media: Media): AsyncGenerator<string> {
    const { shares_music: shares, local, httpPort } = this.#options;
    const { url, relative_path: relative, path, url_path: urlPath } = media;
    if (relative !== undefined && !this.#misses.has(relative)) {
      if (shares === true || (shares === 'auto' && (await this.#hasSame(relative, media)))) yield relative;
    }
    if (path !== undefined && local && !this.#filesRefused) yield `file://${path}`;
    if (url !== undefined) yield url;
    if (urlPath !== undefined && httpPort > 0) yield `http://${this.#ownHost()}:${httpPort}${urlPath}`;
  }

  async #hasSame(relative: string, media: Media): Promise<boolean> {
    try {
      const found = fields(await this.#connection.request('lsinfo', relative));
      const length = lengthSeconds(found);
      const wanted = media.duration_seconds;
      const same =
        length === undefined || wanted === undefined || Math.abs(length - wanted) <= SAME_LENGTH_SECONDS;
      if (found.get('file') === relative && same) return true;
    } catch (error) {
      if (!(error instanceof MpdAck)) throw error;
    }
    this.#miss(relative);
    return false;
  }

  #refused(media: Media, uri: string, error: MpdAck): void {
    this.#log.debug({ ref: media.ref, ack: error.ack, said: error.said }, 'mpd would not add a song');
    if (uri === media.relative_path) this.#miss(uri);
    if (uri.startsWith('file://') && error.ack !== NOT_FOUND) this.#filesRefused = true;
  }

  #miss(relative: string): void {
    if (this.#misses.size >= MAX_MISSES) this.#misses.clear();
    this.#misses.add(relative);
  }

  /** How MPD calls what was added; and the other way round: tells MPD's other clients what a bare URL is. */
  async #describe(media: Media, id: string, uri: string): Promise<OurSong> {
    const remote = /^https?:\/\//.test(uri) && !media.live;
    const tags: MpdCommand[] = [['addtagid', id, 'Title', oneLine(media.title)]];
    if (media.artist !== undefined) tags.push(['addtagid', id, 'Artist', oneLine(media.artist)]);
    if (media.album !== undefined) tags.push(['addtagid', id, 'Album', oneLine(media.album)]);
    const [found] = await Promise.all([
      this.#connection.request('playlistid', id),
      remote ? this.#connection.list(tags).catch((error: unknown) => this.#untagged(error)) : undefined,
    ]);
    return {
      ref: media.ref,
      id,
      uri: readSong(found)?.file ?? uri,
      live: media.live,
      ...(media.duration_seconds !== undefined && { duration_seconds: media.duration_seconds }),
    };
  }

  #untagged(error: unknown): void {
    if (!(error instanceof MpdAck)) throw error;
    this.#log.debug({ said: error.said }, 'mpd would not tag a song');
  }

  #ownHost(): string {
    const address = (this.#connection.localAddress ?? '127.0.0.1')
      .replace(/^::ffff:/, '')
      .replace(/%.*$/, '');
    return isIPv6(address) ? `[${address}]` : address;
  }
}

function oneLine(text: string): string {
  return text.replace(/[\n\r\0]+/g, ' ');
}
