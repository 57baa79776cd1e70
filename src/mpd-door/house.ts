import { setTimeout as pause } from 'node:timers/promises';
import type { Clock, Logger } from '../base/index.js';
import type {
  Caller,
  CommandInput,
  CommandReply,
  CommandType,
  ErrorCode,
  Outcome,
} from '../protocol/index.js';
import type { Door } from '../people/index.js';
import type { RoomRecord, Store } from '../state/index.js';
import type { Catalog, LibraryReader } from './catalog.js';
import { houseChanges, roomChanges, type Subsystem } from './changes.js';
import { RoomView } from './room-view.js';
import { ACK, Refusal } from './wire.js';

/** The answer to a command of the table. */
export type CommandResult =
  | { readonly ok: true; readonly data: unknown }
  | {
      readonly ok: false;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly params?: Readonly<Record<string, unknown>> | undefined;
      };
    };

/** The one way to a handler: known, allowed, well-formed, counted. Never throws. */
export type RunCommand = (type: string, request: unknown, caller: Caller) => Promise<CommandResult>;

/** A picture on disk. */
export interface Picture {
  readonly path: string;
  readonly mime: string;
}

export interface HouseParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly run: RunCommand;
  readonly library: LibraryReader;
  readonly catalog: Catalog;
  readonly door: Door;
  artwork(this: void, artworkId: string, size: number): Promise<Picture | undefined>;
}

/** Hears what changed in the room it stands in. */
export interface Listener {
  readonly roomId: string;
  changed(subsystems: readonly Subsystem[]): void;
}

/** Commands that come faster than a person may send them are slowed down, up to so long, instead of refused. */
const PATIENCE_MS = 10_000;

/** What all connections share: the views of rooms that somebody looked at, and who listens. */
export class House {
  readonly startedUs: number;
  /** The number of the last scan, which MPD calls the update job. */
  scans = 1;
  readonly #views = new Map<string, RoomView>();
  readonly #listeners = new Set<Listener>();
  readonly #unwatch: () => void;
  readonly #closing = new AbortController();

  constructor(readonly parts: HouseParts) {
    const { store, clock } = parts;
    this.startedUs = clock.nowUs();
    this.#unwatch = store.watch((_change, before, after) => {
      if (before.library.scan.state !== 'running' && after.library.scan.state === 'running') this.scans++;
      if (before === after || (this.#listeners.size === 0 && this.#views.size === 0)) return;
      const nowUs = clock.nowUs();
      const all = houseChanges(before, after);
      const rooms = new Map<string, Subsystem[]>();
      for (const [roomId, view] of this.#views) {
        const room = after.rooms.get(roomId);
        if (!room) this.#views.delete(roomId);
        else {
          const found = roomChanges(before, after, roomId, nowUs);
          if (view.follow(room.queue.items)) found.push('playlist');
          if (found.includes('player')) view.plays(room.live.state === 'playing', nowUs);
          rooms.set(roomId, found);
        }
      }
      for (const listener of this.#listeners) {
        const changed = [...all, ...(rooms.get(listener.roomId) ?? [])];
        if (changed.length > 0) listener.changed(changed);
      }
    });
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A room and its view, which is followed from now on. Throws Refusal when the room is gone. */
  room(roomId: string): { readonly room: RoomRecord; readonly view: RoomView } {
    const { store, clock } = this.parts;
    const room = store.state.rooms.get(roomId);
    if (!room) throw new Refusal(ACK.not_found, 'the room is gone');
    let view = this.#views.get(roomId);
    if (!view) {
      view = new RoomView(roomId, clock.wallMs() / 1000);
      view.follow(room.queue.items);
      view.plays(room.live.state === 'playing', clock.nowUs());
      this.#views.set(roomId, view);
    }
    return { room, view };
  }

  /** A command of the table in somebody's name. Throws Refusal with the number MPD has for what went wrong. */
  async run<T extends CommandType>(
    type: T,
    request: CommandInput<T>,
    caller: Caller,
  ): Promise<CommandReply<T>> {
    const { run, clock } = this.parts;
    const untilUs = clock.nowUs() + PATIENCE_MS * 1000;
    for (;;) {
      const result = await run(type, request, caller);
      if (result.ok) {
        refuseFailed(result.data);
        return result.data as CommandReply<T>;
      }
      const { code, message, params } = result.error;
      const wait = Number(params?.['retry_after_ms']);
      const soon = code === 'ERR_RATE_LIMITED' && wait > 0 && clock.nowUs() + wait * 1000 < untilUs;
      if (!soon) throw new Refusal(ackOf(code), message);
      await pause(wait, undefined, { signal: this.#closing.signal });
    }
  }

  close(): void {
    this.#closing.abort();
    this.#unwatch();
    this.#listeners.clear();
    this.#views.clear();
  }
}

/** A command that no player of the room obeyed was not obeyed. */
function refuseFailed(data: unknown): void {
  const { outcomes = [] } = data as { readonly outcomes?: readonly Outcome[] };
  const [first] = outcomes;
  if (first && outcomes.every(({ outcome }) => outcome === 'failed'))
    throw new Refusal(ACK.player, first.reason ?? 'the player refused');
}

const ACKS: Readonly<Partial<Record<ErrorCode, number>>> = {
  ERR_INVALID: ACK.argument,
  ERR_BAD_MESSAGE: ACK.argument,
  ERR_NOT_ALLOWED: ACK.permission,
  ERR_AUTH_REQUIRED: ACK.permission,
  ERR_QUEUE_FULL: ACK.full,
  ERR_TOO_LARGE: ACK.full,
  ERR_CONFLICT: ACK.exists,
  ERR_ROOM_EMPTY: ACK.player,
  ERR_QUEUE_EMPTY: ACK.player,
  ERR_NOT_SEEKABLE: ACK.player,
  ERR_CONTROLLED_ELSEWHERE: ACK.player,
  ERR_NOT_SUPPORTED: ACK.player,
  ERR_PLAYER_OFFLINE: ACK.player,
  ERR_PLAYER_TIMEOUT: ACK.player,
  ERR_PLAYER_REFUSED: ACK.player,
  ERR_PLAYER_PASSWORD: ACK.player,
  ERR_UNPLAYABLE: ACK.player,
};

function ackOf(code: ErrorCode): number {
  return ACKS[code] ?? (code.endsWith('_NOT_FOUND') ? ACK.not_found : ACK.system);
}
