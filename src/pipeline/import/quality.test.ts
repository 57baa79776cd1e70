import { expect, it } from 'vitest';
import { compareQuality, judge, sayQuality, type Quality } from './quality.js';

const flac = (bits: number, rate: number, channels = 2): Quality => ({
  codec: 'flac',
  lossless: true,
  bits_per_sample: bits,
  sample_rate_hz: rate,
  channels,
});
const lossy = (codec: string, kbps: number): Quality => ({ codec, lossless: false, bitrate_kbps: kbps });

it.each([
  ['lossless is better than any lossy file', flac(16, 44_100), lossy('mp3', 320), 1],
  ['more bits are better', flac(24, 44_100), flac(16, 96_000), 1],
  ['then a higher rate', flac(24, 96_000), flac(24, 48_000), 1],
  ['more than 24 bits are no better', flac(32, 96_000), flac(24, 96_000), 0],
  ['mono is worse', flac(16, 44_100, 1), flac(16, 44_100), -1],
  [
    'FLAC and ALAC of the same samples are the same',
    flac(16, 44_100),
    { ...flac(16, 44_100), codec: 'alac' },
    0,
  ],
  ['a higher bit rate is better', lossy('mp3', 320), lossy('mp3', 192), 1],
  ['a little more is the same', lossy('mp3', 320), lossy('mp3', 300), 0],
  ['Opus needs less for the same', lossy('opus', 160), lossy('mp3', 256), 0],
  ['Opus at 192 is better than MP3 at 256', lossy('opus', 192), lossy('mp3', 256), 1],
])('%s', (_, a, b, expected) => {
  expect(compareQuality(a, b)).toBe(expected);
  expect(compareQuality(b, a)).toBe(expected === 0 ? 0 : -expected);
});

it('calls it better only where no track is worse', () => {
  const better = { now: lossy('mp3', 128), then: flac(16, 44_100) };
  const same = { now: flac(16, 44_100), then: flac(16, 44_100) };
  const worse = { now: flac(16, 44_100), then: lossy('mp3', 320) };
  expect(judge([better, same])).toBe('better');
  expect(judge([same, same])).toBe('same');
  expect(judge([worse, same])).toBe('worse');
  expect(judge([better, worse])).toBe('mixed');
});

it('says it as people do', () => {
  expect(sayQuality(flac(24, 96_000))).toBe('FLAC 24 bit 96 kHz');
  expect(sayQuality(lossy('vorbis', 191.6))).toBe('Vorbis 192 kbit/s');
});
