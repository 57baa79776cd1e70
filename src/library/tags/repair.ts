const CP1252 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';
const strict = new TextDecoder('utf-8', { fatal: true });
const MAX_TEXT = 400;

/** UTF-8 that somebody read as Latin-1 (`TÃ­tle`), read again; any other text as it is. */
export function unmojibake(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text)) return text;
  const raw = Buffer.alloc(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const byte = code <= 0xff ? code : CP1252.indexOf(text[i]!) + 0x80;
    if (byte < 0x80 && code > 0xff) return text;
    raw[i] = byte;
  }
  try {
    return strict.decode(raw);
  } catch {
    return text;
  }
}

/** A tag as a person may see it: first of NUL-separated values, no control characters, composed, of bearable length. */
export function cleanText(raw: unknown): string | undefined {
  if (typeof raw !== 'string') return undefined;
  const first = raw.split('\0').find((part) => part.trim() !== '') ?? '';
  const text = unmojibake(first)
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .normalize('NFC');
  if (text === '') return undefined;
  return text.length > MAX_TEXT ? `${Array.from(text.slice(0, MAX_TEXT)).slice(0, -1).join('')}…` : text;
}

/** Every value of a tag that may be there several times, cleaned, without repeats. */
export function cleanTexts(raw: readonly unknown[] | undefined): string[] {
  const found = (raw ?? [])
    .flatMap((value) => (typeof value === 'string' ? value.split('\0') : []))
    .map(cleanText);
  return [...new Set(found.filter((text) => text !== undefined))];
}

/** A whole number inside a tag (`3`, `03/12`), if it is a sane one. */
export function cleanNumber(raw: unknown, max = 9999): number | undefined {
  const found =
    typeof raw === 'number' ? raw : Number.parseInt(/^\s*(\d{1,6})/.exec(String(raw))?.[1] ?? '', 10);
  return Number.isInteger(found) && found > 0 && found <= max ? found : undefined;
}

export const cleanYear = (raw: unknown): number | undefined => {
  const year =
    typeof raw === 'number' ? raw : Number.parseInt(/\b(\d{4})\b/.exec(String(raw))?.[1] ?? '', 10);
  return year >= 1000 && year <= 2999 ? year : undefined;
};

const MBID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The ids among what a file calls ids, in lower case; undefined when there is none. */
export function cleanIds<N extends string>(
  raw: Readonly<Record<N, unknown>>,
): Partial<Record<N, string>> | undefined {
  const found: Partial<Record<N, string>> = {};
  for (const name of Object.keys(raw) as N[]) {
    const value: unknown = Array.isArray(raw[name]) ? raw[name][0] : raw[name];
    const id = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (MBID.test(id)) found[name] = id;
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

/** The total in `3/12`, else what its own field says. */
export const cleanTotal = (number: string | undefined, own: unknown): number | undefined =>
  cleanNumber(own) ?? cleanNumber(/\/\s*(\d+)/.exec(number ?? '')?.[1]);
