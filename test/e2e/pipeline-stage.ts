import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Candidate, CandidateFile, Download, Match, Review } from '../../src/protocol/index.js';
import { NOW } from '../fakes/fake-pipeline.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';

export const PHONE = { viewport: { width: 390, height: 844 } };

/** Everything on the page can be hit, heard and read, in both themes and on small screens; with TUTTI_SHOTS, pictures of it. */
export async function auditPage(page: Page, name: string): Promise<void> {
  const shots = process.env['TUTTI_SHOTS'];
  for (const [width, height, colorScheme] of [
    [320, 568, 'dark'],
    [820, 1180, 'light'],
    [390, 844, 'light'],
    [390, 844, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    let found: string[] = [];
    // Colours that are inherited follow a moment later.
    const nothing = async (): Promise<boolean> => {
      found = [...(await auditControls(page)), ...(await auditContrast(page))];
      return found.length === 0;
    };
    await until('nothing is wrong', nothing, 10_000).catch(() =>
      expect(found, `${name} at ${width} x ${height}, ${colorScheme}`).toEqual([]),
    );
    if (shots !== undefined && width < 820)
      await page.screenshot({ animations: 'disabled', path: `${shots}/${name}-${width}-${colorScheme}.png` });
  }
}

export const download = (more: Partial<Download> = {}): Download => ({
  download_id: 'd-one',
  source: 'http',
  title: 'Blue Hours',
  url: 'https://music.example/blue-hours.zip',
  state: 'running',
  progress: 40,
  received_bytes: 10_000_000,
  total_bytes: 25_000_000,
  speed_bytes_per_second: 1_500_000,
  eta_seconds: 10,
  attempt: 1,
  retry_available: false,
  username: 'Ann',
  created_at: NOW,
  ...more,
});

export const candidate = (more: Partial<Candidate> = {}): Candidate => ({
  candidate_id: 'c-one',
  title: 'Amber Antlers - Leaving Snow',
  source: 'upload',
  path: 'leaving-snow',
  state: 'review',
  artist: 'Amber Antlers',
  album: 'Leaving Snow',
  year: 2004,
  file_count: 4,
  size_bytes: 214_000_000,
  confidence: 0.938,
  reason: 'The title of track 2 is another one: “Slow Night” instead of “Slow Light”',
  gates: [
    {
      gate: 'title_differs',
      sentence: 'The title of track 2 is another one: “Slow Night” instead of “Slow Light”',
    },
    { gate: 'extra_tracks', sentence: 'There is one file more than the album has tracks' },
  ],
  created_at: NOW,
  updated_at: NOW,
  ...more,
});

const file = (n: number, title: string, duration_seconds: number): CandidateFile => ({
  path: `0${n} ${title}.flac`,
  size_bytes: 50_000_000,
  kind: 'audio',
  codec: 'flac',
  lossless: true,
  sample_rate_hz: 44_100,
  bits_per_sample: 16,
  channels: 2,
  duration_seconds,
  tags: { title, artist: 'Amber Antlers', track_number: n },
});

const TRACKS = ['Leaving Home', 'Slow Light', 'The Ferry'];

const match = (more: Partial<Match['release']>, confidence: number): Match => ({
  release: {
    release_id: '11111111-2222-4333-8444-555555555555',
    album: 'Leaving Snow',
    album_artist: 'Amber Antlers',
    year: 2004,
    country: 'GB',
    media: 'CD',
    label: 'Harbour Records',
    compilation: false,
    tracks: TRACKS.map((title, n) => ({
      disc_number: 1,
      track_number: n + 1,
      title,
      artist: 'Amber Antlers',
      duration_seconds: 200 + n * 20,
    })),
    ...more,
  },
  confidence,
  evidence: ['tags', 'lengths'],
  penalties: [
    { what: 'unmatched_tracks', share: 0.041 },
    { what: 'track_title', share: 0.021 },
  ],
  files: ['01 Leaving Home.flac', '02 Slow Night.flac', '03 The Ferry.flac'],
  gates: [],
});

/** An album that is nearly what it should be: one title differs, one length, one file too many; and it is there already. */
export function review(more: Partial<Review> = {}): Review {
  return {
    candidate: candidate(),
    files: [
      file(1, 'Leaving Home', 201),
      file(2, 'Slow Night', 220),
      file(3, 'The Ferry', 256),
      file(4, 'Hidden', 61),
      { path: 'cover.jpg', size_bytes: 240_000, kind: 'artwork' },
    ],
    matches: [match({}, 0.938), match({ year: 2011, country: 'US', media: 'Digital' }, 0.871)],
    duplicates: [
      { album_id: 'al3', title: 'Leaving Snow', artist: 'Amber Antlers', by: 'tracks', quality: 'better' },
    ],
    ...more,
  };
}
