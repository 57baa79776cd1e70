import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/fakes/manual-clock.js';
import { Search } from './search.js';

function rig() {
  const clock = new ManualClock();
  const asked: { query: string; answer(results: string): void }[] = [];
  const search = new Search<string>(
    (query) => new Promise((resolve) => asked.push({ query, answer: resolve })),
    (ms, run) => clock.after(ms, run),
  );
  return { clock, asked, search };
}

describe('search', () => {
  it('asks once when the fingers rest', async () => {
    const { clock, asked, search } = rig();
    for (const query of ['b', 'ba', 'bac']) {
      search.type(query);
      await clock.advance(50);
    }
    await clock.advance(80);
    expect(asked.map(({ query }) => query)).toEqual(['bac']);
  });
  it('drops the answer to an older question', async () => {
    const { clock, asked, search } = rig();
    search.type('ba');
    await clock.advance(80);
    search.type('bach');
    await clock.advance(80);
    asked[1]!.answer('bach');
    asked[0]!.answer('ba');
    await settle();
    expect(search.results.value).toBe('bach');
  });
  it('keeps the last results while the next are on their way', async () => {
    const { clock, asked, search } = rig();
    search.type('ba');
    await clock.advance(80);
    asked[0]!.answer('ba');
    await settle();
    search.type('bac');
    expect(search.results.value).toBe('ba');
    expect(search.busy.value).toBe(true);
  });
  it('has no results and asks nothing for an empty query', async () => {
    const { clock, asked, search } = rig();
    search.type('b');
    search.type(' ');
    await clock.advance(200);
    expect(search.results.value).toBeUndefined();
    expect(asked).toHaveLength(0);
  });
});
