import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/protocol/job.js';
import { activityWords, ago, jobLine, jobsToShow } from './job-words.js';

const job = (more: Partial<Job>): Job => ({
  job_id: 'j',
  kind: 'library-scan',
  title: 'Library scan',
  state: 'running',
  progress: 45,
  current: 45,
  total: 100,
  stage: 'read',
  message: '45 of 100 changed files read',
  created_at: '2026-11-20T09:30:00.000Z',
  ...more,
});

describe('work in words', () => {
  it('shows what goes on, and what failed until it was done after all', () => {
    const failed = job({ job_id: 'f', state: 'failed' });
    const done = job({ job_id: 'd', state: 'completed' });
    expect(jobsToShow([job({}), failed, done]).map(({ job_id }) => job_id)).toEqual(['j', 'f']);
    expect(jobsToShow([done, failed])).toEqual([]);
  });
  it('says how far it is and why it failed', () => {
    expect(jobLine(job({}))).toBe('45 % · 45 of 100 changed files read');
    expect(jobLine(job({ state: 'queued' }))).toBe('Waits for its turn');
    const error = { message: 'the disk is away', retryable: true, stage: 'read' };
    expect(jobLine(job({ state: 'failed', error }))).toBe('the disk is away');
  });
  it('names who loves an album, and nobody where nobody signs in', () => {
    const entry = { activity_id: 'a', album_id: 'al', artist: 'A', title: 'T', timestamp: '' };
    expect(activityWords({ ...entry, action: 'heart', username: 'Ann' })).toBe('Ann loves this');
    expect(activityWords({ ...entry, action: 'heart', username: 'household' })).toBe('Loved at home');
    expect(activityWords({ ...entry, action: 'new_album' })).toBe('New album');
    expect(activityWords({ ...entry, action: 'download_started', username: 'Ann' })).toBe(
      'On its way, wished for by Ann',
    );
    expect(activityWords({ ...entry, action: 'album_imported' })).toBe('Came into the library');
    expect(activityWords({ ...entry, action: 'delete', username: 'Ann' })).toBe('Deleted by Ann');
    expect(activityWords({ ...entry, action: 'unheart', username: 'Ann' })).toBeUndefined();
  });
  it('says how long ago', () => {
    const now = Date.parse('2026-11-20T12:00:00Z');
    const at = (minutes: number): string => ago(new Date(now - minutes * 60_000).toISOString(), now);
    expect([at(0), at(5), at(180), at(4 * 1440), at(30 * 1440)]).toEqual([
      'just now',
      '5 min ago',
      '3 h ago',
      '4 days ago',
      'Oct 21, 2026',
    ]);
  });
});
