/** Hearts for more than albums: see src/activity. */
export const heartTables = `
CREATE TABLE track_hearts (user_id TEXT NOT NULL, track_id TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (user_id, track_id)) WITHOUT ROWID;
CREATE INDEX track_hearts_by_track ON track_hearts (track_id);
CREATE TABLE artist_hearts (user_id TEXT NOT NULL, artist_id TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (user_id, artist_id)) WITHOUT ROWID;
CREATE INDEX artist_hearts_by_artist ON artist_hearts (artist_id);
CREATE TABLE given_hearts (user_id TEXT NOT NULL, album_id TEXT NOT NULL, PRIMARY KEY (user_id, album_id)) WITHOUT ROWID;
CREATE TABLE missed_hearts (kind TEXT NOT NULL, id TEXT NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
`;
