import { AppError, type Clock } from '../base/index.js';
import { positionAt, type Binding, type Caller } from '../protocol/index.js';
import type { RoomRecord, State } from '../state/index.js';

export type CommandResult =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: { readonly message: string } };
/** The way to all handlers, as people have it. */
export type RunCommand = (type: string, request: unknown, caller: Caller) => Promise<CommandResult>;

export interface DeedsParts {
  readonly state: () => State;
  readonly run: RunCommand;
  readonly clock: Clock;
}

/** One step of a volume key or a knob. */
const VOLUME_STEP = 0.02;
const SEEK_SECONDS = 10;
const SLEEP_MINUTES = 30;
/** What a room stayed so far below what it was told, a limit held. */
const LIMITED = 0.03;
/** For so long after a step the next one begins where that one went, whatever the player has said by then. */
const OWN_LEVEL_US = 1_500_000;

interface Pending {
  level: number;
  atUs: number;
  /** A command is under way; what comes meanwhile goes out after it, together. */
  busy: boolean;
  told: number | undefined;
}

/** What keys do, done by the commands that people's phones send. */
export class Deeds {
  readonly #parts: DeedsParts;
  readonly #levels = new Map<string, Pending>();
  /** Seconds that are still to be moved by, of rooms that are being moved. */
  readonly #moves = new Map<string, number>();

  constructor(parts: DeedsParts) {
    this.#parts = parts;
  }

  /** The chosen room; else that of this machine's own output; else the only one. Throws ERR_ROOM_NOT_FOUND with what to do. */
  roomFor(chosen: string | undefined): RoomRecord {
    const { players, rooms } = this.#parts.state();
    const own = [...players.values()].find(({ kept }) => kept.kind === 'local')?.kept.room_id;
    const only = rooms.size === 1 ? [...rooms.keys()][0] : undefined;
    const room = rooms.get(chosen ?? own ?? only ?? '');
    if (room) return room;
    const message =
      chosen === undefined ? 'choose the room that it drives' : 'its room is not there any more';
    throw new AppError('ERR_ROOM_NOT_FOUND', message);
  }

  /** Resolves when it is accepted; rejects with what the house said. */
  async do(
    binding: Pick<Binding, 'action' | 'playlist_id'>,
    roomId: string | undefined,
    steps: number,
    caller: Caller,
  ): Promise<void> {
    const room = this.roomFor(roomId);
    const { room_id, repeat, muted } = room.kept;
    const ask = (type: string, more: object = {}): Promise<void> =>
      this.#ask(type, { room_id, ...more }, caller);
    switch (binding.action) {
      case 'play_pause':
        return ask(
          room.live.state === 'playing' || room.live.state === 'loading' ? 'room:pause' : 'room:play',
        );
      case 'play':
      case 'pause':
      case 'stop':
      case 'next':
      case 'previous':
        return ask(`room:${binding.action}`);
      case 'volume_up':
        return this.#step(room, steps, caller);
      case 'volume_down':
        return this.#step(room, -steps, caller);
      case 'mute':
        return ask('room:mute', { muted: !muted });
      case 'seek_forward':
        return this.#seek(room_id, SEEK_SECONDS * steps, caller);
      case 'seek_back':
        return this.#seek(room_id, -SEEK_SECONDS * steps, caller);
      case 'shuffle':
        return ask('room:shuffle', { shuffle: room.queue.unshuffled === undefined });
      case 'repeat':
        return ask('room:repeat', { repeat: repeat === 'off' ? 'all' : repeat === 'all' ? 'one' : 'off' });
      case 'sleep':
        if (this.#parts.state().lists.sleeps.has(room_id)) return ask('sleep:cancel');
        return ask('sleep:set', { minutes: SLEEP_MINUTES });
      case 'snooze':
        return this.#ask('alarm:snooze', { alarm_id: this.#ringing(room_id) }, caller);
      case 'alarm_stop':
        return this.#ask('alarm:stop', { alarm_id: this.#ringing(room_id) }, caller);
      case 'playlist':
        if (binding.playlist_id === undefined)
          throw new AppError('ERR_PLAYLIST_NOT_FOUND', 'no playlist was chosen');
        return ask('queue:add', { source: { playlist_id: binding.playlist_id }, at: 'replace', play: true });
      default:
        return binding.action satisfies never;
    }
  }

  #ringing(roomId: string): string {
    const alarms = [...this.#parts.state().lists.alarms.values()];
    const ringing = alarms.find(({ room_id, ring }) => room_id === roomId && ring !== undefined);
    if (ringing) return ringing.alarm_id;
    throw new AppError('ERR_CONFLICT', 'no alarm rings in this room');
  }

  /** Players take their time: what is asked for meanwhile is added up, and goes on from where that has led. */
  async #seek(room_id: string, by: number, caller: Caller): Promise<void> {
    const before = this.#moves.get(room_id);
    this.#moves.set(room_id, (before ?? 0) + by);
    if (before !== undefined) return;
    try {
      for (let left = by; left !== 0; left = this.#moves.get(room_id) ?? 0) {
        this.#moves.set(room_id, 0);
        const position_seconds = this.#placeOf(this.roomFor(room_id), left);
        await this.#ask('room:seek', { room_id, position_seconds }, caller);
      }
    } finally {
      this.#moves.delete(room_id);
    }
  }

  #placeOf(room: RoomRecord, by: number): number {
    const { timeline, duration_seconds } = room.live;
    const place = positionAt(timeline, this.#parts.clock.nowUs()) + by;
    return Math.max(0, Math.min(place, (duration_seconds ?? Infinity) - 1));
  }

  /** Steps come quicker than players answer: they are added up here, and at most one command is under way. */
  async #step(room: RoomRecord, steps: number, caller: Caller): Promise<void> {
    const { room_id, volume } = room.kept;
    const now = this.#parts.clock.nowUs();
    const known = this.#levels.get(room_id);
    const fresh = known && (known.busy || now - known.atUs < OWN_LEVEL_US) ? known : undefined;
    const level = Math.min(1, Math.max(0, (fresh?.level ?? volume) + steps * VOLUME_STEP));
    const pending: Pending = fresh ?? { level, atUs: now, busy: false, told: undefined };
    pending.level = Math.round(level * 1000) / 1000;
    pending.atUs = now;
    this.#levels.set(room_id, pending);
    if (pending.busy) return;
    pending.busy = true;
    try {
      while (pending.told !== pending.level) {
        pending.told = pending.level;
        await this.#ask('room:volume', { room_id, volume: pending.told }, caller);
        this.#heedLimit(room_id, pending);
      }
    } catch (error) {
      this.#levels.delete(room_id);
      throw error;
    } finally {
      pending.busy = false;
      pending.told = undefined;
    }
  }

  /** A limit held it: the next step down is heard at once. */
  #heedLimit(roomId: string, pending: Pending): void {
    const reached = this.#parts.state().rooms.get(roomId)?.kept.volume ?? 1;
    if (pending.told !== pending.level || reached > pending.level - LIMITED) return;
    pending.level = reached;
    pending.told = reached;
  }

  async #ask(type: string, request: object, caller: Caller): Promise<void> {
    const result = await this.#parts.run(type, request, caller);
    if (!result.ok) throw new AppError('ERR_CONFLICT', result.error.message);
  }
}
