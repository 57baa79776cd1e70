import { describe, expect, it } from 'vitest';
import { artistId, fold, indexText, keyOf, sortName, words } from './names.js';

describe('names', () => {
  it('accents, case, ligatures and spacing do not matter to a search', () => {
    expect(fold('  Sigur RÓS ')).toBe('sigur ros');
    expect(fold('Mø')).toBe('mo');
    expect(fold('Æther & Straße')).toBe('aether & strasse');
    expect(fold('Café'.normalize('NFD'))).toBe(fold('Café'.normalize('NFC')));
  });
  it('two artists whose names differ by an accent are two artists, by case one', () => {
    expect(keyOf('Beyoncé')).not.toBe(keyOf('Beyonce'));
    expect(artistId('THE  Who')).toBe(artistId('The Who'));
    expect(artistId('Café'.normalize('NFD'))).toBe(artistId('Café'.normalize('NFC')));
  });
  it('an article does not decide the place in a list, unless it is all there is', () => {
    expect(sortName('The Beatles')).toBe('beatles');
    expect(sortName('The The')).toBe('the');
    expect(sortName('The')).toBe('the');
    expect(sortName('…And Justice')).toBe('and justice');
  });
  it('letters of scripts without spaces are words of their own', () => {
    expect(words('東京 Nights')).toEqual(['東', '京', 'nights']);
  });
  it('names with signs inside are found with and without them', () => {
    expect(indexText('AC/DC')).toBe('ac dc acdc');
    expect(indexText("Don't Stop")).toBe('don t stop dont');
    expect(indexText('Plain')).toBe('plain');
  });
});
