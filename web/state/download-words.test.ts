import { describe, expect, it } from 'vitest';
import type { Download } from '../../src/protocol/pipeline/download.js';
import { downloadLine, pulseOf, STALE_MS, tidyAddress } from './download-words.js';

const download = (more: Partial<Download> = {}): Download => ({
  download_id: 'd',
  source: 'http',
  title: 'Blue Hours',
  state: 'running',
  progress: 40,
  received_bytes: 10_000_000,
  total_bytes: 25_000_000,
  speed_bytes_per_second: 1_500_000,
  eta_seconds: 10,
  attempt: 1,
  retry_available: false,
  created_at: '2026-11-20T09:30:00.000Z',
  ...more,
});
const line = (more: Partial<Download> = {}, later_ms = 0): string =>
  downloadLine(download(more), pulseOf(download(more), 1_000), 1_000 + later_ms);

describe('a download in words', () => {
  it('says how far, how fast and how long', () => {
    expect(line()).toBe('40 % of 25.0 MB · 1.5 MB/s · 10 s left');
  });
  it('tells no speed that nobody knows any more', () => {
    expect(line({}, STALE_MS + 4_000)).toBe('40 % of 25.0 MB · no news for 12 s');
  });
  it('has no percent of what has no known end', () => {
    const {
      total_bytes: _total,
      eta_seconds: _eta,
      ...endless
    } = download({ progress: 0, received_bytes: 640_000 });
    expect(downloadLine(endless, pulseOf(endless, 0), 0)).toBe('640 kB · 1.5 MB/s');
  });
  it('says why it waits, and when it goes on', () => {
    const error = 'The server does not answer';
    const next_attempt_at = new Date(61_000).toISOString();
    expect(line({ state: 'waiting', error, next_attempt_at })).toBe(
      'The server does not answer. Tries again in 60 s (attempt 2)',
    );
  });
  it('says why it failed', () => {
    expect(line({ state: 'failed', error: 'This is a web page, not music' })).toBe(
      'This is a web page, not music',
    );
  });
  it('takes addresses as people paste them', () => {
    expect([' music.example/a.flac ', 'http://x/y', ''].map(tidyAddress)).toEqual([
      'https://music.example/a.flac',
      'http://x/y',
      '',
    ]);
  });
});
