import { expect, it } from 'vitest';
import { decodeList, leanList, nameOfFile } from './playlist-file.js';

it('names a playlist after its file', () => {
  expect(nameOfFile('Road trip.m3u8')).toBe('Road trip');
  expect(nameOfFile('Best of 2.0.M3U')).toBe('Best of 2.0');
  expect(nameOfFile(`${'x'.repeat(300)}.m3u`)).toHaveLength(128);
});

it('reads UTF-8, with or without its mark, and Latin-1', () => {
  expect(decodeList(new Uint8Array([0xef, 0xbb, 0xbf, 0x42, 0xc3, 0xb6]))).toBe('Bö');
  expect(decodeList(new Uint8Array([0x42, 0xf6]))).toBe('Bö');
});

it('sends paths and titles, and no other comments', () => {
  const text = '#EXTM3U\r\n#PLAYLIST:x\r\n#EXTINF:10,A - B\r\n\r\na/b.mp3\r\n# nothing\r\nc.mp3';
  expect(leanList(text)).toBe('#EXTINF:10,A - B\na/b.mp3\nc.mp3');
});

it('refuses what no command can carry, counted in bytes', () => {
  expect(leanList('a'.repeat(59_000))).toBeDefined();
  expect(leanList('я'.repeat(31_000))).toBeUndefined();
});
