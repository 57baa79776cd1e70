import type { EventPayload } from '../../src/protocol/events.js';
import type { Party, PartyRules } from '../../src/protocol/party.js';
import { count } from './format.js';

/** Whether one may vote to skip now, how the vote stands, and why not. */
export interface VoteState {
  readonly votes: number;
  readonly needed: number;
  readonly why?: string;
}

export interface Ballot {
  readonly party: Party;
  readonly item_id: string | undefined;
  /** Where the music is in the item. */
  readonly position_seconds: number;
  /** The item that this phone has voted against. */
  readonly voted: string | undefined;
  /** The item that the host wants to hear. */
  readonly vetoed: string | undefined;
}

export function voteState({ party, item_id, position_seconds, voted, vetoed }: Ballot): VoteState {
  const about = party.skip?.item_id === item_id ? party.skip : undefined;
  const { votes, needed } = about ?? { votes: 0, needed: votesNeeded(party) };
  const why = (text: string): VoteState => ({ votes, needed, why: text });
  if (item_id === undefined) return why('Nothing is playing');
  if (vetoed === item_id) return why('The host wants to hear this one');
  if (voted === item_id && votes > 0) return why('You have voted');
  const wait = Math.ceil(party.cooldown_seconds - position_seconds);
  if (wait > 0) return why(`You can vote in ${wait} s`);
  return { votes, needed };
}

function votesNeeded({ participants, skip_quorum }: Party): number {
  const here = participants.filter(({ presence }) => presence === 'here').length;
  return Math.max(1, Math.ceil(skip_quorum * here - 1e-9));
}

/** What has happened, for who is in the party; undefined when it needs no words. */
export function eventText(
  { event_type, participant }: EventPayload<'room:event'>,
  me: string | undefined,
): string | undefined {
  const mine = participant?.participant_id === me;
  const name = participant?.name ?? 'Somebody';
  switch (event_type) {
    case 'party_opened':
      return undefined;
    case 'party_closed':
      return 'The party is over. The music goes on';
    case 'user_joined':
      return mine ? undefined : `${name} joined`;
    case 'user_left':
      return mine ? undefined : `${name} left`;
    case 'host_changed':
      return mine ? 'You are the host now' : `${name} is the host now`;
    case 'skipped':
      return 'Skipped: enough people voted';
    case 'vetoed':
      return 'The host wants to hear this one';
    default:
      return event_type satisfies never;
  }
}

/** What holds in this party, line by line. */
export function ruleLines(rules: PartyRules): string[] {
  const { public: open, fair, skip_quorum, cooldown_seconds, max_participants } = rules;
  const share = Math.round(skip_quorum * 100);
  return [
    open ? 'Public: everybody in the house can join' : 'Private: only people with the link can join',
    fair ? 'People take turns in the queue' : 'First come, first served in the queue',
    cooldown_seconds === 0
      ? `${share} % of votes skip a track`
      : `${share} % of votes skip a track, after its first ${cooldown_seconds} s`,
    `${count(max_participants, 'place')}`,
  ];
}

/** The seconds to wait that an answer names, or undefined. */
export function waitSeconds(params: Readonly<Record<string, unknown>>): number | undefined {
  const ms = params['retry_after_ms'];
  return typeof ms === 'number' ? Math.max(1, Math.ceil(ms / 1000)) : undefined;
}
