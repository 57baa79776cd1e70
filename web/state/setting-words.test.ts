import { expect, it } from 'vitest';
import type { Setting } from '../../src/protocol/index.js';
import { fromText, matches, originWords, purposeOf, titleOf, valueWords } from './setting-words.js';

const setting = (more: Partial<Setting> = {}): Setting => ({
  key: 'trash_days',
  group: 'Music in and out',
  kind: 'number',
  description: 'so long things stay in the trash',
  choices: [],
  minimum: 0,
  maximum: 3650,
  value: 30,
  hidden: false,
  from: 'default',
  locked: false,
  live: true,
  waiting: false,
  ...more,
});

it('gives every key a title, also one that this page does not know', () => {
  expect(titleOf({ key: 'music_dir' })).toBe('Music folder');
  expect(titleOf({ key: 'something_new' })).toBe('Something new');
});

it('says what it is for as a sentence', () => {
  expect(purposeOf(setting())).toBe('So long things stay in the trash.');
});

it('says what is set, and never what is hidden', () => {
  expect(valueWords(setting())).toBe('30');
  expect(valueWords(setting({ kind: 'switch', value: false }))).toBe('Off');
  expect(valueWords(setting({ kind: 'list', value: ['a', 'b'] }))).toBe('a, b');
  expect(valueWords({ ...setting({ hidden: true }), value: undefined })).toBe('Set, and not shown');
});

it('says who set it', () => {
  expect(originWords(setting())).toBe('As by default. A change counts at once');
  expect(originWords(setting({ from: 'page', live: false }))).toContain('Set here');
  expect(originWords(setting({ from: 'file', where: '/etc/tutti.yaml:3:1', locked: true }))).toBe(
    'Fixed by /etc/tutti.yaml:3:1',
  );
  expect(originWords(setting({ locked: true }))).toBe('Set in the config file only');
});

it('takes numbers in their range, and lists with commas', () => {
  expect(fromText(setting(), ' 7 ')).toEqual({ value: 7 });
  expect(fromText(setting(), '')).toEqual({ problem: 'A number from 0 to 3650 is needed' });
  expect(fromText(setting(), '4000')).toHaveProperty('problem');
  expect(fromText(setting({ kind: 'list' }), 'a.lan,  b.lan,')).toEqual({ value: ['a.lan', 'b.lan'] });
});

it('is found by any of its words', () => {
  expect(matches(setting(), 'trash')).toBe(true);
  expect(matches(setting(), 'days music')).toBe(true);
  expect(matches(setting(), 'port')).toBe(false);
});
