import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { You } from '../../src/protocol/envelope.js';
import { hrefOf, type Route } from './route.js';
import type { Store } from './store.js';

/** What a page follows of the house, as far as it may. */
export const HOUSE_TOPICS = ['rooms', 'players', 'library', 'system', 'toasts'];

/** The page was opened by a link that lets somebody in. What it holds stays behind the #, which no server sees in an address. */
export interface EntryLink {
  readonly kind: 'sign-in' | 'invite';
  readonly secret: string;
}

export function entryLinkIn(hash: string): EntryLink | undefined {
  const [, kind, secret] = /^#\/(sign-in|invite)\/([A-Za-z0-9._~-]{1,128})$/.exec(hash) ?? [];
  if (secret === undefined) return undefined;
  return { kind: kind === 'invite' ? 'invite' : 'sign-in', secret };
}

/** Who is signed in on this phone, and whether the page of the house is to be seen at all. */
export class Doorway {
  /** Undefined when nobody is, when it is not known yet, and where nobody is asked. */
  readonly you = signal<You | undefined>(undefined);
  readonly link = signal<EntryLink | undefined>(undefined);
  /** Why somebody stands before the door again, in words. */
  readonly reason = signal<string | undefined>(undefined);
  /** Who is in asked for the sign-in page, to come in as somebody else. */
  readonly asked = signal(false);
  /** A guest who has just come in, and takes a seat as soon as there is a party. */
  readonly arriving = signal(false);
  /** The sign-in page is shown, and nothing of the house. */
  readonly shut: ReadonlySignal<boolean>;
  readonly #store: Store;
  readonly #location: Location;

  constructor(store: Store, target: Window) {
    const { client, house } = store;
    this.#store = store;
    this.#location = target.location;
    const follow = (): void => {
      this.link.value = entryLinkIn(target.location.hash);
    };
    follow();
    target.addEventListener('hashchange', follow);
    this.shut = computed(() => {
      const { problem } = house.connection.value;
      return problem === 'sign_in' || this.asked.value || (this.link.value !== undefined && !this.#open());
    });
    effect(() => {
      const { problem, reason } = house.connection.value;
      if (this.#open() && this.link.value) this.pass({ view: 'playing' });
      if (problem === 'sign_in') this.#showOut(reason);
      else if (client.hello?.you) this.you.value = client.hello.you;
    });
    effect(() => {
      const { role, room_id } = this.you.value ?? {};
      store.invited.value = role === 'guest';
      if (role === 'guest' && room_id !== undefined) house.select(room_id);
    });
  }

  /** Somebody signed in: the connection starts anew as them, and the page is where it was, unless it was opened by a link. */
  entered(you: You): void {
    const room = you.role === 'guest' ? you.room_id : undefined;
    const instead = this.you.peek() !== undefined;
    this.you.value = you;
    this.reason.value = undefined;
    this.asked.value = false;
    this.arriving.value = room !== undefined;
    if (room !== undefined) this.pass({ view: 'party', id: room });
    else if (this.link.peek()) this.pass({ view: 'playing' });
    // Nothing of what the one before has seen stays.
    if (instead) return this.#location.reload();
    this.#store.client.again();
    // A guest who was here before was refused some of them.
    this.#store.client.subscribe(HOUSE_TOPICS).catch(() => undefined);
  }

  /** Nobody comes in anew: the house as who is signed in sees it. */
  goOn(): void {
    this.asked.value = false;
    if (this.link.peek()) this.pass({ view: 'playing' });
  }

  /** The link is not needed any more, and leaves the address bar. */
  pass(to: Route): void {
    this.link.value = undefined;
    this.#location.replace(hrefOf(to));
  }

  /** Everybody may do everything here. */
  #open(): boolean {
    void this.#store.house.connection.value;
    return this.#store.client.hello?.auth === 'open';
  }

  #showOut(reason: string | undefined): void {
    this.you.value = undefined;
    this.#store.sheet.value = undefined;
    if (reason !== undefined && this.reason.peek() === undefined) this.reason.value = reason;
  }
}

const doors = new WeakMap<Store, Doorway>();

/** To be called once, before anything is drawn. */
export function openDoor(store: Store, target: Window): Doorway {
  const door = new Doorway(store, target);
  doors.set(store, door);
  return door;
}

export function doorOf(store: Store): Doorway {
  const door = doors.get(store);
  if (!door) throw new Error('the door was not opened');
  return door;
}

/** Whether the person at this phone manages the house; where nobody signs in everybody does. */
export function isAdmin(store: Store): boolean {
  const you = doorOf(store).you.value;
  void store.house.connection.value;
  return you ? you.role === 'admin' : store.client.hello?.auth === 'open';
}
