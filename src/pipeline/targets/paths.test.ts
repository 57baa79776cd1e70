import { describe, expect, it } from 'vitest';
import { bundle, isInside, mapPath, samePath } from './paths.js';

describe('[TG3] a path mapping', () => {
  it.each([
    ['/music/A', '/data/music/A'],
    ['/music', '/data/music'],
    ['/music/rock/A', '/rock/A'],
    ['/music/rockabilly/A', '/data/music/rockabilly/A'],
    ['/musical/A', undefined],
    ['/', undefined],
  ])('leads from %s to %s', (ours, theirs) => {
    const mappings = [
      { ours: '/music/', theirs: '/data/music' },
      { ours: '/music/rock', theirs: '/rock/' },
    ];
    expect(mapPath(ours, mappings)).toBe(theirs);
  });

  it('leads to Windows, to shares, and to the top of a library', () => {
    const to = (theirs: string): string | undefined => mapPath('/music/A/B c', [{ ours: '/music', theirs }]);
    expect(to('D:\\Music')).toBe('D:\\Music\\A\\B c');
    expect(to('\\\\nas\\music\\')).toBe('\\\\nas\\music\\A\\B c');
    expect(to('')).toBe('A/B c');
    expect(to('/')).toBe('/A/B c');
    expect(to('2:')).toBe('2:A/B c');
  });

  it('may be for everything', () => {
    expect(mapPath('/music/A', [{ ours: '/', theirs: '/host' }])).toBe('/host/music/A');
  });
});

describe('being inside a folder', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a', '/a/', true],
    ['/ab', '/a', false],
    ['C:\\Music\\A', 'C:\\Music', true],
    ['C:\\Musical', 'C:\\Music', false],
    ['/a', '/', true],
    ['2:a', '2:', false],
  ])('%s in %s: %s', (path, folder, inside) => {
    expect(isInside(path, folder)).toBe(inside);
  });

  it('knows a file by either slash and by either way to write an accent', () => {
    expect(samePath('C:\\M\\Bj\u00f6rk.flac', 'C:/M/Bjo\u0308rk.flac')).toBe(true);
    expect(samePath('/m/a.flac', '/m/A.flac')).toBe(false);
  });
});

describe('folders of one scan', () => {
  const always = (): boolean => true;

  it('stay single when they have nothing in common', () => {
    expect(bundle(['A/One', 'B/Two'], always).map(({ folder }) => folder)).toEqual(['A/One', 'B/Two']);
  });

  it('become their artist', () => {
    expect(bundle(['A/One', 'A/Two', 'B/Three'], always)).toEqual([
      { folder: 'A', noted: ['A/One', 'A/Two'] },
      { folder: 'B/Three', noted: ['B/Three'] },
    ]);
  });

  it('are looked at with the folder around them', () => {
    expect(bundle(['A', 'A/One', 'A/One/CD1'], always)).toEqual([
      { folder: 'A', noted: ['A', 'A/One', 'A/One/CD1'] },
    ]);
    expect(bundle(['', 'A/One'], always)).toEqual([{ folder: '', noted: ['', 'A/One'] }]);
  });

  it('never become the whole library by being two loose albums', () => {
    expect(bundle(['One', 'Two'], always).map(({ folder }) => folder)).toEqual(['One', 'Two']);
  });

  it('become the whole library when they are very many', () => {
    const many = Array.from({ length: 21 }, (_, n) => `Artist ${n}/Album`);
    expect(bundle(many, always)).toEqual([{ folder: '', noted: many }]);
    expect(bundle(many, (folder) => folder !== '')).toHaveLength(21);
  });

  it('do not become what the target does not have', () => {
    expect(bundle(['A/One', 'A/Two'], (folder) => folder !== 'A')).toHaveLength(2);
  });
});
