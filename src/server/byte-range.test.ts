import { describe, expect, it } from 'vitest';
import { byteRange, etagMatches, quotedEtag } from './byte-range.js';

describe('[MD2] byte ranges', () => {
  const cases: [string | undefined, ReturnType<typeof byteRange>][] = [
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=0-9', { start: 0, end: 9 }],
    ['bytes=0-0', { start: 0, end: 0 }],
    ['bytes=90-', { start: 90, end: 99 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
    ['bytes=9-0', 'whole'],
    ['bytes=0-1,5-6', 'whole'],
    ['bytes=-', 'whole'],
    ['bytes=a-b', 'whole'],
    ['items=0-1', 'whole'],
    ['bytes=99999999999999999999-', 'whole'],
  ];
  it.each(cases)('%s of 100 bytes', (header, expected) => {
    expect(byteRange(header, 100)).toEqual(expected);
  });
  it('an empty file has no byte to give', () => {
    expect(byteRange('bytes=0-', 0)).toBe('unsatisfiable');
    expect(byteRange('bytes=-5', 0)).toBe('unsatisfiable');
    expect(byteRange(undefined, 0)).toBe('whole');
  });
});

describe('etags', () => {
  it('bare tags are quoted and quoted ones left', () => {
    expect(quotedEtag('abc')).toBe('"abc"');
    expect(quotedEtag('"abc"')).toBe('"abc"');
    expect(quotedEtag('W/"abc"')).toBe('W/"abc"');
  });
  it('If-None-Match takes lists, weak tags and the star', () => {
    expect(etagMatches('"x", W/"abc"', '"abc"')).toBe(true);
    expect(etagMatches('*', '"abc"')).toBe(true);
    expect(etagMatches('"x"', '"abc"')).toBe(false);
    expect(etagMatches(undefined, '"abc"')).toBe(false);
  });
});
