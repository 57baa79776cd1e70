import type { Album, Artist, Playlist, Track } from '../protocol/index.js';
import type { Db, Row, SqlValue } from '../storage/index.js';
import { fold, words, wordsOf } from './names.js';
import { toAlbum, toArtist, toPlaylist, toTrack, TRACK_COLUMNS } from './rows.js';

export interface Found {
  readonly artists: Artist[];
  readonly albums: Album[];
  readonly tracks: Track[];
  readonly playlists: Playlist[];
}

/** How many candidates the index may bring: what bounds the time of a query that half the library matches. */
const CANDIDATES = 150;
const MAX_WORDS = 8;

interface Kind {
  readonly table: 'tracks' | 'albums' | 'artists';
  readonly index: string;
  /** Column with the folded name: exact and first-letters matches come from its index. */
  readonly fold: string;
  readonly name: string;
  readonly columns: string;
  /** Other column that may match. */
  readonly other: string | undefined;
  readonly weight: string;
  /** How many names that begin with the query are weighed. */
  readonly beginnings: number;
}

const TRACKS: Kind = {
  table: 'tracks',
  index: 'track_words',
  fold: 'title_fold',
  name: 'title',
  columns: TRACK_COLUMNS,
  other: 'artist',
  weight: '0',
  beginnings: 150,
};
const ALBUMS: Kind = {
  table: 'albums',
  index: 'album_words',
  fold: 'title_fold',
  name: 'title',
  columns: 'albums.*',
  other: 'artist',
  weight: 'track_count',
  beginnings: 500,
};
const ARTISTS: Kind = {
  table: 'artists',
  index: 'artist_words',
  fold: 'name_fold',
  name: 'name',
  columns: 'artists.*',
  other: undefined,
  weight: 'track_count',
  beginnings: 500,
};

/** Finds what a person types: every word is a prefix, accents and case do not matter. Each kind has its best `limit` matches, best first. */
export function search(db: Db, query: string, limit: number): Found {
  const typed = [...new Set(words(query))].slice(0, MAX_WORDS);
  if (typed.length === 0) return { artists: [], albums: [], tracks: [], playlists: [] };
  const whole = fold(query);
  return {
    artists: find(db, ARTISTS, typed, whole, limit).map(toArtist),
    albums: find(db, ALBUMS, typed, whole, limit).map(toAlbum),
    tracks: find(db, TRACKS, typed, whole, limit).map(toTrack),
    playlists: findPlaylists(db, typed, whole, limit).map(toPlaylist),
  };
}

/** The words as an FTS5 expression. They are letters and digits alone, and quoted: nothing a person types is syntax. */
function expression(typed: readonly string[]): string {
  return typed.map((word) => `"${word}"*`).join(' ');
}

function find(db: Db, kind: Kind, typed: readonly string[], whole: string, limit: number): Row[] {
  const { table, index, fold: folded, name, other, weight } = kind;
  const found = new Map<SqlValue, Row>();
  const add = (rows: readonly Row[]): void => {
    for (const row of rows) found.set(row['row']!, row);
  };
  const select = `SELECT row, ${folded} AS folded, ${other ?? "''"} AS other, ${weight} AS weight FROM ${table}`;
  add(
    db
      .prepare(`${select} WHERE ${folded} >= ? AND ${folded} < ? ORDER BY ${folded} LIMIT ?`)
      .all(whole, `${whole}\u{10ffff}`, kind.beginnings),
  );
  const byWords = (match: string): Row[] =>
    db
      .prepare(`${select} WHERE row IN (SELECT rowid FROM ${index} WHERE ${index} MATCH ? LIMIT ?)`)
      .all(match, CANDIDATES);
  const all = expression(typed);
  // Each way brings matches that stand below those of the way before: where there are enough, the rest cannot show.
  if (other !== undefined && found.size < limit) add(byWords(`{${name}} : (${all})`));
  if (found.size < limit) add(byWords(all));
  const best = rank([...found.values()], typed, whole).slice(0, limit);
  const full = db.prepare(`SELECT ${kind.columns} FROM ${table} WHERE row = ?`);
  return best.map((row) => full.get(row['row']!)).filter((row) => row !== undefined);
}

function rank(rows: readonly Row[], typed: readonly string[], whole: string): Row[] {
  return rows
    .map((row) => {
      const folded = String(row['folded']);
      return {
        row,
        folded,
        score: score(folded, String(row['other']), typed, whole),
        weight: Number(row['weight']),
      };
    })
    .sort(
      (a, b) =>
        b.score - a.score ||
        b.weight - a.weight ||
        a.folded.length - b.folded.length ||
        (a.folded < b.folded ? -1 : a.folded > b.folded ? 1 : 0),
    )
    .map(({ row }) => row);
}

/** 5 the name itself, 4 its beginning, 3 every word in the name as a whole, 2 as a beginning, 1 with the artist's help, 0 otherwise. */
function score(folded: string, other: string, typed: readonly string[], whole: string): number {
  if (folded === whole) return 5;
  if (folded.startsWith(whole)) return 4;
  const own = wordsOf(folded);
  if (typed.every((word) => own.includes(word))) return 3;
  if (typed.every((word) => own.some((mine) => mine.startsWith(word)))) return 2;
  const both = [...own, ...words(other)];
  return typed.every((word) => both.some((mine) => mine.startsWith(word))) ? 1 : 0;
}

/** Playlists are few: looked through one by one. */
function findPlaylists(db: Db, typed: readonly string[], whole: string, limit: number): Row[] {
  return db
    .prepare('SELECT * FROM playlists WHERE hidden = 0 LIMIT 2000')
    .all()
    .map((row) => ({ row, score: score(fold(String(row['name'])), '', typed, whole) }))
    .filter((found) => found.score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ row }) => row);
}
