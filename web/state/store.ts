import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { TuttiClient } from '../../src/client/client.js';
import type { CommandInput, CommandReply, CommandType } from '../../src/protocol/commands.js';
import type { QueueItem, QueueSource } from '../../src/protocol/queue.js';
import type { Outcome, Repeat, Timeline } from '../../src/protocol/room.js';
import { positionAt } from '../../src/sync/timeline.js';
import { canSeek } from './notice.js';
import { explain } from './explain.js';
import { createHouse, type House } from './house.js';
import { Catalog } from './catalog.js';
import { QueueControl } from './queue-control.js';
import { RoomControl, type Controls } from './room-control.js';
import type { Router } from './route.js';
import { Search } from './search.js';
import { createSyncLog, type SyncLog } from './sync-log.js';
import type { Settings } from './settings.js';
import { Toasts } from './toasts.js';
import { Wish } from './wish.js';

export interface StoreParts {
  readonly client: TuttiClient;
  readonly settings: Settings;
  readonly router: Router;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
  readonly nextFrame: (run: () => void) => void;
}

/** A room, player or playlist that is to have another name. */
export interface Renaming {
  readonly kind: 'rename';
  readonly what: 'room' | 'player' | 'playlist';
  readonly id: string;
  readonly name: string;
}

/** Tracks that are to go into a playlist, and what they are called together. */
export interface Collecting {
  readonly kind: 'collect' | 'new-playlist';
  readonly name: string;
  readonly track_ids: readonly string[];
}

/** Something about one room. */
export interface RoomSheet {
  readonly kind:
    | 'group'
    | 'levels'
    | 'transfer'
    | 'room-menu'
    | 'room-settings'
    | 'announce'
    | 'listen'
    | 'sleep'
    | 'party-open'
    | 'party-rules'
    | 'party-invite'
    | 'party-close';
  readonly room_id: string;
}

/** Which sheet lies over the page. */
export type Sheet =
  | { readonly kind: 'help' | 'radio' | 'add-player' | 'save-queue' | 'import-playlist' }
  | { readonly kind: 'player'; readonly player_id: string }
  | RoomSheet
  | Renaming
  | Collecting;

/** Everything the views draw and everything they can ask for. */
export class Store {
  readonly client: TuttiClient;
  readonly settings: Settings;
  readonly router: Router;
  readonly house: House;
  readonly toasts: Toasts;
  readonly controls: Controls;
  readonly control: RoomControl;
  readonly queue: QueueControl;
  readonly catalog: Catalog;
  readonly search: Search<CommandReply<'library:search'>>;
  readonly repeat: Wish<Repeat>;
  readonly shuffle: Wish<boolean>;
  /** Where the music is, or where it was asked to go. */
  readonly position: Wish<Timeline | undefined>;
  /** The queue item that plays, or was asked to. */
  readonly itemId: Wish<string | undefined>;
  readonly track: ReadonlySignal<QueueItem | undefined>;
  /** What the chosen room says about its players' sync. */
  readonly sync: SyncLog;
  /** Who this phone is in the parties of rooms: participant_id by room_id. */
  readonly seats = signal<Readonly<Record<string, string>>>({});
  /** Came by invitation, to one room. */
  readonly invited = signal(false);
  /** What plays is for others to decide: invited, or in a party in the chosen room that somebody else is the host of. */
  readonly guest: ReadonlySignal<boolean>;
  /** Albums whose heart was turned since the page was opened. */
  readonly hearts = signal<Readonly<Record<string, boolean>>>({});
  readonly sheet = signal<Sheet | undefined>(undefined);
  /** The search field takes the focus as soon as it is there. */
  readonly wantsSearch = signal(false);
  /** Said by screen readers. */
  readonly spoken = signal('');

  constructor(parts: StoreParts) {
    const { client, settings, router, after } = parts;
    this.client = client;
    this.settings = settings;
    this.router = router;
    this.toasts = new Toasts(after);
    this.house = createHouse(client, settings.roomId, parts.nextFrame);
    this.controls = {
      client,
      after,
      onError: (error) => this.fail(error),
      told: (command, { outcomes }) =>
        void this.#told(command, outcomes).catch((error: unknown) => this.fail(error)),
    };
    this.control = new RoomControl(this.controls, () => this.roomId, this.house.room);
    this.sync = createSyncLog(client, this.house.roomId, after);
    this.queue = new QueueControl(this.controls, this.house);
    this.catalog = new Catalog(client, this.house.library);
    this.search = new Search((query) => client.send('library:search', { query }), after);
    const { playback } = this.house;
    const wish = <T>(actual: () => T, send: (value: T) => Promise<unknown>): Wish<T> =>
      new Wish({ ...this.controls, actual: computed(actual), send });
    this.repeat = wish<Repeat>(
      () => playback.value?.repeat ?? 'off',
      (repeat) => client.send('room:repeat', { room_id: this.roomId, repeat }),
    );
    this.shuffle = wish(
      () => playback.value?.shuffle ?? false,
      (shuffle) => client.send('room:shuffle', { room_id: this.roomId, shuffle }),
    );
    this.itemId = wish(
      () => playback.value?.item_id,
      (item_id) =>
        client.send('room:play', { room_id: this.roomId, ...(item_id === undefined ? {} : { item_id }) }),
    );
    this.position = wish<Timeline | undefined>(
      () => playback.value,
      (to) => client.send('room:seek', { room_id: this.roomId, position_seconds: to?.position_seconds ?? 0 }),
    );
    this.track = computed(() => {
      const id = this.itemId.shown.value;
      const now = playback.value?.track;
      return now?.item_id === id ? now : (this.house.items.value.find((item) => item.item_id === id) ?? now);
    });
    this.guest = computed(() => {
      if (this.invited.value) return true;
      const mine = this.seats.value[this.house.roomId.value ?? ''];
      const people = this.house.party.value?.participants;
      return people?.some(({ participant_id, host }) => participant_id === mine && !host) ?? false;
    });
    effect(() => {
      void this.house.roomId.value;
      for (const each of [this.repeat, this.shuffle, this.itemId, this.position]) each.drop();
      for (const each of [this.control.playing, this.control.volume, this.control.muted]) each.drop();
    });
    client.onEvent((event) => {
      if (event.type === 'notification') {
        const { level, title, message } = event.data;
        this.toasts.show(`${title}: ${message}`, { kind: level });
      }
      if (event.type !== 'toast') return;
      const { type, message, duration, room_id } = event.data;
      if (room_id === undefined || room_id === this.house.roomId.peek())
        this.toasts.show(message, { kind: type }, Math.max(3_000, duration));
    });
  }

