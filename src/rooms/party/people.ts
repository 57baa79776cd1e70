import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError, type Clock, type Timer } from '../../base/index.js';
import type { Caller } from '../../protocol/index.js';
import type { PartyMember, RoomRecord, Store } from '../../state/index.js';

/** A connection that breaks is often back at once: nobody is called away before. */
const AWAY_MS = 5_000;
/** Who has been away for so long has left. */
const LEFT_MS = 5 * 60_000;

export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export function sameSecret(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(secret)), Buffer.from(hash));
}

interface Seat {
  readonly room_id: string;
  readonly participant_id: string;
}

/** Which connection speaks for whom. A person may have several; without any they are away, and after some minutes they have left. */
export class People {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onLeft: (seat: Seat) => void;
  readonly #seats = new Map<string, Map<string, Seat>>();
  readonly #timers = new Map<string, Timer>();

  constructor(store: Store, clock: Clock, onLeft: (seat: Seat) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onLeft = onLeft;
  }

  /** Nobody has a connection after a start: who does not come back in time has left. */
  begin(): void {
    for (const [room_id, { party }] of this.#store.state.rooms)
      for (const { participant_id } of party?.kept.members ?? [])
        this.#leaveLater({ room_id, participant_id });
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
  }

  /** The person this connection is in a room, or undefined. Who is signed in is the same one on every phone. */
  of(room: RoomRecord, caller: Caller): PartyMember | undefined {
    const seat = this.#seats.get(caller.connection_id)?.get(room.kept.room_id);
    const members = room.party?.kept.members;
    return (
      members?.find(({ participant_id }) => participant_id === seat?.participant_id) ??
      members?.find(({ subject_id }) => subject_id !== undefined && subject_id === caller.subject_id)
    );
  }

  /** As `of`, or throws ERR_NOT_ALLOWED. */
  require(room: RoomRecord, caller: Caller): PartyMember {
    const person = this.of(room, caller);
    if (!person) throw new AppError('ERR_NOT_ALLOWED', 'join the party first');
    return person;
  }

  sit(caller: Caller, seat: Seat): void {
    const seats = this.#seats.get(caller.connection_id) ?? new Map<string, Seat>();
    const before = seats.get(seat.room_id);
    seats.set(seat.room_id, seat);
    this.#seats.set(caller.connection_id, seats);
    this.#cancel(seat);
    if (before && before.participant_id !== seat.participant_id) this.#unseated(before);
    this.#tellSeats(seat.room_id);
    this.#tellWhoIsHere(seat.room_id);
  }

  /** The person has left, with all their connections. */
  forget(seat: Seat): void {
    this.#cancel(seat);
    for (const seats of this.#seats.values())
      if (seats.get(seat.room_id)?.participant_id === seat.participant_id) seats.delete(seat.room_id);
    this.#tellSeats(seat.room_id);
  }

  /** A connection is over. */
  gone(connectionId: string): void {
    const seats = this.#seats.get(connectionId);
    this.#seats.delete(connectionId);
    for (const seat of seats?.values() ?? []) {
      this.#unseated(seat);
      this.#tellSeats(seat.room_id);
    }
  }

  #unseated(seat: Seat): void {
    if (this.#isHere(seat)) return;
    this.#arm(seat, AWAY_MS, () => {
      this.#tellWhoIsHere(seat.room_id);
      this.#leaveLater(seat);
    });
  }

  #leaveLater(seat: Seat): void {
    this.#arm(seat, LEFT_MS, () => this.#onLeft(seat));
  }

  #isHere({ room_id, participant_id }: Seat): boolean {
    for (const seats of this.#seats.values())
      if (seats.get(room_id)?.participant_id === participant_id) return true;
    return false;
  }

  /** Who speaks for whom decides who may look into a private party. */
  #tellSeats(room_id: string): void {
    const party = this.#store.state.rooms.get(room_id)?.party;
    if (!party) return;
    const seats = [...this.#seats].flatMap(([connection_id, rooms]) => {
      const seat = rooms.get(room_id);
      return seat ? [{ connection_id, participant_id: seat.participant_id }] : [];
    });
    if (JSON.stringify(seats) !== JSON.stringify(party.seats))
      this.#store.commit({ type: 'party/seats', room_id, seats });
  }

  #tellWhoIsHere(room_id: string): void {
    const party = this.#store.state.rooms.get(room_id)?.party;
    if (!party) return;
    const here = party.kept.members
      .map(({ participant_id }) => participant_id)
      .filter((participant_id) => this.#isHere({ room_id, participant_id }));
    if (here.join() !== party.here.join()) this.#store.commit({ type: 'party/here', room_id, here });
  }

  #arm(seat: Seat, ms: number, run: () => void): void {
    this.#cancel(seat);
    const key = `${seat.room_id} ${seat.participant_id}`;
    this.#timers.set(key, this.#clock.after(ms, run));
  }

  #cancel(seat: Seat): void {
    const key = `${seat.room_id} ${seat.participant_id}`;
    this.#timers.get(key)?.cancel();
    this.#timers.delete(key);
  }
}
