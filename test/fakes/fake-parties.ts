import { AppError } from '../../src/base/index.js';
import type { ChatMessage, CommandReply, CommandType, Party, QueueItem } from '../../src/protocol/index.js';
import { partyTopic } from '../../src/protocol/index.js';
import { takeTurns } from '../../src/rooms/party/index.js';
import type { FakeHouse } from './fake-house.js';
import { fakeHandlers, type FakeHandlers } from './fake-commands.js';

const HOST_ONLY: readonly CommandType[] = [
  'room:play',
  'room:pause',
  'room:next',
  'room:previous',
  'room:seek',
  'room:volume',
  'room:mute',
  'room:group',
  'room:transfer',
  'queue:move',
  'queue:clear',
  'queue:undo',
  'queue:redo',
];

/** Who is who in the parties of a fake house, by connection. Tests say when somebody chats too much. */
export class FakeParties {
  /** The next message is too much, for so many milliseconds. */
  slowMs = 0;
  readonly #house: FakeHouse;
  /** Participant ids by connection and room. */
  readonly #seats = new Map<string, string>();
  readonly #secrets = new Map<string, string>();
  #voters = new Set<string>();
  #vetoed: string | undefined;
  #count = 0;

  constructor(house: FakeHouse) {
    this.#house = house;
  }

