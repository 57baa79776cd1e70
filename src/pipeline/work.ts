import { join } from 'node:path';
import type { Clock, Logger } from '../base/index.js';
import type { Work } from '../jobs/index.js';
import { defaultTags } from '../library/index.js';
import { examineWork } from './examine/index.js';
import { exportWork } from './exports/work.js';
import { fetchWork, Sources, type SourceSettings } from './sources/index.js';

/** Settings of the same names; see src/config. */
export interface WorkSettings {
  readonly data_dir: string;
  readonly allow_private_addresses: readonly string[];
  readonly download_max_mb: number;
  readonly download_max_minutes: number;
  readonly space_reserve_mb: number;
  readonly yt_dlp?: string | undefined;
  readonly streamrip?: string | undefined;
}

const MEGABYTE = 1024 * 1024;

export const workspaceOf = ({ data_dir }: Pick<WorkSettings, 'data_dir'>): string =>
  join(data_dir, 'workspace');

/** Caps are read when they are needed: the settings of a running server may change. */
export function sourceSettings(settings: WorkSettings, clock: Clock): SourceSettings {
  return {
    clock,
    incoming: join(workspaceOf(settings), 'incoming'),
    allow_private_addresses: settings.allow_private_addresses,
    caps: {
      get max_bytes() {
        return settings.download_max_mb * MEGABYTE;
      },
      get max_ms() {
        return settings.download_max_minutes * 60_000;
      },
      get reserve_bytes() {
        return settings.space_reserve_mb * MEGABYTE;
      },
    },
    yt_dlp: settings.yt_dlp,
    streamrip: settings.streamrip,
  };
}

export interface OpenWorks {
  readonly works: readonly Work<never, unknown>[];
  /** When none of them is done any more. */
  close(this: void): Promise<void>;
}

/** Everything that `tutti worker` can do for its house: it sees the same data folder and music. */
export function allWork(
  settings: WorkSettings,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): OpenWorks {
  const tags = defaultTags({ clock, log });
  const works = [fetchWork(new Sources(sourceSettings(settings, clock))), examineWork(tags), exportWork()];
  // Each gets only what its own schema let through.
  return { works: works as unknown as readonly Work<never, unknown>[], close: () => tags.close() };
}
