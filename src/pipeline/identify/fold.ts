/** How far apart two names are, the way people see it. The weights are those that beets has used for years; what is ours is said. */

/** Letters that Unicode does not take apart. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ı: 'i',
  ħ: 'h',
};
const MAX_POINTS = 100;

/** Lower case, without accents; all scripts stay what they are. */
export function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}+/gu, '')
    .toLowerCase()
    .replace(/[ßæœøđðþłıħ]/g, (letter) => PLAIN[letter] ?? letter)
    .normalize('NFC');
}

/**
 * The letters and numbers of a name, nothing between them. Ours: a name that has none (`∞`, `!!!`) stays what it is, so that no two of them
 * are the same.
 */
export function compact(text: string): string {
  const folded = plain(text);
  const words = folded.replace(/[^\p{L}\p{N}]+/gu, '');
  return words === '' ? folded.replace(/\s+/g, '') : words;
}

/** Whether two names are the same but for case, accents and punctuation. */
export const isSame = (a: string, b: string): boolean => compact(swung(a)) === compact(swung(b));

/** 0..1: changed letters to the longer length. What both begin and end with is not compared letter by letter, and neither is a novel. */
function levenshtein(a: string, b: string): number {
  const one = Array.from(a);
  const other = Array.from(b);
  const longest = Math.max(one.length, other.length);
  if (longest === 0) return 0;
  let start = 0;
  while (start < one.length && start < other.length && one[start] === other[start]) start++;
  let end = 0;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const [from, to] = [one.slice(start, one.length - end), other.slice(start, other.length - end)];
  const different = Math.max(from.length, to.length);
  const compared = Math.min(different, MAX_POINTS);
  const changed = edits(from.slice(0, compared), to.slice(0, compared));
  return compared === 0 ? 0 : ((changed / compared) * different) / longest;
}

function edits(one: readonly string[], other: readonly string[]): number {
  let row = other.map((_, n) => n + 1);
  for (const [i, letter] of one.entries()) {
    const next: number[] = [];
    for (let j = 0; j < other.length; j++) {
      const above = row[j] ?? 0;
      const left = j === 0 ? i + 1 : (next[j - 1] ?? 0);
      const corner = j === 0 ? i : (row[j - 1] ?? 0);
      next.push(Math.min(above + 1, left + 1, corner + (letter === other[j] ? 0 : 1)));
    }
    row = next;
  }
  return other.length === 0 ? one.length : (row.at(-1) ?? 0);
}

const bare = (a: string, b: string): number => levenshtein(compact(a), compact(b));

/** Parts that count for less than their letters: how much of what they change. */
const LIGHT: readonly (readonly [RegExp, number])[] = [
  [/^the /, 0.1],
  [/[[(]?\b(ep|single)\b[\])]?/, 0],
  [/[[(]?\b(featuring|feat|ft)\b[. :].+/, 0.1],
  [/\(.*?\)/, 0.3],
  [/\[.*?\]/, 0.3],
  [/(, )?\b(pt\.|part) .+/, 0.2],
  [/ - [^-]*\bremaster(ed)?\b[^-]*$/, 0.1],
];

/** `Beatles, The` is `the beatles`. */
const swung = (text: string): string =>
  plain(text)
    .trim()
    .replace(/^(.*), (the|a|an)$/, '$2 $1')
    .replace(/\s*&\s*/g, ' and ');

/** 0..1. Ours: at least a half where the numbers in the names differ (`Vol. 1` is not `Vol. 2`). */
export function nameDistance(a: string, b: string): number {
  let one = swung(a);
  let other = swung(b);
  let base = bare(one, other);
  let penalty = 0;
  for (const [pattern, weight] of LIGHT) {
    const shorter = one.replace(pattern, '');
    const otherShorter = other.replace(pattern, '');
    if (shorter === one && otherShorter === other) continue;
    if (compact(shorter) === '' || compact(otherShorter) === '') continue;
    const without = bare(shorter, otherShorter);
    const change = base - without;
    if (change <= 0) continue;
    [one, other, base] = [shorter, otherShorter, without];
    penalty += weight * change;
  }
  const distance = Math.min(1, base + penalty);
  return numbersDiffer(a, b) ? Math.max(distance, 0.5) : distance;
}

/** What editions, encoders and shops append; its numbers are none of the name's. */
const DECORATION =
  /[([{][^)\]}]*\b(remaster(ed)?|edition|deluxe|expanded|anniversary|bonus|reissue|flac|mp3|aac|alac|opus|web|cd|vinyl|\d+ ?(kbps|bits?|k?hz))\b[^)\]}]*[)\]}]|\s-\s[^-]*\bremaster(ed)?\b.*$/g;
