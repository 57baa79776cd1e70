import { describe, expect, it } from 'vitest';
import type { CandidateFile, Match, Review } from '../../src/protocol/pipeline/candidate.js';
import { editRows, evidenceOf, giveFile, moveRow, sameTitle, soundWords, verdictOf } from './evidence.js';

const file = (path: string, title: string | undefined, duration_seconds = 200): CandidateFile => ({
  path,
  size_bytes: 1000,
  kind: 'audio',
  duration_seconds,
  ...(title === undefined ? {} : { tags: { title } }),
});
const track = (track_number: number, title: string, duration_seconds = 200) => ({
  disc_number: 1,
  track_number,
  title,
  artist: 'Amber Antlers',
  duration_seconds,
});
const match: Match = {
  release: {
    album: 'Snow',
    album_artist: 'Amber Antlers',
    year: 2004,
    compilation: false,
    tracks: [track(1, 'Home'), track(2, 'Slow Light'), track(3, 'The Ferry')],
  },
  confidence: 0.9,
  evidence: ['tags'],
  penalties: [],
  files: ['1.flac', '2.flac', null],
  gates: [],
};
const review: Review = {
  candidate: {
    candidate_id: 'c',
    title: 'Snow',
    source: 'upload',
    path: 'snow',
    state: 'review',
    artist: 'Amber Antlers',
    file_count: 3,
    size_bytes: 3000,
    gates: [],
    created_at: '',
    updated_at: '',
  },
  files: [file('1.flac', 'HOME!'), file('2.flac', 'Slow Night', 212), file('extra.flac', undefined)],
  matches: [match],
  duplicates: [],
};

describe('evidence side by side', () => {
  it('marks titles and lengths that differ, and nothing else', () => {
    const rows = evidenceOf(review, match);
    expect(rows.map(({ title }) => title)).toEqual([false, true, false, false]);
    expect(rows.map(({ length }) => length)).toEqual([undefined, '12 s longer', undefined, undefined]);
  });
  it('shows tracks without a file and files without a track', () => {
    const rows = evidenceOf(review, match);
    expect(rows[2]).toMatchObject({ track: { title: 'The Ferry' }, file: undefined });
    expect(rows[3]).toMatchObject({ track: undefined, file: { path: 'extra.flac' } });
  });
  it('takes no offence at case, accents and punctuation, but never reads signs as nothing', () => {
    expect(sameTitle('Été & Hiver', 'ete and hiver')).toBe(true);
    expect(sameTitle('Don’t', "Don't")).toBe(true);
    expect(sameTitle('!!!', '???')).toBe(false);
    expect(sameTitle('Vol. 1', 'Vol. 2')).toBe(false);
  });
  it('says how a file sounds', () => {
    const hi = {
      ...file('x', 'x'),
      codec: 'flac',
      lossless: true,
      sample_rate_hz: 44_100,
      bits_per_sample: 16,
    };
    expect(soundWords(hi)).toBe('FLAC 16/44.1');
    expect(soundWords({ ...file('x', 'x'), codec: 'mp3', bitrate_kbps: 320 })).toBe('MP3 320 kbit/s');
  });
});

describe('what a person says the album is', () => {
  const names = { artist: ' Amber Antlers ', album: 'Snow', year: '2005' };
  it('begins with the match, and files that are no track of it are left out', () => {
    expect(editRows(review, match).map(({ path }) => path)).toEqual(['1.flac', '2.flac', null, null]);
  });
  it('begins with the tags and names where nothing matches', () => {
    const rows = editRows(review, undefined);
    expect(rows.map(({ track: { title } }) => title)).toEqual(['HOME!', 'Slow Night', 'extra']);
  });
  it('has each file once: giving one away swaps', () => {
    const rows = giveFile(editRows(review, match), 0, '2.flac');
    expect(rows.map(({ path }) => path)).toEqual(['2.flac', '1.flac', null, null]);
  });
  it('is numbered by its order, without what is left out', () => {
    const rows = moveRow(editRows(review, match), 1, 0);
    const { release, files } = verdictOf(names, rows, match.release);
    expect(files).toEqual(['2.flac', '1.flac']);
    expect(release).toMatchObject({ album_artist: 'Amber Antlers', year: 2005 });
    expect(release.tracks.map(({ track_number, title }) => [track_number, title])).toEqual([
      [1, 'Slow Light'],
      [2, 'Home'],
    ]);
  });
});
