/**
 * Tracks, albums, artists, playlists and search: see src/library.
 * Folders, names and paths are bytes as the file system gives them, relative to the music folder; `base` is the folder with its disc part
 * taken off (`Album/CD1` -> `Album`). The `*_words` tables are search indexes without content; their rowid is `row`.
 */
export const libraryTables = `
CREATE TABLE library_values (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folders (
  folder BLOB PRIMARY KEY, mounted INTEGER NOT NULL,
  artwork_name BLOB, artwork_size INTEGER, artwork_mtime_us INTEGER, artwork_id TEXT
) WITHOUT ROWID;
CREATE INDEX folders_by_artwork ON folders (artwork_id) WHERE artwork_id IS NOT NULL;
CREATE TABLE tracks (
  row INTEGER PRIMARY KEY, track_id TEXT NOT NULL UNIQUE,
  folder BLOB NOT NULL, name BLOB NOT NULL, base BLOB NOT NULL, size INTEGER NOT NULL, mtime_us INTEGER NOT NULL, added_ms INTEGER NOT NULL,
  title TEXT NOT NULL, title_fold TEXT NOT NULL, artist TEXT NOT NULL, main_artist TEXT NOT NULL, artist_id TEXT NOT NULL,
  album TEXT NOT NULL, album_key TEXT NOT NULL, album_id TEXT NOT NULL, album_artist_id TEXT NOT NULL,
  tag_album_artist TEXT, tag_compilation INTEGER NOT NULL, year INTEGER,
  duration_seconds REAL NOT NULL, disc_number INTEGER, track_number INTEGER,
  codec TEXT NOT NULL, lossless INTEGER NOT NULL, sample_rate_hz INTEGER, bits_per_sample INTEGER,
  embedded_id TEXT, artwork_id TEXT,
  UNIQUE (folder, name)
);
CREATE INDEX tracks_by_family ON tracks (base, album_key);
CREATE INDEX tracks_by_album ON tracks (album_id);
CREATE INDEX tracks_by_artist ON tracks (artist_id);
CREATE INDEX tracks_by_album_artist ON tracks (album_artist_id);
CREATE INDEX tracks_by_title ON tracks (title_fold, row);
CREATE INDEX tracks_by_embedded ON tracks (embedded_id) WHERE embedded_id IS NOT NULL;
CREATE TABLE albums (
  row INTEGER PRIMARY KEY, album_id TEXT NOT NULL UNIQUE, base BLOB NOT NULL, album_key TEXT NOT NULL,
  title TEXT NOT NULL, title_fold TEXT NOT NULL, artist TEXT NOT NULL, artist_sort TEXT NOT NULL, artist_id TEXT NOT NULL,
  year INTEGER, compilation INTEGER NOT NULL, track_count INTEGER NOT NULL, disc_count INTEGER NOT NULL, duration_seconds REAL NOT NULL,
  artwork_id TEXT, added_ms INTEGER NOT NULL
);
CREATE INDEX albums_by_family ON albums (base, album_key);
CREATE INDEX albums_by_title ON albums (title_fold, row);
CREATE INDEX albums_by_artist_name ON albums (artist_sort, year, title_fold, row);
CREATE INDEX albums_by_year ON albums (year, title_fold, row);
CREATE INDEX albums_by_added ON albums (added_ms, row);
CREATE INDEX albums_by_artist ON albums (artist_id);
CREATE TABLE artists (
  row INTEGER PRIMARY KEY, artist_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, name_fold TEXT NOT NULL, name_sort TEXT NOT NULL,
  album_count INTEGER NOT NULL, track_count INTEGER NOT NULL, artwork_id TEXT
);
CREATE INDEX artists_by_name ON artists (name_sort, row) WHERE album_count > 0;
CREATE INDEX artists_by_fold ON artists (name_fold);
CREATE VIRTUAL TABLE track_words USING fts5 (
  title, artist, album, content='', contentless_delete=1, detail=column, prefix='1 2', tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE album_words USING fts5 (
  title, artist, content='', contentless_delete=1, detail=column, prefix='1 2', tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE artist_words USING fts5 (
  name, content='', contentless_delete=1, detail=column, prefix='1 2', tokenize='unicode61 remove_diacritics 2'
);
CREATE TABLE library_problems (
  folder BLOB NOT NULL, name BLOB NOT NULL, reason TEXT NOT NULL, size INTEGER, mtime_us INTEGER, PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE TABLE playlists (
  playlist_id TEXT PRIMARY KEY, name TEXT NOT NULL, track_count INTEGER NOT NULL, duration_seconds REAL NOT NULL, artwork_id TEXT,
  m3u_folder BLOB, m3u_name BLOB, m3u_size INTEGER, m3u_mtime_us INTEGER, follows INTEGER NOT NULL, hidden INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX playlists_by_file ON playlists (m3u_folder, m3u_name) WHERE m3u_name IS NOT NULL;
CREATE TABLE playlist_tracks (playlist_id TEXT NOT NULL, position INTEGER NOT NULL, track_id TEXT NOT NULL, PRIMARY KEY (playlist_id, position)) WITHOUT ROWID;
`;
