/** Podcasts that are followed, and which of their episodes were fetched: see src/pipeline/downloads. */
export const downloadTables = `
CREATE TABLE feeds (serial INTEGER PRIMARY KEY, feed_id TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
CREATE TABLE feed_episodes (feed_id TEXT NOT NULL, guid TEXT NOT NULL, PRIMARY KEY (feed_id, guid)) WITHOUT ROWID;
`;
