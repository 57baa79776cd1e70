import * as z from 'zod';

/** Who this phone is in a room's party, and what proves it. */
const Seat = z.object({
  participant_id: z.string(),
  /** Who is signed in needs none. */
  secret: z.string().optional(),
  /** Lets others in. */
  invite: z.string(),
  name: z.string(),
});
export type Seat = z.infer<typeof Seat>;

const KEY = 'tutti-party';
const Stored = z.object({
  /** What the person was called last. */
  name: z.string().catch(''),
  seats: z.record(z.string(), Seat).catch({}),
});
export type Seats = z.infer<typeof Stored>;

/** Seats by room_id, kept by the browser. One that keeps nothing remembers them for this visit. */
export class SeatBook {
  #now: Seats = { name: '', seats: {} };
  readonly #storage: () => Pick<Storage, 'getItem' | 'setItem'>;

  constructor(storage: () => Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage;
    this.#now = this.#read() ?? this.#now;
  }

  get now(): Seats {
    return this.#now;
  }

  /** Another tab may have written meanwhile: only this room's seat changes. */
  set(roomId: string, seat: Seat | undefined): Seats {
    const { name, seats } = this.#read() ?? this.#now;
    const others = Object.entries(seats).filter(([id]) => id !== roomId);
    const kept = Object.fromEntries(seat ? [...others, [roomId, seat]] : others);
    this.#now = { name: seat?.name ?? name, seats: kept };
    try {
      this.#storage().setItem(KEY, JSON.stringify(this.#now));
    } catch {
      // Private windows refuse to store; the seat lasts as long as the page.
    }
    return this.#now;
  }

  #read(): Seats | undefined {
    try {
      const text = this.#storage().getItem(KEY);
      return text === null ? undefined : Stored.parse(JSON.parse(text));
    } catch {
      return undefined;
    }
  }
}
