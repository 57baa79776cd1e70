import { describe, expect, it } from 'vitest';
import type { Party } from '../../src/protocol/party.js';
import { eventText, ruleLines, voteState, waitSeconds, type Ballot } from './party-words.js';

const person = (participant_id: string, presence: 'here' | 'away' = 'here') => ({
  participant_id,
  name: participant_id,
  host: participant_id === 'ana',
  presence,
  joined_at: '2026-01-01T00:00:00.000Z',
});
const party: Party = {
  description: '',
  max_participants: 20,
  public: true,
  fair: true,
  skip_quorum: 0.5,
  cooldown_seconds: 15,
  opened_at: '2026-01-01T00:00:00.000Z',
  participants: [person('ana'), person('ben'), person('cem'), person('dora', 'away')],
  chat: [],
};
const vote = (more: Partial<Ballot> = {}) =>
  voteState({ party, item_id: 'q1', position_seconds: 60, voted: undefined, vetoed: undefined, ...more });

describe('a vote', () => {
  it('counts those who are here', () => {
    expect(vote()).toEqual({ votes: 0, needed: 2 });
    expect(vote({ party: { ...party, skip: { item_id: 'q1', votes: 1, needed: 3 } } })).toEqual({
      votes: 1,
      needed: 3,
    });
  });
  it('is about what plays now', () => {
    expect(vote({ party: { ...party, skip: { item_id: 'q0', votes: 1, needed: 3 } } }).votes).toBe(0);
    expect(vote({ item_id: undefined }).why).toBe('Nothing is playing');
  });
  it('waits, and says how long', () => {
    expect(vote({ position_seconds: 3.4 }).why).toBe('You can vote in 12 s');
    expect(vote({ position_seconds: 15 }).why).toBeUndefined();
  });
  it('is given once, and not against the host', () => {
    const skip = { item_id: 'q1', votes: 1, needed: 2 };
    expect(vote({ voted: 'q1', party: { ...party, skip } }).why).toBe('You have voted');
    expect(vote({ voted: 'q0' }).why).toBeUndefined();
    expect(vote({ vetoed: 'q1' }).why).toBe('The host wants to hear this one');
  });
});

describe('what happened', () => {
  const event = (event_type: 'user_joined' | 'host_changed' | 'party_opened', participant_id: string) =>
    eventText({ room_id: 'r', event_type, participant: { participant_id, name: 'Ben' } }, 'ben');
  it('is said to the others', () => {
    expect(event('user_joined', 'ben')).toBeUndefined();
    expect(event('user_joined', 'x')).toBe('Ben joined');
    expect(event('host_changed', 'ben')).toBe('You are the host now');
    expect(event('host_changed', 'x')).toBe('Ben is the host now');
    expect(event('party_opened', 'x')).toBeUndefined();
  });
});

describe('rules', () => {
  it('are said in words', () => {
    expect(ruleLines({ ...party, public: false, cooldown_seconds: 0 })).toEqual([
      'Private: only people with the link can join',
      'People take turns in the queue',
      '50 % of votes skip a track',
      '20 places',
    ]);
  });
  it('name the seconds to wait', () => {
    expect(waitSeconds({ retry_after_ms: 1200 })).toBe(2);
    expect(waitSeconds({})).toBeUndefined();
  });
});