  get roomId(): string {
    return this.house.roomId.peek() ?? '';
  }

  /** Sends a command; what goes wrong is shown, and the answer is then undefined. */
  async ask<T extends CommandType>(type: T, data: CommandInput<T>): Promise<CommandReply<T> | undefined> {
    try {
      return await this.client.send(type, data);
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  async love(album_id: string, wanted: boolean): Promise<void> {
    const reply = await this.ask(wanted ? 'library:heart' : 'library:unheart', { album_id });
    if (reply) this.hearts.value = { ...this.hearts.peek(), [album_id]: reply.hearted };
  }

  fail(error: unknown): void {
    this.toasts.show(explain(error), { kind: 'error' });
  }

  /** Where the music is now, by the server's clock. */
  get nowUs(): number {
    return this.client.serverNowUs();
  }

  seek(position_seconds: number): void {
    this.position.set({ position_seconds, at_us: this.nowUs, rate: this.house.playback.peek()?.rate ?? 0 });
  }

  seekBy(seconds: number): void {
    const playback = this.house.playback.peek();
    if (!playback || !canSeek(playback, this.house.roomPlayers.peek())) return;
    const timeline = this.position.pending.peek() ? this.position.shown.peek() : this.house.timeline.peek();
    const now = positionAt(timeline ?? playback, this.nowUs, playback.duration_seconds);
    this.seek(Math.max(0, Math.min(playback.duration_seconds ?? 0, now + seconds)));
  }

  louder(by: number): void {
    const { volume } = this.control;
    volume.set(Math.max(0, Math.min(1, volume.shown.peek() + by)));
  }

  async skip(command: 'room:next' | 'room:previous'): Promise<void> {
    const reply = await this.ask(command, { room_id: this.roomId });
    if (reply) await this.#told(command, reply.outcomes);
  }

  async #told(command: CommandType, outcomes: readonly Outcome[]): Promise<void> {
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed');
    const held = command.endsWith(':volume') && outcomes.some(({ reason }) => reason !== undefined);
    if (failed.length === 0 && !held) return;
    const { heldText, troubleText } = await import('./outcome-words.js');
    const text = troubleText(command, failed, this.house.players.peek() ?? []);
    if (text !== undefined) return this.toasts.show(text, { kind: 'warning' });
    const why = heldText(outcomes);
    if (why !== undefined) this.toasts.show(why);
  }

  cycleRepeat(): void {
    const next = { off: 'all', all: 'one', one: 'off' } as const;
    this.repeat.set(next[this.repeat.shown.peek()]);
  }

  async removeItem(item: QueueItem): Promise<void> {
    if (await this.queue.remove([item.item_id])) this.offerUndo(`Removed ${item.title}`);
  }

  async clearQueue(): Promise<void> {
    if (await this.queue.clear()) this.offerUndo('Queue cleared');
  }

  async undo(): Promise<void> {
    await this.ask('queue:undo', { room_id: this.roomId });
  }

  async redo(): Promise<void> {
    await this.ask('queue:redo', { room_id: this.roomId });
  }

  /** Instead of the queue: what was in it comes back with Undo. */
  async playNow(source: QueueSource, name: string, start_index?: number): Promise<void> {
    const had = this.house.items.peek().length > 0;
    const start = start_index === undefined ? {} : { start_index };
    const request = { room_id: this.roomId, source, at: 'replace', play: true, ...start } as const;
    if (!(await this.ask('queue:add', request))) return;
    if (had) this.offerUndo(`Playing ${name} instead of the queue`);
    else this.toasts.show(`Playing ${name}`);
  }

  /** Keeps the queue and plays in between. */
  async playInBetween(source: QueueSource): Promise<void> {
    await this.ask('queue:add', { room_id: this.roomId, source, at: 'next', play: true });
  }

  async enqueue(source: QueueSource, name: string, at: 'next' | 'end'): Promise<void> {
    if (!(await this.ask('queue:add', { room_id: this.roomId, source, at }))) return;
    this.offerUndo(at === 'next' ? `${name} plays next` : `Added ${name}`);
  }

  /** In a party what is undone is the host's to say. */
  offerUndo(message: string): void {
    if (this.guest.peek()) return this.toasts.show(message);
    this.toasts.show(message, { action: { label: 'Undo', run: () => void this.undo() } });
  }
}

const StoreContext = createContext<Store | undefined>(undefined);
export const StoreProvider = StoreContext.Provider;

export function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error('no store above this view');
  return store;
}
