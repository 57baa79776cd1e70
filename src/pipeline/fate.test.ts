import { describe, expect, it } from 'vitest';
import type { Candidate, Download } from '../protocol/index.js';
import { fateOf, fateOfRest, type Came } from './fate.js';

const download = (state: Download['state'], error?: string): Download => ({
  download_id: 'd',
  source: 'http',
  title: 'T',
  state,
  progress: 0,
  received_bytes: 0,
  attempt: 1,
  retry_available: false,
  created_at: '',
  ...(error !== undefined && { error }),
});
const came = (state: Candidate['state'], path = 'a', reason?: string): Came => ({
  item: {
    candidate_id: path,
    title: 'T',
    source: 'http',
    path,
    state,
    file_count: 1,
    size_bytes: 1,
    gates: [],
    created_at: '',
    updated_at: '',
    ...(state === 'imported' && { album_id: `al-${path}` }),
    ...(reason !== undefined && { reason }),
  },
  track_ids: state === 'imported' ? [`${path}1`, `${path}2`] : [],
});

describe('[WI1] what became of a download', () => {
  it.each(['queued', 'running', 'paused', 'checking', 'handed_on'] as const)(
    'is coming while it is %s',
    (state) => {
      expect(fateOf(download(state), [])).toEqual({ state: 'coming' });
    },
  );
  it('is coming while a part of it is on its way', () => {
    expect(fateOf(download('handed_on'), [came('imported'), came('examining', 'b')])).toEqual({
      state: 'coming',
    });
  });
  it('is here with all its albums, in the order of their names', () => {
    expect(fateOf(undefined, [came('imported', 'b'), came('imported', 'a'), came('review', 'c')])).toEqual({
      state: 'here',
      album_id: 'al-b',
      track_ids: ['a1', 'a2', 'b1', 'b2'],
      rest: true,
    });
    expect(fateOf(undefined, [came('imported'), came('rejected', 'b')])).toMatchObject({ rest: false });
  });
  it.each([
    [undefined, [], /removed/],
    [download('failed', 'No such file.'), [], /No such file/],
    [download('waiting', 'The server is busy.'), [], /busy/],
    [download('cancelled'), [], /cancelled/],
    [download('handed_on'), [came('review', 'a', 'Two tracks are missing.')], /decision\. Two tracks/],
    [download('handed_on'), [came('rejected')], /not taken/],
    [download('handed_on'), [came('waiting', 'a', 'The source is down.')], /source is down/],
  ])('says why it does not come', (one, candidates, problem) => {
    expect(fateOf(one, candidates)).toEqual({ state: 'missing', problem: expect.stringMatching(problem) });
  });

  it('is, for a queue that has the first album, what becomes of the others', () => {
    const first = { ...came('imported'), queued: true };
    const rest = (state: Candidate['state'], reason?: string) =>
      fateOfRest(undefined, [first, { ...came(state, 'b', reason), queued: false }]);
    expect(rest('review', 'Two fit.')).toMatchObject({
      state: 'missing',
      problem: expect.stringMatching(/Two fit/) as string,
    });
    expect(rest('importing')).toEqual({ state: 'coming' });
    expect(rest('imported')).toMatchObject({ state: 'here', track_ids: ['b1', 'b2'], rest: false });
    expect(rest('rejected')).toMatchObject({
      state: 'missing',
      problem: expect.stringMatching(/not taken/) as string,
    });
    expect(fateOfRest(undefined, [first])).toMatchObject({ state: 'missing' });
  });
});
