import { describe, expect, it } from 'vitest';
import { invitationTo, modulesPath } from './party-link.js';
import { parseRoute } from './route.js';

describe('an invitation', () => {
  it('has the address of this page and keeps its secret in the fragment', () => {
    const { url, local } = invitationTo(
      'http://tutti.local:8080/app/?x=1#/party/kitchen',
      'kitchen',
      'a+b/c',
    );
    expect(local).toBe(false);
    const { origin, pathname, search, hash } = new URL(url);
    expect(origin + pathname + search).toBe('http://tutti.local:8080/app/');
    expect(parseRoute(hash)).toEqual({ view: 'join', id: 'kitchen', invite: 'a+b/c' });
  });
  it('knows addresses that only this machine understands', () => {
    const local = (here: string) => invitationTo(here, 'r', 'i').local;
    for (const here of [
      'http://127.0.0.1:8080/',
      'http://localhost/',
      'http://[::1]:80/',
      'http://a.localhost/',
    ])
      expect(local(here)).toBe(true);
    for (const here of [
      'http://192.168.1.5:8080/',
      'http://pi/',
      'http://127.example.org/',
      'http://[fe80::1]/',
    ])
      expect(local(here)).toBe(false);
  });
});

describe('a QR code', () => {
  it('is drawn in runs', () => {
    expect(
      modulesPath([
        [true, true, false, true],
        [false, false, false, false],
      ]),
    ).toBe('M0 0h2v1h-2zM3 0h1v1h-1z');
  });
});
