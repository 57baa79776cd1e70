import { partyTopic, roomTopic, type Party, type Readers } from '../protocol/index.js';
import type { Draft } from './draft.js';
import { partyReaders, partySummary, partyView, type PartyRecord } from './party.js';

/** What is to be heard when a party went from one to the other: the room tells its summary, the party itself the rest. [PT7] */
export function partyEvents(
  room_id: string,
  before: PartyRecord | undefined,
  after: PartyRecord | undefined,
  events: Draft[],
): void {
  if (before === after) return;
  const summary = after && partySummary(after);
  if (differs(before && partySummary(before), summary))
    events.push({
      type: 'party:summary',
      topic: roomTopic(room_id),
      data: { room_id, ...(summary && { party: summary }) },
    });
  const topic = partyTopic(room_id);
  const readers = after ? partyReaders(after) : 'nobody';
  const party = withoutChat(after);
  const news = differs(withoutChat(before), party) || (before && opened(partyReaders(before), readers));
  if (news)
    events.push({ type: 'party:updated', topic, data: { room_id, ...(party && { party }) }, readers });
  const last = before?.chat.at(-1)?.message_id;
  const chat = after?.chat ?? [];
  const from = chat.findIndex((message) => message.message_id === last) + 1;
  for (const message of chat.slice(from))
    events.push({ type: 'room:chat', topic, data: { room_id, ...message } });
}

/** Messages are told one by one, everything else about a party as a whole. */
function withoutChat(party: PartyRecord | undefined): Omit<Party, 'chat'> | undefined {
  if (!party) return undefined;
  const { chat: _chat, ...rest } = partyView(party);
  return rest;
}

/** Whether somebody may look in who might not before: who holds a copy of the list elsewhere has to hear of them. */
function opened(before: Readers, after: Readers): boolean {
  if (before === 'all' || after === 'nobody') return false;
  if (before === 'nobody' || after === 'all') return true;
  return (
    after.connection_ids.some((id) => !before.connection_ids.includes(id)) ||
    after.subject_ids.some((id) => !before.subject_ids.includes(id))
  );
}

function differs(one: object | undefined, other: object | undefined): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}
