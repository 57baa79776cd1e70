import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { ClientError } from '../../src/client/client-error.js';
import type { CommandInput, CommandReply, CommandType } from '../../src/protocol/commands.js';
import { partyTopic, type EventPayload } from '../../src/protocol/events.js';
import type { Participant } from '../../src/protocol/party.js';
import { doorOf } from './door.js';
import { SeatBook, type Seat, type Seats } from './party-seats.js';
import { eventText } from './party-words.js';
import type { Store } from './store.js';

type RoomEvent = EventPayload<'room:event'>;

/** Who this phone is in parties, and what it does there. After every new connection it says silently who it was. */
export class PartyControl {
  /** What the person was called last. */
  readonly name: ReadonlySignal<string>;
  /** In the chosen room. */
  readonly me: ReadonlySignal<Participant | undefined>;
  /** This phone may be somebody, and the server has not said yet whether it still is. */
  readonly returning: ReadonlySignal<boolean>;
  /** As `returning`, or it is known and what it may see of the party is on its way. */
  readonly entering: ReadonlySignal<boolean>;
  /** The item that this phone has voted against. */
  readonly voted = signal<string | undefined>(undefined);
  /** The item that the host wants to hear. */
  readonly vetoed = signal<string | undefined>(undefined);
  readonly #store: Store;
  readonly #book: SeatBook;
  readonly #seats;
  readonly #back = signal(0);
  #returned: Promise<unknown> = Promise.resolve();
  /** Rooms in which this connection has asked whether the account is somebody there. */
  readonly #asked = new Set<string>();

  constructor(store: Store, book: SeatBook) {
    this.#store = store;
    this.#book = book;
    this.#seats = signal<Seats>(book.now);
    this.name = computed(() => doorOf(store).you.value?.name ?? this.#seats.value.name);
    this.returning = computed(() => this.#back.value > 0);
    this.entering = computed(() => {
      const seated = this.#seats.value.seats[store.house.roomId.value ?? ''] !== undefined;
      return this.returning.value || (seated && store.house.party.value === undefined);
    });
    this.me = computed(() => {
      const id = store.seats.value[store.house.roomId.value ?? ''];
      return store.house.party.value?.participants.find(({ participant_id }) => participant_id === id);
    });
    this.#publish(book.now);
    effect(() => {
      if (store.house.live.value) this.#comeBack();
      else this.#asked.clear();
    });
    this.#follow();
    effect(() => {
      const { roomId, doors, live } = store.house;
      const id = roomId.value;
      if (!live.value || id === undefined || !doors.value || !doorOf(store).you.value) return;
      if (this.#seats.value.seats[id] === undefined) this.#recognise(id);
    });
    store.client.onEvent((event) => {
      if (event.type === 'room:event') this.#onRoomEvent(event.data);
    });
  }

  /** In the chosen room. */
  seat(roomId: string): Seat | undefined {
    return this.#seats.value.seats[roomId];
  }

  async open(request: CommandInput<'room:open'>): Promise<void> {
    const reply = await this.#store.client.send('room:open', request);
    this.#sit(request.room_id, reply);
  }

  /** Who is signed in has a name. */
  async join(room_id: string, name: string | undefined, invite?: string): Promise<void> {
    const request = {
      room_id,
      ...(name === undefined ? {} : { name }),
      ...(invite === undefined ? {} : { invite }),
    };
    this.#sit(room_id, await this.#store.client.send('room:join', request));
  }

  async leave(roomId: string): Promise<void> {
    await this.send('room:leave', { room_id: roomId });
    this.#give(roomId, undefined);
  }

  async vote(room_id: string, item_id: string): Promise<void> {
    try {
      await this.send('room:vote-skip', { room_id, item_id });
      this.voted.value = item_id;
    } catch (error) {
      if (error instanceof ClientError && error.code === 'ERR_NOT_ALLOWED') this.vetoed.value = item_id;
      this.#store.fail(error);
    }
  }

  /** As the person that this phone is: not before the server knows it again. */
  async send<T extends CommandType>(type: T, data: CommandInput<T>): Promise<CommandReply<T>> {
    await this.#returned;
    return this.#store.client.send(type, data);
  }

  /** As `send`; what goes wrong is shown, and the answer is then undefined. */
  async ask<T extends CommandType>(type: T, data: CommandInput<T>): Promise<CommandReply<T> | undefined> {
    return this.send(type, data).catch((error: unknown) => {
      this.#store.fail(error);
      return undefined;
    });
  }

  #comeBack(): void {
    const seats = Object.entries(this.#seats.peek().seats);
    if (seats.length === 0) return;
    this.#until(Promise.all(seats.map(([roomId, seat]) => this.#return(roomId, seat))));
  }

  #until(done: Promise<unknown>): void {
    this.#back.value = this.#back.peek() + 1;
    this.#returned = done.finally(() => (this.#back.value = this.#back.peek() - 1));
  }

  /** The party of the chosen room, as soon as this phone may look into it. */
  #follow(): void {
    const { house, client } = this.#store;
    const topic = computed(() => {
      const id = house.roomId.value;
      const doors = house.doors.value;
      if (id === undefined || !doors) return undefined;
      return doors.public || this.#seats.value.seats[id] !== undefined ? partyTopic(id) : undefined;
    });
    effect(() => {
      const name = topic.value;
      if (name === undefined) return;
      client.subscribe([name]).catch(() => undefined);
      return () => client.unsubscribe([name]);
    });
  }

  /** Whoever is signed in may be in already by another phone; who has just come by invitation goes in. */
  #recognise(room_id: string): void {
    const { arriving } = doorOf(this.#store);
    const returning = !arriving.peek();
    if (this.#asked.has(room_id) && returning) return;
    this.#asked.add(room_id);
    arriving.value = false;
    this.#until(
      this.#store.client.send('room:join', { room_id, returning }).then(
        (reply) => this.#sit(room_id, reply),
        () => undefined,
      ),
    );
  }

