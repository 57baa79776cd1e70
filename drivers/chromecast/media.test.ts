import { describe, expect, it } from 'vitest';
import type { Media } from '../../src/players/index.js';
import { addressOf, mediaOf } from './media.js';

const own = { address: '192.168.1.2', port: 8080 };
const track: Media = {
  ref: 'a',
  title: 'A',
  live: false,
  url_path: '/media/token.flac',
  duration_seconds: 60,
};

describe('what a Chromecast is told to fetch', () => {
  it('is on our server, at the address it reaches us', () => {
    expect(addressOf(track, own)).toBe('http://192.168.1.2:8080/media/token.flac');
    expect(addressOf(track, { ...own, address: '::ffff:10.0.0.2' })).toBe(
      'http://10.0.0.2:8080/media/token.flac',
    );
    expect(addressOf(track, { ...own, address: 'fe80::1%eth0' })).toBe(
      'http://[fe80::1]:8080/media/token.flac',
    );
  });

  it('is never a file of this machine, nor anything but the web', () => {
    const { url_path: _, ...file } = { ...track, path: '/music/a.flac' };
    expect(addressOf(file, own)).toBeUndefined();
    expect(addressOf({ ...file, url: 'file:///etc/passwd' }, own)).toBeUndefined();
  });

  it.each([
    ['flac', 'audio/flac'],
    ['mp3', 'audio/mpeg'],
    ['m4a', 'audio/mp4'],
    ['opus', 'audio/ogg'],
    ['wav', 'audio/wav'],
  ])('says that .%s is %s', (extension, type) => {
    const what = mediaOf(track, `http://x/media/token.${extension}?a=b`, { own, mark: 'mark-1234' });
    expect(what).toMatchObject({ contentType: type, streamType: 'BUFFERED', duration: 60 });
  });

  it('has no length where it has no end', () => {
    const what = mediaOf({ ...track, live: true }, 'http://x/live', { own, mark: 'mark-1234' });
    expect(what).toMatchObject({ streamType: 'LIVE' });
    expect(what).not.toHaveProperty('duration');
  });
});
