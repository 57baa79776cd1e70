import type { CandidateFile } from '../../protocol/index.js';

/** What the quality of a track is told by. Absent = nobody knows. */
export type Quality = Pick<
  CandidateFile,
  'codec' | 'lossless' | 'sample_rate_hz' | 'bits_per_sample' | 'channels' | 'bitrate_kbps'
>;

/** What a kilobit of a codec is worth in kilobits of MP3. */
const WORTH: Readonly<Record<string, number>> = { opus: 1.6, aac: 1.25, vorbis: 1.25, mp3: 1, speex: 0.8 };
/** Two lossy files whose rates fall between the same two of these are equally good. */
const STEPS = [48, 72, 104, 144, 176, 208, 240, 288];

const sign = (difference: number): number => Math.sign(difference) + 0;

/** 1: `a` is better; -1: worse; 0: neither can be said. Never by the size of files. */
export function compareQuality(a: Quality, b: Quality): number {
  if ((a.lossless ?? false) !== (b.lossless ?? false)) return a.lossless ? 1 : -1;
  return a.lossless ? compareLossless(a, b) : sign(stepOf(a) - stepOf(b));
}

function compareLossless(a: Quality, b: Quality): number {
  const bits = (quality: Quality): number => Math.min(quality.bits_per_sample ?? 16, 24);
  const isMono = ({ channels }: Quality): number => (channels === 1 ? 1 : 0);
  const rate = ({ sample_rate_hz }: Quality): number => sample_rate_hz ?? 44_100;
  const known = a.channels !== undefined && b.channels !== undefined;
  return sign(bits(a) - bits(b)) || sign(rate(a) - rate(b)) || (known ? sign(isMono(b) - isMono(a)) : 0);
}

/** Where the bit rate is unknown it is taken for the least. */
function stepOf({ codec, bitrate_kbps }: Quality): number {
  const worth = (bitrate_kbps ?? 0) * (WORTH[codec ?? ''] ?? 1);
  return STEPS.filter((step) => worth >= step).length;
}

/** Against what it would replace, track by track: `better` when none is worse and one is better. */
export function judge(
  pairs: readonly { readonly now: Quality; readonly then: Quality }[],
): 'better' | 'same' | 'worse' | 'mixed' {
  const found = new Set(pairs.map(({ now, then }) => compareQuality(then, now)));
  if (found.has(1)) return found.has(-1) ? 'mixed' : 'better';
  return found.has(-1) ? 'worse' : 'same';
}

/** `FLAC 24 bit 96 kHz`, `MP3 320 kbit/s`: for people. */
export function sayQuality({
  codec = 'unknown',
  lossless,
  sample_rate_hz,
  bits_per_sample,
  bitrate_kbps,
}: Quality): string {
  const name =
    codec === 'vorbis' || codec === 'opus'
      ? `${codec[0]!.toUpperCase()}${codec.slice(1)}`
      : codec.toUpperCase();
  if (!lossless) return bitrate_kbps === undefined ? name : `${name} ${Math.round(bitrate_kbps)} kbit/s`;
  const bits = bits_per_sample === undefined ? '' : ` ${bits_per_sample} bit`;
  return `${name}${bits}${sample_rate_hz === undefined ? '' : ` ${sample_rate_hz / 1000} kHz`}`;
}
