import { expect, it } from 'vitest';
import { nearest } from './nearest.js';

const KEYS = ['port', 'host', 'music_dir', 'trash_days', 'log_level', 'mpd_port'];

it.each([
  ['prot', 'port'],
  ['Port', 'port'],
  ['musicdir', 'music_dir'],
  ['music-dir', 'music_dir'],
  ['trash_day', 'trash_days'],
  ['loglevel', 'log_level'],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, KEYS)).toBe(meant);
});

it('guesses nothing when nothing is near', () => {
  expect(nearest('chandelier', KEYS)).toBeUndefined();
  expect(nearest('', KEYS)).toBeUndefined();
});
