import { posix } from 'node:path';
import type { Db } from '../storage/index.js';
import { type Bytes, exactText, joinBytes, splitPath, toBytes } from './file-names.js';
import { fold } from './names.js';

export interface M3uEntry {
  /** The line as it stands: a path, or a URL. */
  readonly line: string;
  /** `Artist - Title` of the #EXTINF before it. */
  readonly label: string | undefined;
}

const MAX_ENTRIES = 10_000;

/** The entries of an m3u text; other comments are skipped. */
export function parseM3u(text: string): M3uEntry[] {
  const entries: M3uEntry[] = [];
  let label: string | undefined;
  for (const raw of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('#')) {
      label = /^#EXTINF:[^,]*,(.*)$/i.exec(line)?.[1]?.trim() ?? label;
      continue;
    }
    entries.push({ line, label: label === '' ? undefined : label });
    label = undefined;
    if (entries.length >= MAX_ENTRIES) break;
  }
  return entries;
}

/** m3u bytes as text: UTF-8, or Latin-1 where they are not. */
export function decodeM3u(file: Bytes): string {
  return exactText(file) ?? file.toString('latin1');
}

export interface M3uPlace {
  readonly musicDir: string;
  /** Folder of the m3u file, relative to the music folder. */
  readonly folder: Bytes;
}

/** The tracks that entries name, in order, and the lines that name none. */
export function resolveM3u(
  db: Db,
  entries: readonly M3uEntry[],
  place: M3uPlace,
): { trackIds: string[]; missing: string[] } {
  const trackIds: string[] = [];
  const missing: string[] = [];
  for (const entry of entries) {
    const found = byPath(db, entry.line, place) ?? byLabel(db, entry.label);
    if (found === undefined) missing.push(entry.line.slice(0, 500));
    else trackIds.push(found);
  }
  return { trackIds, missing };
}

function byPath(db: Db, line: string, place: M3uPlace): string | undefined {
  for (const path of candidates(line, place)) {
    for (const spelling of spellings(path)) {
      const { folder, name } = splitPath(spelling);
      const row = db.prepare('SELECT track_id FROM tracks WHERE folder = ? AND name = ?').get(folder, name);
      if (row) return String(row['track_id']);
    }
  }
  return undefined;
}

/** Paths relative to the music folder that a line may mean, likeliest first. None leads out of it. */
function candidates(line: string, place: M3uPlace): string[] {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(line) && !/^file:/i.test(line)) return [];
  const plain = /^file:/i.test(line) ? decoded(line.replace(/^file:(\/\/[^/]*)?/i, '')) : line;
  const path = plain.replaceAll('\\', '/').replace(/^[a-z]:(?=\/)/i, '');
  const found: string[] = [];
  const add = (text: string): void => {
    const normal = posix.normalize(text).replace(/^\/+/, '');
    if (normal !== '' && normal !== '.' && normal !== '..' && !normal.startsWith('../')) found.push(normal);
  };
  if (!path.startsWith('/')) {
    add(joinBytes(place.folder, toBytes(path)).toString('utf8'));
    add(path);
  } else if (path.startsWith(`${place.musicDir}/`)) add(path.slice(place.musicDir.length));
  // A list from another machine: the same folders under another root.
  const parts = posix
    .normalize(path)
    .split('/')
    .filter((part) => part !== '' && part !== '..');
  for (let from = 0; from <= parts.length - 2 && from < 12; from++) add(parts.slice(from).join('/'));
  if (path.includes('%')) return [...found, ...found.map(decoded)];
  return found;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The bytes a name may have on disk: as written, composed, decomposed, or in Latin-1. */
function spellings(path: string): Bytes[] {
  if (path.includes('\0')) return [];
  const forms = [path, path.normalize('NFC'), path.normalize('NFD')];
  const found = [...new Set(forms)].map(toBytes);
  const isLatin1 = /[\u0080-\u00ff]/.test(path) && !/[\u0100-\uffff]/.test(path);
  return isLatin1 ? [...found, Buffer.from(path, 'latin1')] : found;
}

function byLabel(db: Db, label: string | undefined): string | undefined {
  const parts = /^(.+?)\s+[-\u2013]\s+(.+)$/.exec(label ?? '');
  if (!parts) return undefined;
  const artist = fold(parts[1]!);
  const rows = db
    .prepare('SELECT track_id, artist, main_artist FROM tracks WHERE title_fold = ? ORDER BY row LIMIT 50')
    .all(fold(parts[2]!));
  const row = rows.find(
    (found) => fold(String(found['artist'])) === artist || fold(String(found['main_artist'])) === artist,
  );
  return row === undefined ? undefined : String(row['track_id']);
}
