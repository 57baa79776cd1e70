import * as z from 'zod';
import { ChatMessage, Id, PartyRules } from '../protocol/index.js';
import type { Db, Durability } from '../storage/index.js';
import type { PartyRecord } from './party.js';

const KeptParty = z.object({
  rules: PartyRules,
  host_id: Id,
  invite: z.string(),
  opened_at_ms: z.number(),
  members: z.array(
    z.object({
      participant_id: Id,
      name: z.string(),
      secret_hash: z.string(),
      joined_at_ms: z.number(),
      subject_id: z.string().exactOptional(),
    }),
  ),
});

/** Who is in a party and its rules wait for the disk; what people say does not. */
export function weighParty(
  before: PartyRecord | undefined,
  after: PartyRecord | undefined,
): Durability | undefined {
  if (before?.kept !== after?.kept) return 'full';
  return before?.chat === after?.chat ? undefined : 'normal';
}

/** Writes what changed of a room's party: one row for it, and one for each message. */
export function keepParty(
  db: Db,
  roomId: string,
  before: PartyRecord | undefined,
  after: PartyRecord | undefined,
): void {
  if (!after) return forgetParty(db, roomId);
  if (before?.kept.opened_at_ms !== after.kept.opened_at_ms) forgetParty(db, roomId);
  if (before?.kept !== after.kept)
    db.prepare('INSERT OR REPLACE INTO parties (room_id, value) VALUES (?, ?)').run(
      roomId,
      JSON.stringify(after.kept),
    );
  if (before?.chat === after.chat) return;
  const known = new Set(before?.chat.map((message) => message.message_id));
  const kept = new Set(after.chat.map((message) => message.message_id));
  const put = db.prepare('INSERT OR IGNORE INTO party_chat (room_id, message_id, value) VALUES (?, ?, ?)');
  for (const message of after.chat)
    if (!known.has(message.message_id)) put.run(roomId, message.message_id, JSON.stringify(message));
  const drop = db.prepare('DELETE FROM party_chat WHERE room_id = ? AND message_id = ?');
  for (const id of known) if (!kept.has(id)) drop.run(roomId, id);
}

export function forgetParty(db: Db, roomId: string): void {
  db.prepare('DELETE FROM parties WHERE room_id = ?').run(roomId);
  db.prepare('DELETE FROM party_chat WHERE room_id = ?').run(roomId);
}

/** The party of a room as it was; nobody is here yet. */
export function loadParty(db: Db, roomId: string): PartyRecord | undefined {
  const row = db.prepare('SELECT value FROM parties WHERE room_id = ?').get(roomId);
  if (!row) return undefined;
  const kept = KeptParty.parse(JSON.parse(String(row['value'])));
  const chat = db
    .prepare('SELECT value FROM party_chat WHERE room_id = ? ORDER BY serial')
    .all(roomId)
    .map((line) => ChatMessage.parse(JSON.parse(String(line['value']))));
  return { kept, here: [], seats: [], chat };
}
