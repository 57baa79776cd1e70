import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/protocol/doctor.js';
import { bySeverity, figureWords, runState, verdict } from './check-words.js';

const check = (more: Partial<Check>): Check => ({
  check_id: 'a',
  title: 'A',
  part: 'network',
  state: 'done',
  severity: 'ok',
  measured: true,
  found: 'well',
  figures: [],
  why: 'It matters.',
  ...more,
});

describe('what the doctor found, in words', () => {
  it.each([
    [[check({})], 'Everything is fine'],
    [
      [check({}), check({ severity: 'notice', measured: false })],
      'Everything that could be measured is fine',
    ],
    [[check({ severity: 'warning', fix: 'x' })], '1 could be better'],
    [
      [
        check({ severity: 'problem', fix: 'x' }),
        check({ severity: 'problem', fix: 'x' }),
        check({ severity: 'warning', fix: 'x' }),
      ],
      '2 things do not work, 1 could be better',
    ],
  ])('sums up', (checks, words) => {
    expect(verdict(checks)).toBe(words);
  });

  it('has the worst first, and only what is done', () => {
    const checks = [
      check({}),
      check({ severity: 'problem' }),
      check({ state: 'running', severity: 'notice' }),
    ];
    expect(bySeverity(checks).map(({ severity }) => severity)).toEqual(['problem', 'ok']);
  });

  it('says how far a run is', () => {
    const checks = [check({}), check({ state: 'running', title: 'Disk' }), check({ state: 'waiting' })];
    expect(runState(checks)).toEqual({ total: 3, done: 1, now: ['Disk'], running: true });
  });

  it('says figures with their unit', () => {
    expect(figureWords({ name: 'free', value: 12, unit: 'MB' })).toBe('free: 12 MB');
    expect(figureWords({ name: 'players', value: 2 })).toBe('players: 2');
  });
});
