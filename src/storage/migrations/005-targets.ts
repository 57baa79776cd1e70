/**
 * What other music servers have still to be told of: see src/pipeline/targets. `folder` is below the music folder, empty = all of it. A
 * folder that is noted again gets a new `serial`, so that a scan that is under way does not take the new note with it.
 */
export const targetTables = `
CREATE TABLE scan_outbox (
  serial INTEGER PRIMARY KEY AUTOINCREMENT, target_id TEXT NOT NULL, folder TEXT NOT NULL, reason TEXT NOT NULL,
  noted_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, due_ms INTEGER NOT NULL,
  UNIQUE (target_id, folder)
);
`;
