import { join } from 'node:path';
import { AppError } from '../base/index.js';
import { version } from '../package-root.js';
import {
  identify,
  MusicBrainz,
  searchReleases,
  workspaceOf,
  type Examined,
  type FlowParts,
} from '../pipeline/index.js';
import type { Match } from '../protocol/index.js';
import type { Base } from './base.js';

const MUSICBRAINZ = 'https://musicbrainz.org';
/** What a person waits for at most who asks the source for other names. */
const SEARCH_MS = 60_000;

export interface Identifying {
  readonly identify: FlowParts['identify'];
  search(this: void, examined: Examined, asked: Asked): Promise<Match[]>;
  /** Forgets answers of the source that are too old. */
  sweep(this: void): Promise<void>;
}

interface Asked {
  readonly artist?: string | undefined;
  readonly album?: string | undefined;
  readonly release_id?: string | undefined;
}

/** Who says what an album is: a source of releases, when its owner is told who asks; else the tags, when that was chosen; else nobody. */
export function openIdentify({ config, clock, log, closers }: Base): Identifying {
  const { musicbrainz_contact: contact, musicbrainz_url: url = MUSICBRAINZ } = config;
  const source =
    contact === undefined
      ? undefined
      : new MusicBrainz({
          url,
          contact,
          version,
          rateMs: config.musicbrainz_rate_ms,
          folder: join(workspaceOf(config), 'releases'),
          clock,
          log,
        });
  closers.add(() => source?.close());
  const mode = source === undefined && config.import_by_tags ? 'tags' : 'source';
  return {
    identify: (examined, name, signal) => identify(examined, { source, mode, name, signal }),
    search: async (examined, asked) => {
      if (!source)
        throw new AppError(
          'ERR_NOT_SUPPORTED',
          'No source of releases is set up: set musicbrainz_contact in the configuration',
        );
      return searchReleases(examined, { source, signal: AbortSignal.timeout(SEARCH_MS), ...asked });
    },
    sweep: async () => source?.sweep(),
  };
}