  readonly handlers: FakeHandlers = {
    'room:open': ({ room_id, name, ...rules }, connection) => {
      if (this.#house.room(room_id)?.party) throw new AppError('ERR_CONFLICT', 'a party is on in this room');
      const party = { ...rules, opened_at: new Date().toISOString(), participants: [], chat: [] };
      this.#house.change(room_id, (state) => ({ ...state, party }));
      return this.#enter(room_id, name, connection);
    },
    'room:join': ({ room_id, name, participant_id, secret, invite, returning }, connection) => {
      const party = this.#party(room_id);
      const known = party.participants.find((person) => person.participant_id === participant_id);
      if (known && participant_id !== undefined && this.#secrets.get(participant_id) === secret) {
        this.#sit(room_id, participant_id, connection);
        return this.#entered(room_id, participant_id);
      }
      if (returning) throw new AppError('ERR_NOT_FOUND', 'you are not in this party any more');
      if (!party.public && invite !== inviteOf(room_id))
        throw new AppError('ERR_NOT_ALLOWED', 'this party is private: its invitation is needed');
      if (party.participants.length >= party.max_participants)
        throw new AppError('ERR_BUSY', 'the party is full');
      return this.#enter(room_id, name, connection);
    },
    'room:leave': ({ room_id }, connection) => {
      const id = this.#require(room_id, connection);
      const { participants } = this.#party(room_id);
      const rest = participants.filter((person) => person.participant_id !== id);
      this.#tell(room_id, 'user_left', id);
      if (rest.length === 0) this.#close(room_id);
      else if (rest.some(({ host }) => host)) this.#set(room_id, { participants: rest });
      else this.#crown(room_id, rest[0]!.participant_id, rest);
      return {};
    },
    'room:close': ({ room_id }, connection) => {
      this.#requireHost(room_id, connection);
      this.#close(room_id);
      return {};
    },
    'room:rules': ({ room_id, ...rules }, connection) => {
      this.#requireHost(room_id, connection);
      this.#set(room_id, JSON.parse(JSON.stringify(rules)) as Partial<Party>);
      return {};
    },
    'room:hand-over': ({ room_id, participant_id }, connection) => {
      this.#requireHost(room_id, connection);
      this.#crown(room_id, participant_id, this.#party(room_id).participants);
      return {};
    },
    'room:chat': ({ room_id, message }, connection) => this.#say(room_id, message, connection),
    'room:vote-skip': ({ room_id, item_id }, connection) => this.#vote(room_id, item_id, connection),
    'room:veto': ({ room_id }, connection) => {
      this.#requireHost(room_id, connection);
      this.#vetoed = this.#house.room(room_id)!.playback.item_id;
      this.#voters.clear();
      this.#set(room_id, { skip: undefined });
      this.#tell(room_id, 'vetoed');
      return {};
    },
  };

  /** Whether a connection may look into the party of a room. */
  mayRead(roomId: string, connection: string): boolean {
    const party = this.#house.room(roomId)?.party;
    return party !== undefined && (party.public || this.#of(roomId, connection) !== undefined);
  }

  /** Throws when a guest asks for what is the host's to do. */
  guard(type: CommandType, roomId: string | undefined, connection: string): void {
    const id = roomId === undefined ? undefined : this.#of(roomId, connection);
    if (id === undefined || !HOST_ONLY.includes(type)) return;
    const me = this.#party(roomId!).participants.find(({ participant_id }) => participant_id === id);
    if (!me?.host) throw new AppError('ERR_NOT_ALLOWED', 'in a party the host decides this');
  }

  /** The queue with what somebody added at the end: in turns where a fair party is on. */
  queued(roomId: string, items: readonly QueueItem[], added: readonly QueueItem[], connection?: string) {
    const id = connection === undefined ? undefined : this.#of(roomId, connection);
    const state = this.#house.room(roomId)!;
    const person = state.party?.participants.find(({ participant_id }) => participant_id === id);
    if (!state.party || !person) return [...items, ...added];
    const { participant_id, name } = person;
    const named = added.map((item) => ({ ...item, added_by: { participant_id, name } }));
    if (!state.party.fair) return [...items, ...named];
    return takeTurns(items, state.queue.current_index, participant_id, named);
  }

  /** A connection is over: who has no other is away. */
  gone(connection: string): void {
    for (const [key] of this.#seats) if (key.startsWith(`${connection} `)) this.#seats.delete(key);
    for (const [roomId, { state }] of this.#house.lanes) if (state.party) this.#present(roomId);
  }

  #party(roomId: string): Party {
    const state = this.#house.room(roomId);
    if (!state) throw new AppError('ERR_ROOM_NOT_FOUND', 'no such room');
    if (!state.party) throw new AppError('ERR_CONFLICT', 'the doors of this room are closed');
    return state.party;
  }

  #of(roomId: string, connection: string): string | undefined {
    const id = this.#seats.get(`${connection} ${roomId}`);
    const people = this.#house.room(roomId)?.party?.participants;
    return people?.find(({ participant_id }) => participant_id === id)?.participant_id;
  }

  #require(roomId: string, connection = ''): string {
    this.#party(roomId);
    const id = this.#of(roomId, connection);
    if (id === undefined) throw new AppError('ERR_NOT_ALLOWED', 'join the party first');
    return id;
  }

  #requireHost(roomId: string, connection = ''): void {
    const id = this.#require(roomId, connection);
    if (!this.#party(roomId).participants.some(({ participant_id, host }) => host && participant_id === id))
      throw new AppError('ERR_NOT_ALLOWED', 'only the host may do this');
  }

  #set(roomId: string, change: Partial<Omit<Party, 'skip'>> & { skip?: Party['skip'] | undefined }): void {
    const { skip, ...party } = { ...this.#party(roomId), ...change };
    this.#house.change(roomId, (state) => ({ ...state, party: { ...party, ...(skip ? { skip } : {}) } }));
  }

  #enter(roomId: string, name = 'Somebody', connection = ''): CommandReply<'room:join'> {
    const participant_id = `u${++this.#count}`;
    const { participants } = this.#party(roomId);
    const joined_at = new Date().toISOString();
    const person = {
      participant_id,
      name,
      host: participants.length === 0,
      presence: 'here',
      joined_at,
    } as const;
    this.#secrets.set(participant_id, `secret of ${participant_id}`);
    this.#seats.set(`${connection} ${roomId}`, participant_id);
    this.#set(roomId, { participants: [...participants, person] });
    this.#sit(roomId, participant_id, connection);
    this.#tell(roomId, 'user_joined', participant_id);
    return this.#entered(roomId, participant_id);
  }

