import { expect, it } from 'vitest';
import { settingTitle, type Setting } from '../../src/protocol/index.js';
import { fromText, matches, originWords, purposeOf, refusalWords, valueWords } from './setting-words.js';

const setting = (more: Partial<Setting> = {}): Setting => ({
  key: 'trash_days',
  group: 'Music in and out',
  kind: 'number',
  description: 'so long things stay in the trash',
  choices: [],
  minimum: 0,
  maximum: 3650,
  fallback: 30,
  value: 30,
  hidden: false,
  from: 'default',
  locked: false,
  live: true,
  waiting: false,
  ...more,
});

it('gives every key a title, also one that this page does not know', () => {
  expect(settingTitle('music_dir')).toBe('Music folder');
  expect(settingTitle('something_new')).toBe('Something new');
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

it('says what a setting is for without keys of others', () => {
  const description = 'address at which snapclients connect; default: that of `host`';
  expect(purposeOf(setting({ description }))).toBe(
    'Address at which snapclients connect; default: that of “Host”.',
  );
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

it.each([
  [
    'import_dir',
    'Import_dir: "usb" is no whole path. Write the whole path, such as /srv/usb.',
    '"usb" is no whole path. Write the whole path, such as /srv/usb.',
  ],
  [
    'time_zone',
    'Time_zone: there is no time zone "Berln". Did you mean: time_zone: Europe/Berlin',
    'There is no time zone "Berln". Did you mean: Europe/Berlin',
  ],
  ['gpio_buttons', 'Gpio_buttons: "x" is none. Write GPIOs: [5, 6].', '"x" is none. Write GPIOs: 5, 6.'],
  ['path_template', "Path_template: folders. Write: '{album}/{title}'", 'Folders. Write: {album}/{title}'],
  ['port', "The server's disk is full", "The server's disk is full"],
])('says why %s is not taken without the words of a config file', (key, said, words) => {
  expect(refusalWords(key, said)).toBe(words);
});

it('takes an empty line as the default, except where a number is needed or a list may be empty', () => {
  const { minimum: _least, maximum: _most, fallback: _fallback, ...plain } = setting();
  expect(fromText({ ...plain, kind: 'text' }, ' ')).toBe('default');
  expect(fromText({ ...plain, kind: 'number' }, '')).toBe('default');
  expect(fromText({ ...plain, kind: 'number', fallback: 30 }, '')).toEqual({ problem: 'A number is needed' });
  expect(fromText({ ...plain, kind: 'list' }, '')).toEqual({ value: [] });
});
