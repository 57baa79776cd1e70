import { join } from 'node:path';
import * as z from 'zod';
import { AppError, type Clock } from '../../base/index.js';
import type { Work } from '../../jobs/index.js';
import { SourceKind } from '../../protocol/index.js';
import { AddressGuard, type Resolve } from '../../net/index.js';
import { HttpSource } from './http-source.js';
import { ProgramSource } from './program-source.js';
import type { FreeBytes } from './room-on-disk.js';
import { Fetched, type Caps, type Source } from './source.js';
import { streamrip } from './streamrip.js';
import { UploadSource } from './upload-source.js';
import { ytDlp } from './yt-dlp.js';

/** A download as a folder: nothing that leads elsewhere. */
export const DownloadId = z.string().regex(/^[a-z0-9-]{8,64}$/);

export const FetchParams = z.object({
  download_id: DownloadId,
  source: SourceKind,
  url: z.string().max(2048).optional(),
  name: z.string().max(300).optional(),
});
export type FetchParams = z.infer<typeof FetchParams>;

/** From the configuration, the same in the house and in every worker. */
export interface SourceSettings {
  readonly clock: Clock;
  /** `<data_dir>/workspace/incoming`. */
  readonly incoming: string;
  readonly allow_private_addresses: readonly string[];
  readonly caps: Caps;
  /** Paths of programs; absent = this source is not offered. */
  readonly yt_dlp?: string | undefined;
  readonly streamrip?: string | undefined;
  readonly ffprobe?: string | undefined;
  /** For tests. */
  readonly resolve?: Resolve;
  readonly free?: FreeBytes;
}

export const fetchFolder = (incoming: string, downloadId: string): string =>
  join(incoming, DownloadId.parse(downloadId));

/** The sources of this house. */
export class Sources {
  readonly guard: AddressGuard;
  readonly settings: SourceSettings;
  readonly #sources: readonly Source[];

  constructor(settings: SourceSettings) {
    const { clock, caps, ffprobe, free, resolve } = settings;
    this.settings = settings;
    const allow = settings.allow_private_addresses;
    this.guard = new AddressGuard({ clock, allow, ...(resolve && { resolve }) });
    const parts = { guard: this.guard, caps, ffprobe, free };
    this.#sources = [
      new HttpSource(parts),
      new UploadSource(parts),
      ...(settings.yt_dlp === undefined
        ? []
        : [new ProgramSource({ ...parts, program: settings.yt_dlp }, ytDlp)]),
      ...(settings.streamrip === undefined
        ? []
        : [new ProgramSource({ ...parts, program: settings.streamrip }, streamrip)]),
    ];
  }

  kinds(): SourceKind[] {
    return this.#sources.map(({ kind }) => kind);
  }

  /** Throws ERR_NOT_SUPPORTED for one that this house does not have. An episode is a file on the web. */
  get(kind: SourceKind): Source {
    const wanted = kind === 'feed' ? 'http' : kind;
    const source = this.#sources.find((one) => one.kind === wanted);
    if (source) return source;
    throw new AppError('ERR_NOT_SUPPORTED', `This house has no ${wanted}; the configuration can name one`);
  }

  /** The one for an address: services of streamrip, then plain files, then yt-dlp for pages, if there is one. */
  forUrl(text: string): Source {
    const url = new URL(text);
    const rip = this.#sources.find(({ kind }) => kind === 'streamrip');
    if (rip?.takes(url) === true) return rip;
    const pages = this.#sources.find(({ kind }) => kind === 'yt-dlp');
    return pages && !LOOKS_LIKE_MUSIC.test(url.pathname) ? pages : this.get('http');
  }
}

const LOOKS_LIKE_MUSIC = /\.(?:flac|mp3|m4a|m4b|aac|ogg|oga|opus|wav|aiff?|wv|ape|wma|mka|dsf|dff|zip)$/i;

/** Tried so often in all, and so long after a failure that may pass. */
export const FETCH_RETRY = { attempts: 4, delay_ms: 60_000 } as const;

/** Fetching as work that any process of the house can do. */
export function fetchWork(sources: Sources): Work<FetchParams, Fetched> {
  return {
    kind: 'fetch',
    params: FetchParams,
    result: Fetched,
    retry: FETCH_RETRY,
    run: ({ download_id, source, url, name }, context) => {
      const folder = fetchFolder(sources.settings.incoming, download_id);
      return sources.get(source).run({ download_id, url, name, folder }, context);
    },
  };
}
