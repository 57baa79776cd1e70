import {
  MAX_CHAT,
  type ChatMessage,
  type Party,
  type PartyRules,
  type PartySummary,
  type Readers,
  type SkipVotes,
} from '../protocol/index.js';

export interface PartyMember {
  readonly participant_id: string;
  readonly name: string;
  /** SHA-256 of what proves that somebody is this person, hex. */
  readonly secret_hash: string;
  readonly joined_at_ms: number;
  /** The account or invitation that they are signed in with. */
  readonly subject_id?: string | undefined;
}

/** A connection that speaks for somebody. */
export interface PartySeat {
  readonly connection_id: string;
  readonly participant_id: string;
}

/** A listening party: what survives a restart is under `kept`, and the chat does. */
export interface PartyRecord {
  readonly kept: {
    readonly rules: PartyRules;
    readonly host_id: string;
    /** Lets people into a private party. */
    readonly invite: string;
    readonly opened_at_ms: number;
    readonly members: readonly PartyMember[];
  };
  /** Who has a connection now. */
  readonly here: readonly string[];
  readonly seats: readonly PartySeat[];
  readonly skip?: { readonly item_id: string; readonly voters: readonly string[] } | undefined;
  /** The item that the host wants to hear to its end. */
  readonly vetoed?: string | undefined;
  readonly chat: readonly ChatMessage[];
}

export type PartyChange =
  | { readonly type: 'party/opened'; readonly room_id: string; readonly party: PartyRecord['kept'] }
  | { readonly type: 'party/closed'; readonly room_id: string }
  | { readonly type: 'party/rules'; readonly room_id: string; readonly rules: PartyRules }
  | { readonly type: 'party/joined'; readonly room_id: string; readonly member: PartyMember }
  | { readonly type: 'party/left'; readonly room_id: string; readonly participant_id: string }
  | { readonly type: 'party/host'; readonly room_id: string; readonly participant_id: string }
  | { readonly type: 'party/here'; readonly room_id: string; readonly here: readonly string[] }
  | { readonly type: 'party/seats'; readonly room_id: string; readonly seats: readonly PartySeat[] }
  | { readonly type: 'party/skip'; readonly room_id: string; readonly skip: PartyRecord['skip'] }
  | { readonly type: 'party/vetoed'; readonly room_id: string; readonly item_id: string }
  | { readonly type: 'party/chat'; readonly room_id: string; readonly message: ChatMessage };

/** Pure: what a change makes of a room's party. */
export function reduceParty(party: PartyRecord | undefined, change: PartyChange): PartyRecord | undefined {
  if (change.type === 'party/opened') return { kept: change.party, here: [], seats: [], chat: [] };
  if (!party || change.type === 'party/closed') return undefined;
  const kept = (fields: Partial<PartyRecord['kept']>): PartyRecord => ({
    ...party,
    kept: { ...party.kept, ...fields },
  });
  switch (change.type) {
    case 'party/rules':
      return kept({ rules: change.rules });
    case 'party/joined': {
      const { member } = change;
      const others = party.kept.members.filter(
        ({ participant_id }) => participant_id !== member.participant_id,
      );
      return kept({ members: [...others, member].sort((one, two) => one.joined_at_ms - two.joined_at_ms) });
    }
    case 'party/left':
      return without(party, change.participant_id);
    case 'party/host':
      return kept({ host_id: change.participant_id });
    case 'party/here':
      return { ...party, here: change.here };
    case 'party/seats':
      return { ...party, seats: change.seats };
    case 'party/skip':
      return { ...party, skip: change.skip };
    case 'party/vetoed':
      return { ...party, vetoed: change.item_id, skip: undefined };
    case 'party/chat':
      return { ...party, chat: [...party.chat, change.message].slice(-MAX_CHAT) };
    default:
      return change satisfies never;
  }
}

function without(party: PartyRecord, participantId: string): PartyRecord {
  const { skip, kept, here, seats } = party;
  return {
    ...party,
    kept: {
      ...kept,
      members: kept.members.filter(({ participant_id }) => participant_id !== participantId),
    },
    here: here.filter((id) => id !== participantId),
    seats: seats.filter(({ participant_id }) => participant_id !== participantId),
    skip: skip && { ...skip, voters: skip.voters.filter((id) => id !== participantId) },
  };
}

/** How many votes skip a track: the quorum of those who are here, and never none. */
export function votesNeeded(party: PartyRecord): number {
  return Math.max(1, Math.ceil(party.kept.rules.skip_quorum * party.here.length - 1e-9));
}

export function skipView(party: PartyRecord): SkipVotes | undefined {
  const { skip } = party;
  return skip && { item_id: skip.item_id, votes: skip.voters.length, needed: votesNeeded(party) };
}

export function partyView(party: PartyRecord): Party {
  const { rules, host_id, opened_at_ms, members } = party.kept;
  const here = new Set(party.here);
  const skip = skipView(party);
  return {
    ...rules,
    opened_at: new Date(opened_at_ms).toISOString(),
    participants: members.map(({ participant_id, name, joined_at_ms }) => ({
      participant_id,
      name,
      host: participant_id === host_id,
      presence: here.has(participant_id) ? 'here' : 'away',
      joined_at: new Date(joined_at_ms).toISOString(),
    })),
    ...(skip && { skip }),
    chat: [...party.chat],
  };
}

/** Who may look into it: everybody whom the room lets while it is public, else who is in. [PT7] */
export function partyReaders({ kept, seats }: PartyRecord): Readers {
  if (kept.rules.public) return 'all';
  return {
    connection_ids: seats.map(({ connection_id }) => connection_id),
    subject_ids: kept.members.flatMap(({ subject_id }) => subject_id ?? []),
  };
}

export function partySummary({ kept }: PartyRecord): PartySummary {
  const { rules, members, host_id } = kept;
  const { description, max_participants, fair } = rules;
  return {
    description,
    public: rules.public,
    fair,
    participant_count: members.length,
    max_participants,
    host: members.find(({ participant_id }) => participant_id === host_id)?.name ?? '',
  };
}
