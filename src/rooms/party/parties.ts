import { AppError, randomId, type Clock } from '../../base/index.js';
import {
  partyTopic,
  type Caller,
  type ChatMessage,
  type CommandReply,
  type CommandRequest,
  type EventPayload,
  type Handlers,
} from '../../protocol/index.js';
import {
  partyView,
  roomStateView,
  skipView,
  votesNeeded,
  type PartyMember,
  type PartyRecord,
  type RoomRecord,
  type Store,
} from '../../state/index.js';
import { Bucket } from './bucket.js';
import { hashOf, People, sameSecret } from './people.js';
import { startSyncEvents } from './sync-events.js';

export type PartyCommand =
  `room:${'open' | 'join' | 'leave' | 'close' | 'rules' | 'hand-over' | 'chat' | 'vote-skip' | 'veto'}`;

export interface PartyParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Goes on to the next item, in the room's turn. */
  skip(this: void, roomId: string): Promise<unknown>;
}

type OpenParty = RoomRecord & { readonly party: PartyRecord };
type Entered = CommandReply<'room:join'>;
/** Who is signed in needs no secret. */
interface NewMember {
  readonly member: PartyMember;
  readonly secret: string | undefined;
}

/** Listening parties: who is in, who is the host, what they say and vote. What it means for the queue is in `guard.ts`. */
export class Parties {
  readonly people: People;
  readonly handlers: Handlers<PartyCommand>;
  readonly #parts: PartyParts;
  readonly #chatter = new Map<string, Bucket>();
  readonly #unwatch: () => void;
  readonly #stopSyncEvents: () => void;
  #count = 0;

