/** Rooms, players, queues and settings: see src/state/persistence.ts. */
export const stateTables = `
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE players (player_id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rooms (room_id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE queue_items (room_id TEXT NOT NULL, item_id TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (room_id, item_id)) WITHOUT ROWID;
CREATE TABLE queue_orders (room_id TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE queue_edits (room_id TEXT NOT NULL, seq INTEGER NOT NULL, undone INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY (room_id, seq)) WITHOUT ROWID;
`;