const FEATURED = /[[(]?\b(featuring|feat|ft)\b[. :].+/;
const ROMAN: readonly string[] = [
  'i', 'ii', 'iii', 'iv', 'v', 'vi', 'vii', 'viii', 'ix', 'x',
  'xi', 'xii', 'xiii', 'xiv', 'xv', 'xvi', 'xvii', 'xviii', 'xix', 'xx',
]; // prettier-ignore
const WORDS: readonly string[] = [
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
];
const BEFORE_A_NUMBER =
  /^(part|pt|vol|volume|no|nr|number|chapter|book|act|side|disc|cd|op|opus|episode|movement)$/;

/** The numbers in a name, whichever way they are written. */
export function numbersIn(name: string): ReadonlySet<string> {
  const folded = plain(name).replace(DECORATION, ' ').replace(FEATURED, ' ');
  const words = folded.match(/\p{L}+|\p{N}+/gu) ?? [];
  const found = new Set<string>();
  for (const [n, word] of words.entries()) {
    if (/^\p{N}+$/u.test(word)) found.add(word.replace(/^0+(?=.)/, ''));
    const isCounted = BEFORE_A_NUMBER.test(words[n - 1] ?? '');
    const roman = ROMAN.indexOf(word);
    if (roman >= 0 && (word.length > 1 || isCounted)) found.add(String(roman + 1));
    const spelled = WORDS.indexOf(word);
    if (spelled >= 0 && isCounted) found.add(String(spelled + 1));
  }
  return found;
}

export function numbersDiffer(a: string, b: string): boolean {
  const one = numbersIn(a);
  const other = numbersIn(b);
  return one.size !== other.size || [...one].some((number) => !other.has(number));
}

const VERSIONS: readonly (readonly [RegExp, string])[] = [
  [/\blive\b|\bunplugged\b/, 'live'],
  [/\bdemos?\b/, 'demo'],
  [/\bremix(es|ed)?\b/, 'remix'],
  [/\binstrumentals?\b/, 'instrumental'],
  [/\bkaraoke\b/, 'karaoke'],
  [/\bacoustic\b/, 'acoustic'],
  [/\bre-?recorded\b/, 're-recorded'],
];

/** The word that says that one of two names is another version, if only one has it: `Song` and `Song (Live)`. */
export function versionDiffers(a: string, b: string): string | undefined {
  const [one, other] = [plain(a), plain(b)];
  return VERSIONS.find(([pattern]) => pattern.test(one) !== pattern.test(other))?.[1];
}

const DISC_SUFFIX =
  /[\s,:;-]*[[(]?\b(cd|disc|disk|disque)[\s._#-]*(\d{1,2}|one|two|three|four|[a-d]|i{1,3}|iv)\b([\s:-][^)\]]*)?[\])]?\s*$/i;

/** `Album (Disc 2)` is `Album`. */
export function withoutDisc(album: string): string {
  const short = album.replace(DISC_SUFFIX, '').trim();
  return short === '' ? album : short;
}

const VARIOUS = new Set([
  'variousartists',
  'various',
  'va',
  'diverse',
  'verschiedeneinterpreten',
  'verschiedene',
]);
export const isVarious = (artist: string | undefined): boolean =>
  artist !== undefined && VARIOUS.has(compact(artist));

/** What rippers write when they know nothing. */
const NO_TITLE =
  /^(track|titel|titre|pista|piste|traccia|spur|audio ?track|unknown|no title|unbekannt)[\s._#-]*\d*$/i;
const NO_NAME =
  /^(unknown|unbekannter?|untitled|no|sconosciuto|inconnu) (artist|album|title|interpret|k\u00fcnstler)$|^<?unknown>?$/i;

/** An artist or an album, unless it says nothing. */
export function nameSaid(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' || NO_NAME.test(trimmed) ? undefined : trimmed;
}

/** A title, unless it says nothing. A bare number may be a title (`007`), but not that of the track with this number. */
export function titleSaid(text: string | undefined, number?: number): string | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '' || NO_TITLE.test(trimmed)) return undefined;
  return /^\d+$/.test(trimmed) && Number(trimmed) === number ? undefined : trimmed;
}
