import { uuid } from '../../base/index.js';

/** Words of what a scan is at: it looks through folders, then it reads changed files. */
export type ScanStage = 'survey' | 'read';

/** One scan as people follow it. */
export interface ScanJob {
  readonly job_id: string;
  /** Aborted when somebody cancels the scan. */
  readonly signal: AbortSignal;
  begin(stage: ScanStage): void;
  progress(news: {
    readonly current: number;
    readonly total: number;
    readonly stage: ScanStage;
    readonly message: string;
  }): void;
  complete(result: {
    readonly message: string;
    readonly result: Readonly<Record<string, number>>;
    readonly result_url: string;
  }): void;
  fail(error: { readonly message: string; readonly retryable: boolean }): void;
}

/** For a library whose scans nobody follows. */
export function unfollowedScan(): ScanJob {
  const nothing = (): void => undefined;
  const { signal } = new AbortController();
  return { job_id: uuid(), signal, begin: nothing, progress: nothing, complete: nothing, fail: nothing };
}

/** Audio files of the folders looked at. */
export interface ScanCounts {
  /** Met so far. */
  met: number;
  /** Of those, the ones that had changed. */
  changed: number;
  /** Changed ones read again. */
  read: number;
  /** Read ones that could not be taken, or only with a doubt. */
  problems: number;
}

export const noCounts = (): ScanCounts => ({ met: 0, changed: 0, read: 0, problems: 0 });

/** What a scan tells on its way. `expected`: files in the library before, as nobody knows how many there are now until all folders were met. */
export function scanProgress(
  counts: ScanCounts,
  stage: ScanStage,
  expected: number,
): Parameters<ScanJob['progress']>[0] {
  const { met, changed, read } = counts;
  const total = stage === 'survey' ? Math.max(met, expected) : met;
  const message = stage === 'survey' ? `${met} files found` : `${read} of ${changed} changed files read`;
  return { current: met - changed + read, total, stage, message };
}

export function scanResult({ met, read, problems }: ScanCounts): Parameters<ScanJob['complete']>[0] {
  const trouble = problems === 0 ? '' : `, ${problems} with problems`;
  return {
    message: `${met} files, ${read} read${trouble}`,
    result: { files: met, read, problems },
    result_url: '/api/v1/library',
  };
}