  /** Whoever was away for too long has left: they are asked again, not pushed in under another id. */
  async #return(room_id: string, seat: Seat): Promise<void> {
    const { client } = this.#store;
    const { participant_id, secret, name } = seat;
    const proof = { participant_id, ...(secret === undefined ? {} : { secret }) };
    try {
      this.#sit(room_id, await client.send('room:join', { room_id, name, ...proof, returning: true }));
    } catch (error) {
      // What was lost with the connection is tried again with the next one.
      if (!(error instanceof ClientError) || !error.retryable) this.#give(room_id, undefined);
    }
  }

  #onRoomEvent(event: RoomEvent): void {
    const { room_id, event_type, participant } = event;
    const mine = this.#seats.peek().seats[room_id]?.participant_id;
    if (mine === undefined) return;
    if (event_type === 'vetoed') this.vetoed.value = this.#store.house.playback.peek()?.item_id;
    const over = event_type === 'party_closed';
    if (over || (event_type === 'user_left' && participant?.participant_id === mine))
      this.#give(room_id, undefined);
    const text = eventText(event, mine);
    if (text !== undefined) this.#store.toasts.show(text, {}, 4_000);
  }

  #sit(roomId: string, { participant_id, secret, invite, party }: CommandReply<'room:join'>): void {
    const name = party.participants.find((one) => one.participant_id === participant_id)?.name ?? '';
    this.#give(roomId, { participant_id, invite, name, ...(secret === undefined ? {} : { secret }) });
    // It may have been refused to the connection as long as nobody knew whose it is.
    if (this.#store.house.roomId.peek() === roomId)
      this.#store.client.subscribe([partyTopic(roomId)]).catch(() => undefined);
  }

  #give(roomId: string, seat: Seat | undefined): void {
    this.#publish(this.#book.set(roomId, seat));
  }

  #publish(seats: Seats): void {
    this.#seats.value = seats;
    this.#store.seats.value = Object.fromEntries(
      Object.entries(seats.seats).map(([roomId, { participant_id }]) => [roomId, participant_id]),
    );
  }
}

const CONTROLS = new WeakMap<Store, PartyControl>();

/** The one of this page. */
export function partyOf(store: Store): PartyControl {
  const known = CONTROLS.get(store);
  if (known) return known;
  const control = new PartyControl(store, new SeatBook(() => localStorage));
  CONTROLS.set(store, control);
  return control;
}
