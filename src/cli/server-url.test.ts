import { expect, it } from 'vitest';
import { Unset } from './failure.js';
import { serverUrl } from './server-url.js';

it.each([
  ['http://tutti.local:8080', 'http://tutti.local:8080'],
  [' https://tutti.example/ ', 'https://tutti.example'],
])('%s is an address', (text, url) => expect(serverUrl(text)).toBe(url));

it.each([
  ['tutti.local', 'http://tutti.local:8080'],
  ['192.168.1.5:8081', 'http://192.168.1.5:8081'],
  ['ws://tutti.local:8080', 'http://tutti.local:8080'],
  ['//tutti.local', 'http://tutti.local:8080'],
  ['http://', 'http://tutti.local:8080'],
  ['', 'http://tutti.local:8080'],
])('of %j it is said what was meant', (text, meant) => {
  expect(() => serverUrl(text)).toThrow(Unset);
  expect(() => serverUrl(text)).toThrow(`something like ${meant}`);
});
