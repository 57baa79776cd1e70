import { describe, expect, it } from 'vitest';
import { decodeArguments, encodeArguments, complaints, soundSeconds } from './ffmpeg.js';
import { isBelow, mountPoints } from './folders.js';
import { m3uText } from './m3u.js';
import { ManifestFile } from './manifest.js';

describe('mount points', () => {
  it('are those that can be written to, with all that stands in their names', () => {
    const table = [
      '25 1 259:1 / / rw,relatime shared:1 - ext4 /dev/root rw',
      '36 25 8:1 / /media/ann/My\\040Stick rw,nosuid - vfat /dev/sda1 rw,utf8',
      '37 25 8:2 / /media/ann/K\\303\\274che ro - vfat /dev/sdb1 ro',
      '38 25 8:3 / /media/ann/K\\303\\274che\\0402 rw - exfat /dev/sdc1 rw',
      '39 25 0:50 / /media/auto rw - autofs systemd-1 rw',
      'rubbish',
      '',
    ].join('\n');
    expect(mountPoints(table)).toEqual(['/', '/media/ann/My Stick', '/media/ann/Küche 2']);
  });
  it('are below a folder only with all of its name', () => {
    expect(isBelow('/media/a', '/media')).toBe(true);
    expect([isBelow('/media', '/media'), isBelow('/mediax/a', '/media'), isBelow('/', '/media')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(isBelow('/a', '/')).toBe(true);
  });
});

describe('a list for players', () => {
  it('has one line for each name, and none that reads as a comment', () => {
    const text = m3uText([
      { path: '#1 Dads/A/01 x.mp3', title: 'a\nb', artist: 'c', duration_seconds: 61.6 },
    ]);
    expect(text).toBe('#EXTM3U\n#EXTINF:62,c - a b\n./#1 Dads/A/01 x.mp3\n');
  });
});

describe('a manifest', () => {
  const file = { size_bytes: 1, sha256: 'a'.repeat(64), mtime_ms: 0, item: 'track/t/flac', made_of: 'x' };
  it('names no file outside the folders of exports', () => {
    const isGood = (path: string): boolean => ManifestFile.safeParse({ ...file, path }).success;
    expect(isGood('FLAC/a/b.flac')).toBe(true);
    for (const path of [
      '/etc/passwd',
      '../x',
      'FLAC/../x',
      'FLAC',
      'FLAC/',
      'FLAC//x',
      'photos/x.jpg',
      'FLAC/./x',
      '',
    ])
      expect([path, isGood(path)]).toEqual([path, false]);
  });
});

describe('arguments of ffmpeg', () => {
  const tags = { title: '-i /etc/passwd\n', artist: '--help' };
  it('name no file of the music folder, and no value of a tag is an option', () => {
    const args = encodeArguments({
      making: 'lossy',
      tagsInStream: false,
      tags,
      withPicture: false,
      target: '/s/-x.mp3',
    });
    expect(args.filter((arg) => arg.includes('passwd'))).toEqual(['title=-i /etc/passwd ']);
    expect(args[args.indexOf('artist=--help') - 1]).toBe('-metadata');
    expect(args.filter((arg) => arg.includes('/s/'))).toEqual(['file:/s/-x.mp3']);
    expect(decodeArguments(true).filter((arg) => arg.startsWith('file:'))).toEqual(['file:/dev/fd/0']);
  });
  it('are answered with how much sound there was, and complaints about sound alone', () => {
    expect(soundSeconds('out_time_us=1000\nx\nout_time_us=2500000\nprogress=end\n')).toBe(2.5);
    expect(soundSeconds('')).toBeUndefined();
    expect(complaints('[mjpeg @ 0x1] EOI missing\n\n[flac @ 0x2] invalid sync code\n')).toBe(
      '[flac @ 0x2] invalid sync code',
    );
  });
});
