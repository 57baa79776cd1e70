/**
 * How often tracks were played: see src/library/plays.ts. One small row for each that ever was, and no index, so that a play costs a card one
 * page. `album_id` is that of the track, NULL while the track is not there; triggers see to that, whoever writes tracks. `missed_ms`: when it
 * was first seen that the track is gone.
 */
export const playTables = `
CREATE TABLE plays (track_id TEXT PRIMARY KEY, album_id TEXT, play_count INTEGER NOT NULL, last_played_ms INTEGER NOT NULL, missed_ms INTEGER) WITHOUT ROWID;
CREATE TRIGGER plays_follow_tracks AFTER UPDATE OF album_id ON tracks WHEN old.album_id IS NOT new.album_id BEGIN
  UPDATE plays SET album_id = new.album_id WHERE track_id = new.track_id;
END;
CREATE TRIGGER plays_outlive_tracks AFTER DELETE ON tracks BEGIN
  UPDATE plays SET album_id = NULL WHERE track_id = old.track_id;
END;
`;
