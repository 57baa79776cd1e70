import { expect, it } from 'vitest';
import { gestureWords, keyWords } from './input-words.js';

it.each([
  ['KEY_VOLUMEUP', 'Volume up'],
  ['KEY_NEXTSONG', 'Next track'],
  ['KEY_RED', 'Red'],
  ['KEY_1', '1'],
  ['KEY_NUMERIC_7', '7'],
  ['KEY_KP3', '3'],
  ['KEY_FULL_SCREEN', 'Full screen'],
  ['KEY_583', 'Key 583'],
  ['BTN_0', 'Button 0'],
  ['REL_DIAL+', 'Turn right'],
  ['REL_X-', 'Turn left'],
  ['GPIO17', 'GPIO17'],
  ['SCAN_40BF07', 'Key with the code 40BF07'],
])('calls %s by what people read on it: %s', (key, words) => {
  expect(keyWords(key)).toBe(words);
});

it('says whether a key is held', () => {
  expect(gestureWords('KEY_MUTE', 'press')).toBe('Mute');
  expect(gestureWords('KEY_MUTE', 'hold')).toBe('Mute, held');
});
