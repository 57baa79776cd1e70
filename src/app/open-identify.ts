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

/**
 * Who says what an album is: a source of releases, when its owner is told who asks; else the tags, when that was chosen; else nobody. Settings may
 * change that at any time: what is asked later goes by the new ones.
 */
export function openIdentify(base: Base): Identifying {
  const { config, closers } = base;
  const sources = sourceOf(base);
  closers.add(() => sources.close());
  return {
    identify: (examined, name, signal) => {
      const source = sources.now();
      const mode = source === undefined && config.import_by_tags ? 'tags' : 'source';
      return identify(examined, { source, mode, name, signal });
    },
    search: async (examined, asked) => {
      const source = sources.now();
      if (!source)
        throw new AppError(
          'ERR_NOT_SUPPORTED',
          'No source of releases is set up: set musicbrainz_contact under Settings or in the configuration',
        );
      return searchReleases(examined, { source, signal: AbortSignal.timeout(SEARCH_MS), ...asked });
    },
    sweep: async () => sources.now()?.sweep(),
  };
}

interface SourceNow {
  now(): MusicBrainz | undefined;
  close(): void;
}

/** The source that the settings name; one that they name no more lets go of what it was asked. */
function sourceOf({ config, clock, log }: Base): SourceNow {
  const folder = join(workspaceOf(config), 'releases');
  let made: { readonly source: MusicBrainz; readonly by: string } | undefined;
  return {
    now() {
      const { musicbrainz_contact: contact, musicbrainz_url: url = MUSICBRAINZ } = config;
      const { musicbrainz_rate_ms: rateMs } = config;
      const by = JSON.stringify([contact, url, rateMs]);
      if (made?.by === by) return made.source;
      made?.source.close();
      made = undefined;
      if (contact === undefined) return undefined;
      const source = new MusicBrainz({ url, contact, version, rateMs, folder, clock, log });
      made = { source, by };
      return source;
    },
    close: () => made?.source.close(),
  };
}
