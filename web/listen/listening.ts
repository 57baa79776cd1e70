import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import * as z from 'zod';
import type { TuttiClient } from '../../src/client/client.js';
import type { RoomState } from '../../src/protocol/room.js';
import { SteadyClock } from '../../src/sync/steady-clock.js';
import { explain } from '../state/explain.js';
import { PlayAlong, type Playing, type Wanted } from './play-along.js';
import type { Store } from '../state/store.js';
import { Speaker } from './speaker.js';
import { Tape, type Source } from './tape.js';

const RATE = 48_000;
const TICK_MS = 50;
const CLOCK_MS = 1000;
const KEY = 'tutti-listen';
const Kept = z.object({
  volume: z.number().min(0).max(1).catch(1),
  trim_ms: z.number().min(-2000).max(2000).catch(0),
});

/** `asleep`: the browser gives no sound until the next tap. */
export type ListeningState = Playing | 'asleep';

/** This browser as one more loudspeaker of a room. To be started in the handler of a tap. */
export class Listening {
  readonly state: ReadonlySignal<ListeningState>;
  /** Why there is nothing to hear, in words. */
  readonly problem: ReadonlySignal<string | undefined>;
  readonly skewMs: ReadonlySignal<number | undefined>;
  readonly volume: Signal<number>;
  readonly trimMs: Signal<number>;
  readonly #state = signal<ListeningState>('waiting');
  readonly #problem = signal<string | undefined>(undefined);
  readonly #skewMs = signal<number | undefined>(undefined);
  readonly #client: TuttiClient;
  readonly #speaker = new Speaker(RATE);
  readonly #tape = new Tape((itemId) => this.#find(itemId), RATE);
  readonly #player: PlayAlong;
  readonly #urls = new Map<string, string>();
  readonly #closers: (() => void)[] = [];
  #ticks = 0;

  constructor(
    client: TuttiClient,
    readonly roomId: string,
  ) {
    this.#client = client;
    this.state = this.#state;
    this.problem = this.#problem;
    this.skewMs = this.#skewMs;
    const kept = readKept();
    this.volume = signal(kept.volume);
    this.trimMs = signal(kept.trim_ms);
    const steady = new SteadyClock(
      () => performance.now() * 1000,
      () => client.serverNowUs(),
    );
    this.#player = new PlayAlong(this.#speaker, this.#tape, {
      wanted: () => wantedOf(this.#room),
      following: (itemId) => followingIn(this.#room, itemId),
      offsetUs: () => steady.nowUs() - performance.now() * 1000,
      trimMs: () => this.trimMs.peek(),
      nowMs: () => performance.now(),
    });
    const timer = setInterval(() => this.#tick(), TICK_MS);
    const wake = (): void => void this.#speaker.wake();
    document.addEventListener('visibilitychange', wake);
    document.addEventListener('pointerup', wake);
    this.#closers.push(
      client.watchClock(CLOCK_MS),
      client.onChange(() => this.#tick()),
      () => clearInterval(timer),
      () => document.removeEventListener('visibilitychange', wake),
      () => document.removeEventListener('pointerup', wake),
      this.volume.subscribe((volume) => {
        // As loud as it looks: ears hear in powers.
        this.#speaker.volume = volume ** 2;
        this.#keep();
      }),
      this.trimMs.subscribe(() => this.#keep()),
    );
  }

  close(): void {
    for (const close of this.#closers.splice(0)) close();
    this.#player.close();
    this.#speaker.close();
  }

  get #room(): RoomState | undefined {
    return this.#client.mirror.room[this.roomId];
  }

  #tick(): void {
    // The page may have turned to another room and told the server so.
    if (!this.#room) this.#client.subscribe([`room/${this.roomId}`]).catch(() => undefined);
    const playing = this.#player.tick();
    this.#state.value = this.#speaker.running ? playing : 'asleep';
    this.#problem.value = this.#tape.problem === undefined ? undefined : explain(this.#tape.problem);
    // A number that can be read: it changes twice a second.
    if (this.#ticks++ % 10 === 0 || playing !== 'playing') this.#skewMs.value = this.#player.skewMs;
  }

  async #find(item_id: string): Promise<Source> {
    const url = this.#urls.get(item_id) ?? (await this.#ask(item_id));
    return {
      rate: RATE,
      open: async (offsetSeconds, signal) => {
        const response = await fetch(`.${url}?offset_seconds=${offsetSeconds.toFixed(3)}`, { signal });
        // It expires, or the server may be a new one.
        if (!response.ok) this.#urls.delete(item_id);
        return response;
      },
    };
  }

  async #ask(item_id: string): Promise<string> {
    const { url } = await this.#client.send('room:listen', { room_id: this.roomId, item_id });
    this.#urls.set(item_id, url);
    return url;
  }

  #keep(): void {
    const kept = { volume: this.volume.peek(), trim_ms: this.trimMs.peek() };
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Private windows refuse to store; it works without.
    }
  }
}

function readKept(): z.output<typeof Kept> {
  try {
    return Kept.parse(JSON.parse(localStorage.getItem(KEY) ?? '{}'));
  } catch {
    return { volume: 1, trim_ms: 0 };
  }
}

function wantedOf(room: RoomState | undefined): Wanted | undefined {
  const playback = room?.playback;
  if (playback?.item_id === undefined || playback.state !== 'playing' || playback.rate === 0)
    return undefined;
  return { item_id: playback.item_id, timeline: playback };
}

/** What a room goes on to by itself. */
function followingIn(room: RoomState | undefined, itemId: string): string | undefined {
  if (!room) return undefined;
  const { items } = room.queue;
  const { repeat } = room.playback;
  if (repeat === 'one') return itemId;
  const at = items.findIndex((item) => item.item_id === itemId);
  const next = at < 0 ? undefined : (items[at + 1] ?? (repeat === 'all' ? items[0] : undefined));
  // A stream without end has no samples to wait for.
  return next?.track_id === undefined ? undefined : next.item_id;
}

const PLAYERS = new WeakMap<Store, Signal<Listening | undefined>>();

/** What this page plays along with; undefined = nothing. */
export function listeningOf(store: Store): Signal<Listening | undefined> {
  const known = PLAYERS.get(store) ?? signal<Listening | undefined>(undefined);
  PLAYERS.set(store, known);
  return known;
}
