import { expect, it } from 'vitest';
import { linkWords } from './link-words.js';

it.each([
  ['it broke: getaddrinfo ENOTFOUND kitchen.lan', 'it broke: no machine is called kitchen.lan (ENOTFOUND)'],
  ['connect ECONNREFUSED ::1:6600', 'nothing listens at ::1:6600 (ECONNREFUSED)'],
  [
    'connect EHOSTUNREACH 192.168.1.9:8009 - Local (0.0.0.0:0)',
    '192.168.1.9:8009 does not answer, it may be switched off (EHOSTUNREACH) - Local (0.0.0.0:0)',
  ],
  ['the card was unplugged', 'the card was unplugged'],
])('says in words why there is no connection: %s', (said, meant) => {
  expect(linkWords(said)).toBe(meant);
});
