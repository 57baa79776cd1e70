import { toError, type Timer } from '../base/index.js';
import type { QueueItem, Timeline } from '../protocol/index.js';
import { leaderOf, type RoomRecord } from '../state/index.js';
import type { RoomParts } from './parts.js';
import type { Preloads } from './preloads.js';
import type { Mark, Realigner } from './realign.js';
import { skipsOf } from './skips.js';

/** So long before its end it is decided how the next track begins: players have opened it by then, and can still open it anew. */
const AHEAD_US = 3e6;
/** After this it is too late to tell anybody. */
const TOO_LATE_US = 1.2e6;

/** What was told in an item, and the timeline it was told on: after a pause or a jump it is not true any more. */
interface Told {
  readonly itemId: string;
  readonly line: Timeline;
  readonly playerIds: readonly string[];
}

/**
 * Has the nudged members of a room begin the next track together: whoever lags leaves out the first milliseconds of it. That is without a
 * gap, where starting anew is silence.
 */
export class Beginnings {
  readonly #parts: RoomParts;
  readonly #preloads: Preloads;
  readonly #realigner: Realigner;
  readonly #look: (roomId: string) => void;
  readonly #timers = new Map<string, Timer>();
  readonly #told = new Map<string, Told>();

  /** `look` has the room looked after in its turn. */
  constructor(parts: RoomParts, preloads: Preloads, realigner: Realigner, look: (roomId: string) => void) {
    this.#parts = parts;
    this.#preloads = preloads;
    this.#realigner = realigner;
    this.#look = look;
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  forget(roomId: string): void {
    this.#timers.get(roomId)?.cancel();
    this.#timers.delete(roomId);
    this.#told.delete(roomId);
  }

  /** Decides when it is time. In the room's turn. */
  async look(room: RoomRecord, item: QueueItem): Promise<void> {
    const { room_id } = room.kept;
    await this.#takeBack(room, item);
    const marks = this.#realigner.marks(room) ?? [];
    const told = this.#told.get(room_id)?.itemId === item.item_id;
    const { timeline, duration_seconds } = room.live;
    if (told || duration_seconds === undefined || timeline.rate === 0) return;
    const end = timeline.at_us + (duration_seconds - timeline.position_seconds) * 1e6;
    const leftUs = end - this.#parts.clock.nowUs();
    if (leftUs > AHEAD_US) return this.#lookIn(room_id, leftUs - AHEAD_US);
    if (leftUs < TOO_LATE_US || marks.length < 2) return;
    const skips = skipsOf(marks, this.#isLed(room, marks));
    this.#told.set(room_id, { itemId: item.item_id, line: timeline, playerIds: [...skips.keys()] });
    for (const [playerId, ms] of skips) await this.#tell(room, playerId, ms);
  }

  /** The music was moved since: everybody begins the next track at its beginning. */
  async #takeBack(room: RoomRecord, item: QueueItem): Promise<void> {
    const told = this.#told.get(room.kept.room_id);
    if (!told) return;
    const { timeline } = room.live;
    const same =
      timeline.at_us === told.line.at_us &&
      timeline.position_seconds === told.line.position_seconds &&
      timeline.rate === told.line.rate;
    if (told.itemId === item.item_id && same) return;
    this.#told.delete(room.kept.room_id);
    if (told.itemId !== item.item_id) return;
    for (const playerId of told.playerIds) await this.#tell(room, playerId, 0);
  }

  async #tell(room: RoomRecord, player_id: string, skip_ms: number): Promise<void> {
    const { log } = this.#parts;
    try {
      await this.#preloads.beginAt(room, player_id, skip_ms);
      log.debug({ player_id, skip_ms }, 'a player begins the next track later in it');
    } catch (error) {
      log.debug({ player_id, error: toError(error).message }, 'a player was not told how to begin');
    }
  }

  /** At the next track the room goes with one of them. */
  #isLed(room: RoomRecord, marks: readonly Mark[]): boolean {
    const leader = leaderOf(this.#parts.store.state, room);
    return marks.some(({ player }) => player.kept.player_id === leader);
  }

  #lookIn(roomId: string, us: number): void {
    this.#timers.get(roomId)?.cancel();
    const timer = this.#parts.clock.after(us / 1000, () => this.#look(roomId));
    this.#timers.set(roomId, timer);
  }
}
