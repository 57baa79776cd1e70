import { describe, expect, it } from 'vitest';
import { freeName, nameKey, nameProblem, safeName } from './names.js';

const HOSTILE = [
  '', '.', '..', '...', ' ', 'a/b', '..\\..\\x', 'AC/DC', 'What?', 'a:b*c"d<e>f|g', 'end.', 'end ', ' .x', 'con', 'CON', 'Nul.flac', 'aux .x', 'COM1', 'lpt9.tar.gz', 'com¹',
  '\0', 'a\nb', '\u202egpj.exe', '\ufeff', '\ud800', 'é'.repeat(200), '漢'.repeat(100), '😀'.repeat(80), `${'a'.repeat(254)}. b`, 'e\u0301tude', '\u200b',
]; // prettier-ignore

describe('safe names', () => {
  it('are such that every file system takes them', () => {
    for (const text of HOSTILE) {
      expect([text, nameProblem(safeName(text))]).toEqual([text, undefined]);
      expect([text, nameProblem(safeName(text, { extension: 'flac', maxBytes: 40 }))]).toEqual([
        text,
        undefined,
      ]);
    }
  });
  it('leave alone what is fine', () => {
    for (const fine of ['Harbour Songs', '50% Off', '…And Then', '∞', '東京', "Don't", 'a.b', '1e5'])
      expect(safeName(fine)).toBe(fine);
  });
  it('are cut where a character ends, and keep their extension', () => {
    expect(safeName('é'.repeat(200))).toBe('é'.repeat(127));
    expect(safeName('é'.repeat(200), { extension: 'flac' })).toBe(`${'é'.repeat(125)}.flac`);
    expect(safeName('😀'.repeat(9), { maxBytes: 10 })).toBe('😀😀');
  });
  it('are never names of devices', () => {
    expect(safeName('CON')).toBe('_CON');
    expect(safeName('nul', { extension: 'flac' })).toBe('_nul.flac');
    expect(safeName('Console')).toBe('Console');
  });
  it('say the fallback when nothing is left', () => {
    expect(safeName('...', { fallback: 'Unknown' })).toBe('Unknown');
    expect(safeName('\u202e', { fallback: 'Unknown' })).toBe('Unknown');
  });
});

describe('name keys', () => {
  it('are the same for the same name in other letters', () => {
    expect(nameKey('INTRO')).toBe(nameKey('intro'));
    expect(nameKey('e\u0301')).toBe(nameKey('É'));
    expect(nameKey('Straße')).toBe(nameKey('STRASSE'));
  });
});

describe('free names', () => {
  it('count until nobody has them, and stay short enough', () => {
    const taken = new Set<string>();
    const names = ['Intro', 'INTRO', 'intro', 'x'.repeat(300), 'X'.repeat(300)].map((text) => {
      const name = freeName(text, (key) => taken.has(key), { extension: 'mp3' });
      taken.add(nameKey(name));
      return name;
    });
    expect(names.slice(0, 3)).toEqual(['Intro.mp3', 'INTRO (2).mp3', 'intro (3).mp3']);
    expect(names.map((name) => nameProblem(name))).toEqual(names.map(() => undefined));
    expect(new Set(names.map(nameKey)).size).toBe(5);
  });
});
