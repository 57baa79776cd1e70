/** Listening parties: see src/state/keep-party.ts. */
export const partyTables = `
CREATE TABLE parties (room_id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE party_chat (
  room_id TEXT NOT NULL, serial INTEGER PRIMARY KEY, message_id TEXT NOT NULL, value TEXT NOT NULL, UNIQUE (room_id, message_id)
);
`;
