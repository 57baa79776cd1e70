/** How the generated library is cut: a scan of one part, a search over all. */
export const PARTS = { count: 10, songs: 10_000 } as const;
export const TRACKS_PER_ALBUM = 10;
const ALBUMS_PER_ARTIST = 4;

export interface Song {
  readonly title: string;
  readonly artist: string;
  readonly album: string;
  readonly track: number;
  /** Vorbis comments. */
  readonly tags: Readonly<Record<string, string>>;
}

const STARTS = 'b br c ch d dr f fl g gr h j k l m n p pr qu r s sh st t tr v w z'.split(' ');
const MIDDLES = 'a e i o u ai ea oo ou ee'.split(' ');
const ENDS = 'n r l s t nd rk m ng st ck d'.split(' ');
const SMALL = ['the', 'of', 'and', 'in', 'my', 'a', 'to', 'on', 'love', 'night'];
const WORDS = 4000;

export function firstOf(part: number): number {
  return part * PARTS.songs;
}

/** The song with this number: always the same. Words are as unequally common as in real titles. */
export function song(number: number): Song {
  const albumNumber = Math.floor(number / TRACKS_PER_ALBUM);
  const artistNumber = Math.floor(albumNumber / ALBUMS_PER_ARTIST);
  const artist = `${name(phrase(artistNumber, 7, 2))} ${name(word(artistNumber % WORDS))}`;
  const album = `${name(phrase(albumNumber, 11, 3))} ${albumNumber % 97}`;
  const title = name(phrase(number, 13, 2 + (number % 3)));
  const track = (number % TRACKS_PER_ALBUM) + 1;
  const tags = {
    TITLE: title,
    ARTIST: artist,
    ALBUMARTIST: artist,
    ALBUM: album,
    TRACKNUMBER: String(track),
    DATE: String(1960 + (albumNumber % 65)),
  };
  return { title, artist, album, track, tags };
}

/** The n-th word of the made-up language. */
export function word(n: number): string {
  const start = STARTS[n % STARTS.length]!;
  const middle = MIDDLES[Math.floor(n / STARTS.length) % MIDDLES.length]!;
  const end = ENDS[Math.floor(n / (STARTS.length * MIDDLES.length)) % ENDS.length]!;
  const more = Math.floor(n / (STARTS.length * MIDDLES.length * ENDS.length));
  return more === 0 ? start + middle + end : start + middle + end + MIDDLES[more % MIDDLES.length]! + 'r';
}

function phrase(number: number, salt: number, count: number): string {
  const words: string[] = [];
  for (let at = 0; at < count; at++) {
    const share = scatter(number * 31 + at * 7 + salt);
    words.push(
      share < 0.2 ? SMALL[Math.floor(share * 50)]! : word(Math.floor(((share - 0.2) / 0.8) ** 2 * WORDS)),
    );
  }
  return words.join(' ');
}

function name(text: string): string {
  return text.replaceAll(/(^| )\w/g, (start) => start.toUpperCase());
}

/** 0..1, the same for the same number (mulberry32). */
function scatter(seed: number): number {
  let x = (seed + 0x6d2b79f5) | 0;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
}
