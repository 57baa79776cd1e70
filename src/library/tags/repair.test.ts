import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanNumber, cleanText, cleanTexts, cleanYear, unmojibake } from './repair.js';

describe('tag repair', () => {
  it('UTF-8 read as Latin-1 or Windows-1252 is read again', () => {
    for (const text of ['Tïtle', 'Björk', 'Ångström – “quoted”', '東京']) {
      expect(unmojibake(Buffer.from(text).toString('latin1'))).toBe(text);
    }
    expect(unmojibake('â€œquotedâ€\u009d')).toBe('“quoted”');
  });
  it('text that is what it seems is not touched', () => {
    for (const text of ['Café', 'Motörhead', 'naïve', 'Ünïcödé', '東京', 'plain', 'Ã'])
      expect(unmojibake(text)).toBe(text);
  });
  it('every text survives being cleaned, without control characters and of bearable length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (raw) => {
        const text = cleanText(raw);
        if (text === undefined) return;
        expect(text).not.toMatch(/[\p{Cc}]/u);
        expect(text.length).toBeLessThanOrEqual(401);
      }),
    );
  });
  it('NUL separates values, direction marks and empty values vanish', () => {
    expect(cleanText('One\0Two')).toBe('One');
    expect(cleanText('\0\0')).toBeUndefined();
    expect(cleanText('a\u202egpj.exe')).toBe('a gpj.exe');
    expect(cleanTexts(['A\0B', 'A', ' '])).toEqual(['A', 'B']);
  });
  it('numbers and years are taken out of what people write', () => {
    expect(cleanNumber('03/12')).toBe(3);
    expect(cleanNumber('A1')).toBeUndefined();
    expect(cleanNumber(0)).toBeUndefined();
    expect(cleanYear('1999-12-31')).toBe(1999);
    expect(cleanYear('31.12.1999')).toBe(1999);
    expect(cleanYear('99')).toBeUndefined();
  });
});
