import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/protocol/doctor.js';
import { bySeverity, commandIn, figureWords, runState, sentence, verdict } from './check-words.js';

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

  it.each([
    ['sudo kill 42   or   TUTTI_PORT=8081 tutti serve', 'sudo kill 42'],
    ['TUTTI_HOST=0.0.0.0 tutti serve', 'TUTTI_HOST=0.0.0.0 tutti serve'],
    ['Give the case air or a heat sink', undefined],
    ['On the router: allow 10.0.0.2', undefined],
  ])('finds the command in %s', (fix, command) => {
    expect(commandIn(fix)).toBe(command);
  });

  it('says figures with their unit', () => {
    expect(figureWords({ name: 'free', value: 12, unit: 'MB' })).toBe('free: 12 MB');
    expect(figureWords({ name: 'players', value: 2 })).toBe('players: 2');
  });
});

it.each([
  ['off, or any free one', 'Off, or any free one'],
  ['mDNS is off', 'mDNS is off'],
  ['x64, Debian', 'x64, Debian'],
  ['/ can be written to', '/ can be written to'],
])('begins a sentence: %s', (text, words) => {
  expect(sentence(text)).toBe(words);
});
