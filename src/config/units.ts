import type { SettingSpec } from './specs.js';

/** Units in which settings are counted: how a key ends, how it is called, and how many of the smallest of its kind it is. */
const UNITS: readonly (readonly [ending: RegExp, name: string, size: number, kind: 'time' | 'bytes'])[] = [
  [/_ms$/, 'milliseconds', 1, 'time'],
  [/_(s|seconds)$/, 'seconds', 1000, 'time'],
  [/_minutes$/, 'minutes', 60_000, 'time'],
  [/_days$/, 'days', 86_400_000, 'time'],
  [/_bytes$/, 'bytes', 1, 'bytes'],
  [/_mb$/, 'megabytes', 1_000_000, 'bytes'],
];

/** What people write behind a number. */
const WORDS: readonly (readonly [word: RegExp, size: number, kind: 'time' | 'bytes'])[] = [
  [/^(ms|millisec\w*|milliseconds?)$/i, 1, 'time'],
  [/^(s|secs?|seconds?)$/i, 1000, 'time'],
  [/^(m|mins?|minutes?)$/i, 60_000, 'time'],
  [/^(h|hrs?|hours?)$/i, 3_600_000, 'time'],
  [/^(d|days?)$/i, 86_400_000, 'time'],
  [/^(w|weeks?)$/i, 604_800_000, 'time'],
  [/^(b|bytes?)$/i, 1, 'bytes'],
  [/^(k|kb|kib)$/i, 1000, 'bytes'],
  [/^(m|mb|mib|megabytes?)$/i, 1_000_000, 'bytes'],
  [/^(g|gb|gib|gigabytes?)$/i, 1_000_000_000, 'bytes'],
  [/^(t|tb|tib)$/i, 1_000_000_000_000, 'bytes'],
];

/** What to write instead of `5 min`; undefined for what is no number with a unit. */
export function unitHint({ key, whole }: SettingSpec, written: unknown): string | undefined {
  if (typeof written !== 'string') return undefined;
  const [, alone] = /^\s*(\d{1,12})\s*[,;]\s*$/.exec(written) ?? [];
  if (alone !== undefined) return `Write nothing behind the number: ${key}: ${alone}`;
  const [, number = '', word = ''] = /^\s*([\d.]{1,12})\s*(\p{L}{1,16})\.?\s*$/u.exec(written) ?? [];
  const unit = UNITS.find(([ending]) => ending.test(key));
  if (number === '' || !unit) return undefined;
  const [, name, size, kind] = unit;
  const factor = WORDS.find(([pattern, , of]) => of === kind && pattern.test(word))?.[1];
  const value = (Number(number) * (factor ?? Number.NaN)) / size;
  const fits = Number.isFinite(value) && (!whole || Number.isInteger(value));
  return `It counts ${name}; write the number alone${fits ? `: ${key}: ${value}` : ''}.`;
}
