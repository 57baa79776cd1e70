import type { Activity } from '../../src/protocol/activity.js';
import type { Job } from '../../src/protocol/job.js';

/** Finished work that is worth a line: what failed is, until the same was done after it. */
export function jobsToShow(jobs: readonly Job[]): Job[] {
  const done = new Set<string>();
  return jobs.filter(({ kind, state }) => {
    if (state === 'queued' || state === 'running') return true;
    const first = !done.has(kind);
    done.add(kind);
    return first && state === 'failed';
  });
}

/** One line about a job. */
export function jobLine({ state, progress, message, error }: Job): string {
  if (state === 'queued') return 'Waits for its turn';
  if (state === 'failed') return error?.message ?? message;
  return message === '' ? `${progress} %` : `${progress} % · ${message}`;
}

/** What happened, without the album: `Ann loves`. Undefined for what nobody needs to read. */
export function activityWords({ action, username }: Activity): string | undefined {
  const who = username === undefined || username === 'household' ? undefined : username;
  const by = who === undefined ? '' : ` by ${who}`;
  switch (action) {
    case 'new_album':
      return 'New album';
    case 'unheart':
      return undefined;
    case 'heart':
      return who === undefined ? 'Loved at home' : `${who} loves this`;
    case 'download_started':
      return `On its way${who === undefined ? '' : `, wished for${by}`}`;
    case 'album_imported':
      return `Came into the library${who === undefined ? '' : `, sent${by}`}`;
    case 'delete':
      return `Deleted${by}`;
    case 'upgrade':
      return 'Here in better quality now';
    default:
      return action satisfies never;
  }
}

/** `5 min ago`, and the date after a week. */
export function ago(timestamp: string, nowMs: number): string {
  const then = Date.parse(timestamp);
  const minutes = Math.floor((nowMs - then) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / (24 * 60))} days ago`;
  return new Date(then).toLocaleDateString('en', { day: 'numeric', month: 'short', year: 'numeric' });
}
