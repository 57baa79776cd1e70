import { createHash } from 'node:crypto';

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const LETTERS: Readonly<Record<string, string>> = {
  ø: 'o',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
const CJK = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Thai}]/gu;

/** 60 bits of the content as 12 readable characters: the same content always gives the same id. */
export function hashId(prefix: string, ...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  let id = '';
  for (const byte of hash.digest().subarray(0, 12)) id += ALPHABET[byte % 32];
  return `${prefix}-${id}`;
}

/** What two spellings of one name have in common: case, width, composition and spacing do not matter, accents do. */
export function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

/** For comparing and sorting as people type: lower case, no accents, single spaces. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f\u3099\u309a]+/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[øæœßłđðþı]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/\s+/g, ' ')
    .trim();
}

/** An artist's place in the list: `The Beatles` stands under B. */
export function sortName(name: string): string {
  const folded = fold(name);
  const bare = folded.replace(/^(?:the|a|an) (?=\S)/, '').replace(/^[^\p{L}\p{N}]+/u, '');
  return bare === '' ? folded : bare;
}

/** The words of a text as the search index and the query see them. Letters of scripts without spaces are words of their own. */
export function words(text: string): string[] {
  return wordsOf(fold(text));
}

/** The words of a text that is folded already. */
export function wordsOf(folded: string): string[] {
  return folded.replace(CJK, ' $& ').match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** What the index keeps for a text: its words, and words written with signs inside (`AC/DC`, `don't`) also in one piece. */
export function indexText(text: string): string {
  const joined = fold(text)
    .split(' ')
    .filter((word) => /[\p{L}\p{N}][^\p{L}\p{N}]+[\p{L}\p{N}]/u.test(word))
    .map((word) => word.replace(/[^\p{L}\p{N}]+/gu, ''));
  return [...words(text), ...joined].join(' ');
}

export const artistId = (name: string): string => hashId('ar', keyOf(name));