  constructor(parts: PartyParts) {
    this.#parts = parts;
    const { store, clock } = parts;
    this.people = new People(store, clock, ({ room_id, participant_id }) =>
      this.#left(room_id, participant_id),
    );
    this.people.begin();
    this.#unwatch = store.watch((_change, before, after) => {
      if (before.rooms !== after.rooms) this.#forgetOldVotes();
    });
    this.#stopSyncEvents = startSyncEvents(store, clock);
    const durable = async <T>(reply: T): Promise<T> => {
      await store.durable();
      return reply;
    };
    this.handlers = {
      'room:open': (request, caller) => durable(this.#open(request, caller)),
      'room:join': (request, caller) => durable(this.#join(request, caller)),
      'room:leave': ({ room_id }, caller) => {
        const person = this.people.require(this.#party(room_id), caller);
        this.#left(room_id, person.participant_id);
        return durable({});
      },
      'room:close': ({ room_id }, caller) => {
        this.#requireHost(this.#party(room_id), caller);
        this.#close(room_id);
        return durable({});
      },
      'room:rules': ({ room_id, ...rules }, caller) => {
        const { party } = this.#requireHost(this.#party(room_id), caller);
        store.commit({ type: 'party/rules', room_id, rules: { ...party.kept.rules, ...defined(rules) } });
        return durable({});
      },
      'room:hand-over': ({ room_id, participant_id }, caller) => {
        const { party } = this.#requireHost(this.#party(room_id), caller);
        const heir = party.kept.members.find((member) => member.participant_id === participant_id);
        if (!heir) throw new AppError('ERR_NOT_FOUND', 'nobody in this party has this id');
        this.#crown(room_id, heir);
        return durable({});
      },
      'room:chat': ({ room_id, message }, caller) => durable(this.#say(room_id, message, caller)),
      'room:vote-skip': ({ room_id, item_id }, caller) => this.#vote(room_id, item_id, caller),
      'room:veto': ({ room_id }, caller) => this.#veto(room_id, caller),
    };
  }

  close(): void {
    this.#unwatch();
    this.#stopSyncEvents();
    this.people.close();
  }

  /** A connection is over: whoever it spoke for may be away now. */
  gone(connectionId: string): void {
    this.people.gone(connectionId);
  }

  #party(roomId: string): OpenParty {
    const room = this.#parts.store.state.rooms.get(roomId);
    if (!room) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id');
    const { party } = room;
    if (!party) throw new AppError('ERR_CONFLICT', 'the doors of this room are closed');
    return { ...room, party };
  }

  /** The host; and an admin who has not joined, so that a party can never be locked up. */
  #requireHost(room: OpenParty, caller: Caller): OpenParty {
    const person = this.people.of(room, caller);
    const may = person ? person.participant_id === room.party.kept.host_id : caller.role === 'admin';
    if (!may) throw new AppError('ERR_NOT_ALLOWED', 'only the host may do this');
    return room;
  }

  #open({ room_id, name, ...rules }: CommandRequest<'room:open'>, caller: Caller): Entered {
    const { store, clock } = this.#parts;
    const room = store.state.rooms.get(room_id);
    if (!room) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id');
    if (room.party) throw new AppError('ERR_CONFLICT', 'a party is on in this room already');
    const { member, secret } = this.#newMember(calledOf(name, caller), caller);
    const party = {
      rules,
      host_id: member.participant_id,
      invite: randomId(16),
      opened_at_ms: clock.wallMs(),
      members: [member],
    };
    store.commit({ type: 'party/opened', room_id, party });
    this.people.sit(caller, { room_id, participant_id: member.participant_id });
    this.#tell(room_id, 'party_opened', member);
    return this.#entered(room_id, member, secret);
  }

  #join(request: CommandRequest<'room:join'>, caller: Caller): Entered {
    const { room_id, name, secret, invite } = request;
    const { party } = this.#party(room_id);
    const { members, rules } = party.kept;
    const known = knownOf(members, request, caller);
    if (known) {
      const { subject_id = known.subject_id } = caller;
      const member = {
        ...known,
        name: calledOf(name ?? known.name, caller),
        ...(subject_id && { subject_id }),
      };
      if (member.name !== known.name || subject_id !== known.subject_id)
        this.#parts.store.commit({ type: 'party/joined', room_id, member });
      this.people.sit(caller, { room_id, participant_id: known.participant_id });
      return this.#entered(room_id, known, caller.subject_id === undefined ? secret : undefined);
    }
    if (request.returning) throw new AppError('ERR_NOT_FOUND', 'you are not in this party any more');
    const invited =
      (caller.role === 'guest' && caller.room_id === room_id) ||
      (invite !== undefined && sameSecret(invite, hashOf(party.kept.invite)));
    if (!rules.public && !invited)
      throw new AppError('ERR_NOT_ALLOWED', 'this party is private: its invitation is needed');
    if (members.length >= rules.max_participants)
      throw new AppError('ERR_BUSY', 'the party is full', {
        params: { max_participants: rules.max_participants },
      });
    const fresh = this.#newMember(calledOf(name, caller), caller);
    this.#parts.store.commit({ type: 'party/joined', room_id, member: fresh.member });
    this.people.sit(caller, { room_id, participant_id: fresh.member.participant_id });
    this.#tell(room_id, 'user_joined', fresh.member);
    return this.#entered(room_id, fresh.member, fresh.secret);
  }

  #newMember(name: string, { subject_id }: Caller): NewMember {
    const secret = randomId(24);
    const joined_at_ms = this.#parts.clock.wallMs();
    const member = { participant_id: randomId(8), name, secret_hash: hashOf(secret), joined_at_ms };
    return subject_id === undefined
      ? { member, secret }
      : { member: { ...member, subject_id }, secret: undefined };
  }

  #entered(room_id: string, { participant_id }: PartyMember, secret: string | undefined): Entered {
    const room = this.#party(room_id);
    const state = roomStateView(this.#parts.store.state, room);
    return {
      participant_id,
      ...(secret !== undefined && { secret }),
      invite: room.party.kept.invite,
      state,
      party: partyView(room.party),
    };
  }

  /** Told before it is done: nobody hears of a party that is over. */
  #close(room_id: string): void {
    this.#tell(room_id, 'party_closed');
    this.#parts.store.commit({ type: 'party/closed', room_id });
  }

  #left(room_id: string, participantId: string): void {
    const { store } = this.#parts;
    const party = store.state.rooms.get(room_id)?.party;
    const person = party?.kept.members.find((member) => member.participant_id === participantId);
    const seat = { room_id, participant_id: participantId };
    if (!party || !person) return this.people.forget(seat);
    // While they may still hear it, on all their phones.
    this.#tell(room_id, 'user_left', person);
    store.commit({ type: 'party/left', ...seat });
    this.people.forget(seat);
    if (party.kept.host_id === participantId) this.#findHost(room_id);
    void this.#skipIfEnough(room_id);
  }

  /** Who is here and has been there longest; without anybody here, whoever has been there longest; without anybody, the doors close. */
  #findHost(room_id: string): void {
    const { store } = this.#parts;
    const party = store.state.rooms.get(room_id)?.party;
    if (!party) return;
    const { members } = party.kept;
    const heir = members.find(({ participant_id }) => party.here.includes(participant_id)) ?? members[0];
    if (heir) return this.#crown(room_id, heir);
    this.#close(room_id);
  }

  #crown(room_id: string, heir: PartyMember): void {
    const { participant_id } = heir;
    this.#parts.store.commit({ type: 'party/host', room_id, participant_id });
    this.#tell(room_id, 'host_changed', heir);
  }

  #say(room_id: string, text: string, caller: Caller): { message: ChatMessage } {
    const { store, clock } = this.#parts;
    const person = this.people.require(this.#party(room_id), caller);
    const { participant_id, name: user } = person;
    const bucket = this.#chatter.get(participant_id) ?? new Bucket({ size: 5, perSecond: 0.5 });
    this.#chatter.set(participant_id, bucket);
    const wait = bucket.take(clock.nowUs());
    if (wait > 0)
      throw new AppError('ERR_BUSY', 'slower, please', { retryable: true, params: { retry_after_ms: wait } });
    const sent_at = new Date(clock.wallMs()).toISOString();
    const message = {
      message_id: `${randomId(6)}${++this.#count}`,
      participant_id,
      user,
      message: text,
      sent_at,
    };
    store.commit({ type: 'party/chat', room_id, message });
    return { message };
  }

  async #vote(room_id: string, item_id: string, caller: Caller): Promise<CommandReply<'room:vote-skip'>> {
    const { store, clock } = this.#parts;
    const room = this.#party(room_id);
    const { participant_id } = this.people.require(room, caller);
    const { party, kept, live } = room;
    if (kept.item_id !== item_id) throw new AppError('ERR_CONFLICT', 'something else plays by now');
    if (party.vetoed === item_id) throw new AppError('ERR_NOT_ALLOWED', 'the host wants to hear this one');
    const { timeline } = live;
    const heard = timeline.position_seconds + (timeline.rate * (clock.nowUs() - timeline.at_us)) / 1e6;
    const wait = party.kept.rules.cooldown_seconds - heard;
    if (wait > 0)
      throw new AppError('ERR_BUSY', 'give it a chance first', {
        retryable: true,
        params: { retry_after_ms: Math.ceil(wait * 1000) },
      });
    const voters = new Set(party.skip?.item_id === item_id ? party.skip.voters : []).add(participant_id);
    store.commit({ type: 'party/skip', room_id, skip: { item_id, voters: [...voters] } });
    const skip = skipView(this.#party(room_id).party) ?? { item_id, votes: 0, needed: 1 };
    return { skip, skipped: await this.#skipIfEnough(room_id) };
  }

  /** Also when somebody left: fewer votes are needed then. */
  async #skipIfEnough(room_id: string): Promise<boolean> {
    const { store, skip } = this.#parts;
    const room = store.state.rooms.get(room_id);
    const votes = room?.party?.skip;
    if (!room?.party || !votes || votes.item_id !== room.kept.item_id) return false;
    if (votes.voters.length < votesNeeded(room.party)) return false;
    store.commit({ type: 'party/skip', room_id, skip: undefined });
    this.#tell(room_id, 'skipped');
    await skip(room_id);
    return true;
  }

  #veto(room_id: string, caller: Caller): Record<string, never> {
    const { kept } = this.#requireHost(this.#party(room_id), caller);
    if (kept.item_id === undefined) throw new AppError('ERR_QUEUE_EMPTY', 'nothing plays');
    this.#parts.store.commit({ type: 'party/vetoed', room_id, item_id: kept.item_id });
    this.#tell(room_id, 'vetoed');
    return {};
  }

  /** Votes are about one item: the next one begins without any. */
  #forgetOldVotes(): void {
    const { store } = this.#parts;
    for (const [room_id, { party, kept }] of store.state.rooms)
      if (party?.skip && party.skip.item_id !== kept.item_id)
        store.commit({ type: 'party/skip', room_id, skip: undefined });
  }

  #tell(
    room_id: string,
    event_type: EventPayload<'room:event'>['event_type'],
    person?: Pick<PartyMember, 'participant_id' | 'name'>,
  ): void {
    const participant = person && { participant_id: person.participant_id, name: person.name };
    const data = { room_id, event_type, ...(participant && { participant }) };
    this.#parts.store.tell({ type: 'room:event', topic: partyTopic(room_id), data });
  }
}

/** Who somebody was here before: by account, or by what proves it. */
function knownOf(
  members: readonly PartyMember[],
  { participant_id, secret }: CommandRequest<'room:join'>,
  { subject_id }: Caller,
): PartyMember | undefined {
  const same = subject_id === undefined ? undefined : members.find((one) => one.subject_id === subject_id);
  if (same) return same;
  const named = members.find((one) => one.participant_id === participant_id && one.subject_id === undefined);
  const theirs = named && secret !== undefined && sameSecret(secret, named.secret_hash);
  return theirs ? named : undefined;
}

/** Who is signed in has a name; of others it is asked. */
function calledOf(name: string | undefined, caller: Caller): string {
  const called = caller.subject_id === undefined ? name : (caller.name ?? name);
  if (called === undefined)
    throw new AppError('ERR_INVALID', 'a name is needed', { params: { path: 'name' } });
  return called;
}

/** The fields that are there. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
