/**
 * What the import did, where albums and tracks came from, and what lies in the trash: see src/pipeline/import and src/pipeline/trash.
 * `operations` says which journals were carried out to their end; `entry` is the journal that put something into the trash.
 */
export const importTables = `
CREATE TABLE operations (op_id TEXT PRIMARY KEY, kind TEXT NOT NULL, result TEXT NOT NULL, done_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE album_origins (album_id TEXT PRIMARY KEY, release_id TEXT, release_group_id TEXT, imported_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX album_origins_by_release ON album_origins (release_id) WHERE release_id IS NOT NULL;
CREATE TABLE track_origins (track_id TEXT PRIMARY KEY, recording_id TEXT, channels INTEGER, bitrate_kbps REAL) WITHOUT ROWID;
CREATE TABLE trash (
  serial INTEGER PRIMARY KEY, trash_id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, artist TEXT NOT NULL, reason TEXT NOT NULL, username TEXT,
  file_count INTEGER NOT NULL, size_bytes INTEGER NOT NULL, trashed_ms INTEGER NOT NULL, expires_ms INTEGER, going INTEGER NOT NULL, entry TEXT NOT NULL
);
CREATE INDEX trash_by_expiry ON trash (expires_ms) WHERE expires_ms IS NOT NULL;
`;
