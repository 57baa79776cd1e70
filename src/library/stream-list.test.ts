import { describe, expect, it } from 'vitest';
import { firstStream } from './stream-list.js';

describe('a station list', () => {
  it('of kind m3u gives its first http line and the title above it', () => {
    const text =
      '#EXTM3U\r\n#EXTINF:-1,Radio Nord\r\nhttp://nord.example/live\r\n#EXTINF:-1,Other\r\nhttp://other.example/\r\n';
    expect(firstStream(text)).toEqual({ url: 'http://nord.example/live', title: 'Radio Nord' });
  });

  it('of kind pls gives its first file and the title of the same number', () => {
    const text =
      '[playlist]\nNumberOfEntries=2\nTitle2=Zwei\nFile1=https://eins.example/a\nTitle1=Eins\nFile2=https://zwei.example/b\n';
    expect(firstStream(text)).toEqual({ url: 'https://eins.example/a', title: 'Eins' });
  });

  it.each(['', 'file:///etc/passwd', '/etc/passwd', 'File1=smb://x/y', 'concat:http://a|http://b', '<html>'])(
    'never gives anything but http: %j',
    (text) => {
      expect(firstStream(text)).toBeUndefined();
    },
  );
});
