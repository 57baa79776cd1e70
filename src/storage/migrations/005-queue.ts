/**
 * Queued work, its attempts, when schedules last ran, and what files were when they were last read: see src/jobs/queue, src/jobs/ledger.ts,
 * src/pipeline/schedules and src/pipeline/integrity. Times are wall-clock milliseconds, `mtime_us` microseconds.
 */
export const queueTables = `
CREATE TABLE queued_work (
  serial INTEGER PRIMARY KEY, job_id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, title TEXT NOT NULL, params TEXT NOT NULL,
  priority INTEGER NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, dispatch INTEGER NOT NULL, is_out INTEGER NOT NULL,
  lost INTEGER NOT NULL,
  set_at_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL, outcome TEXT
);
CREATE TABLE attempts (
  key TEXT PRIMARY KEY, tries INTEGER NOT NULL, noted_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE schedule_runs (schedule_id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file_sums (
  track_id TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_us INTEGER NOT NULL, sha256 TEXT NOT NULL, checked_ms INTEGER NOT NULL,
  path TEXT, audio_md5 TEXT, found TEXT
) WITHOUT ROWID;
CREATE INDEX file_sums_by_checked ON file_sums (checked_ms);
`;