  #entered(roomId: string, participant_id: string): CommandReply<'room:join'> {
    const secret = this.#secrets.get(participant_id)!;
    const state = this.#house.shown(roomId)!;
    return { participant_id, secret, invite: inviteOf(roomId), state, party: this.#party(roomId) };
  }

  #sit(roomId: string, participantId: string, connection = ''): void {
    this.#seats.set(`${connection} ${roomId}`, participantId);
    this.#present(roomId);
  }

  #present(roomId: string): void {
    const here = [...this.#seats].filter(([key]) => key.endsWith(` ${roomId}`)).map(([, id]) => id);
    const participants = this.#party(roomId).participants.map((person) => ({
      ...person,
      presence: here.includes(person.participant_id) ? ('here' as const) : ('away' as const),
    }));
    this.#set(roomId, { participants });
  }

  #crown(roomId: string, heir: string, people: Party['participants']): void {
    const participants = people.map((person) => ({ ...person, host: person.participant_id === heir }));
    this.#set(roomId, { participants });
    this.#tell(roomId, 'host_changed', heir);
  }

  #close(roomId: string): void {
    this.#tell(roomId, 'party_closed');
    this.#house.change(roomId, ({ party: _party, ...state }) => state);
  }

  #say(room_id: string, text: string, connection = ''): CommandReply<'room:chat'> {
    const participant_id = this.#require(room_id, connection);
    const retry_after_ms = this.slowMs;
    this.slowMs = 0;
    if (retry_after_ms > 0)
      throw new AppError('ERR_BUSY', 'slower, please', { retryable: true, params: { retry_after_ms } });
    const party = this.#party(room_id);
    const user = party.participants.find((person) => person.participant_id === participant_id)!.name;
    const message: ChatMessage = {
      message_id: `m${++this.#count}`,
      participant_id,
      user,
      message: text,
      sent_at: new Date().toISOString(),
    };
    this.#set(room_id, { chat: [...party.chat, message] });
    this.#house.publish({ type: 'room:chat', topic: partyTopic(room_id), data: { room_id, ...message } });
    return { message };
  }

  #vote(room_id: string, item_id: string, connection = ''): CommandReply<'room:vote-skip'> {
    const id = this.#require(room_id, connection);
    const { participants, skip_quorum, skip, cooldown_seconds } = this.#party(room_id);
    const { playback } = this.#house.room(room_id)!;
    if (playback.item_id !== item_id) throw new AppError('ERR_CONFLICT', 'something else plays by now');
    if (this.#vetoed === item_id) throw new AppError('ERR_NOT_ALLOWED', 'the host wants to hear this one');
    if (this.#house.anchor(playback).position_seconds < cooldown_seconds)
      throw new AppError('ERR_BUSY', 'give it a chance first', { params: { retry_after_ms: 1_000 } });
    if (skip?.item_id !== item_id) this.#voters.clear();
    this.#voters.add(id);
    const here = participants.filter(({ presence }) => presence === 'here').length;
    const vote = { item_id, votes: this.#voters.size, needed: Math.max(1, Math.ceil(here * skip_quorum)) };
    const skipped = vote.votes >= vote.needed;
    this.#set(room_id, { skip: skipped ? undefined : vote });
    if (skipped) {
      this.#tell(room_id, 'skipped');
      fakeHandlers(this.#house)['room:next']!({ room_id });
    }
    return { skip: vote, skipped };
  }

  #tell(
    room_id: string,
    event_type: 'user_left' | 'user_joined' | 'party_closed' | 'host_changed' | 'skipped' | 'vetoed',
    id?: string,
  ): void {
    const person = this.#house
      .room(room_id)
      ?.party?.participants.find(({ participant_id }) => participant_id === id);
    const participant = person && { participant_id: person.participant_id, name: person.name };
    const data = { room_id, event_type, ...(participant ? { participant } : {}) };
    this.#house.publish({ type: 'room:event', topic: partyTopic(room_id), data }, false);
  }
}

const inviteOf = (roomId: string): string => `invitation+to/${roomId}`;
