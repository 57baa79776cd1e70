import { toError } from '../base/index.js';
import { positionAt, type QueueItem } from '../protocol/index.js';
import type { PlayerRecord, RoomRecord } from '../state/index.js';
import type { RoomParts } from './parts.js';
import type { Standing } from './standings.js';
import { hindrance, silence } from './tell.js';
import type { Together } from './together.js';

/** So long after it was told something, a member has to be heard doing it. */
export const SETTLE_US = 1e6;
/** One that cannot be steered goes on to the next item when it gets to it, and may take a while to say so. */
const CLUMSY_US = 2.5e6;
/** A member that says it is loading gets longer. */
const LOADING_US = 10e6;
/** So often a member is brought into one item. */
const TRIES = 3;
/** A stream that broke off is opened again so often in a row, about once a second. */
const STREAM_TRIES = 6;
/** What has played for so long plays well. */
const WELL_US = 10e6;
/** Further off than this a member was moved by somebody, or has lost its way. */
const ASTRAY_SECONDS = 2;

/** Brings single members of a shared room to where its music is, and notices which of them somebody else has taken out of it. */
export class Guide {
  readonly #parts: RoomParts;
  readonly #together: Together;
  readonly #checkAt: (roomId: string, atUs: number) => void;

  constructor(parts: RoomParts, together: Together, checkAt: (roomId: string, atUs: number) => void) {
    this.#parts = parts;
    this.#together = together;
    this.#checkAt = checkAt;
  }

  /** A member has played an item to its end, or could not play it. A stream is opened again a few times. */
  ended(item: QueueItem | undefined, playerId: string, ref: string, failed: string | undefined): void {
    const standing = this.#together.standings.of(playerId);
    if (standing.itemId !== ref) return;
    standing.toldUs = this.#parts.clock.nowUs();
    const again = (standing.heard || standing.tries > 0) && standing.tries < STREAM_TRIES;
    if (failed === undefined || (isStream(item) && again)) standing.over = true;
    else standing.failed = failed;
  }

  /** One member, and what it needs to be with the others. */
  async look(room: RoomRecord, item: QueueItem, player: PlayerRecord): Promise<void> {
    const { clock } = this.#parts;
    const together = this.#together;
    const { player_id } = player.kept;
    if (hindrance(player)) return together.standings.forget(player_id);
    if (together.standings.of(player_id).itemId !== item.item_id)
      together.standings.begin(player_id, item.item_id);
    const standing = together.standings.of(player_id);
    const here = player.live.ref === item.item_id;
    if (here && player.live.status === 'playing') return this.#withOthers(room, item, player, standing);
    if (standing.failed !== undefined) {
      if (player.live.status === 'playing' && standing.pending === 0) await silence(this.#parts, player);
      return;
    }
    if (standing.out !== undefined || standing.pending > 0) return;
    if (!standing.cued) {
      if (standing.loaded) await together.letIn(room, player).catch(() => undefined);
      else if (together.worthJoining(room)) together.bring(room, item, player_id);
      return;
    }
    const { status, sync_class } = player.live;
    const nimble = sync_class === 'steered' || sync_class === 'locked';
    const patience = status === 'loading' ? LOADING_US : nimble ? SETTLE_US : CLUMSY_US;
    const due = Math.max(room.live.timeline.at_us, standing.toldUs, standing.readyUs) + patience;
    if (clock.nowUs() < due) return this.#checkAt(room.kept.room_id, due);
    this.#missing(room, item, player, standing);
  }

  /** It was told where to be, has had its time, and is not there. */
  #missing(room: RoomRecord, item: QueueItem, { kept, live }: PlayerRecord, standing: Standing): void {
    const together = this.#together;
    const stream = isStream(item);
    if (standing.over && !stream) return;
    if (standing.heard && !standing.over && live.status === 'paused') standing.out = 'somebody paused it';
    else if (standing.heard && !standing.over && live.ref === undefined) standing.out = 'somebody stopped it';
    else if (standing.tries >= (stream ? STREAM_TRIES : TRIES)) standing.failed = 'it does not play this';
    else if (together.worthJoining(room)) together.bring(room, item, kept.player_id);
    if (standing.out !== undefined)
      this.#parts.log.info(
        { player_id: kept.player_id, reason: standing.out },
        'a player left the music of its room',
      );
  }

  /** It plays what the room plays. */
  async #withOthers(
    room: RoomRecord,
    item: QueueItem,
    player: PlayerRecord,
    standing: Standing,
  ): Promise<void> {
    const { clock } = this.#parts;
    const together = this.#together;
    Object.assign(standing, { loaded: true, heard: true, over: false, failed: undefined, out: undefined });
    if (!standing.cued) return this.point(room, item, player.kept.player_id);
    const { timeline, duration_seconds } = room.live;
    const { heard, capabilities } = player.live;
    const now = clock.nowUs();
    if (now > standing.toldUs + WELL_US) standing.tries = 0;
    const settled = now > Math.max(timeline.at_us, standing.toldUs) + SETTLE_US && standing.pending === 0;
    if (!settled || !heard || item.duration_seconds === undefined || !capabilities.includes('seek')) return;
    const apart = positionAt(heard, now, duration_seconds) - positionAt(timeline, now, duration_seconds);
    if (Math.abs(apart) > ASTRAY_SECONDS) await together.callBack(room, player).catch(() => undefined);
  }

  /** Tells a member that plays the item where the room's music is. */
  point(room: RoomRecord, item: QueueItem, playerId: string): void {
    this.#together.follow(room, item, playerId).catch((error: unknown) => {
      this.#parts.log.debug(
        { player_id: playerId, error: toError(error).message },
        'a player will not follow',
      );
    });
  }
}

export function isStream(item: QueueItem | undefined): boolean {
  return item !== undefined && item.duration_seconds === undefined;
}
