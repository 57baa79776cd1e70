/** Background work: see src/jobs. Hearts and what happened lately: see src/activity. */
export const jobTables = `
CREATE TABLE jobs (serial INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE, params TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE hearts (user_id TEXT NOT NULL, album_id TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (user_id, album_id)) WITHOUT ROWID;
CREATE INDEX hearts_by_album ON hearts (album_id);
CREATE TABLE activity (serial INTEGER PRIMARY KEY, value TEXT NOT NULL);
`;
