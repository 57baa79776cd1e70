import type { Timer } from '../base/index.js';
import { roomTopic, type SyncCorrection, type SyncReport } from '../protocol/index.js';
import type { Change, PlayerRecord, RoomRecord } from '../state/index.js';
import { membersOf, type RoomParts } from './parts.js';
import { TruthWindow } from './truth-window.js';

const EVERY_MS = 1000;

/** How often a player was corrected since the server started. */
export interface Corrections {
  readonly player_id: string;
  readonly kind: SyncCorrection['kind'];
  readonly count: number;
}

/**
 * Watches how far every player is from its room's timeline, and says so once a second while the room plays: all members of a shared room,
 * and a player that is alone when it reports. What was not measured is not said. [SY1]
 */
export class TruthMeter {
  readonly #parts: RoomParts;
  readonly #windows = new Map<string, TruthWindow>();
  readonly #corrections = new Map<string, Map<SyncCorrection['kind'], number>>();
  readonly #timer: Timer;
  readonly #unwatch: () => void;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#unwatch = parts.store.watch((change) => this.#changed(change));
    this.#timer = parts.clock.every(EVERY_MS, () => this.#tell());
  }

  close(): void {
    this.#unwatch();
    this.#timer.cancel();
  }

  /** The members of a room that plays, as they are now. */
  reports(room: RoomRecord): SyncReport[] {
    return membersOf(this.#parts, room).map((player) => this.#report(player));
  }

  corrections(): Corrections[] {
    return [...this.#corrections].flatMap(([player_id, kinds]) =>
      [...kinds].map(([kind, count]) => ({ player_id, kind, count })),
    );
  }

  #report(player: PlayerRecord): SyncReport {
    const { player_id } = player.kept;
    const { sync_class, link, elsewhere } = player.live;
    const gone = link !== 'online' || elsewhere;
    const window = this.#windows.get(player_id) ?? new TruthWindow();
    const reading = gone
      ? ({ state: 'lost', estimated: false } as const)
      : window.reading(sync_class, this.#parts.clock.nowUs());
    return { player_id, sync_class, ...reading };
  }

  #changed(change: Change): void {
    if (!('player_id' in change) || !change.type.startsWith('player/')) return;
    const playerId = change.player_id;
    if (change.type !== 'player/fact') {
      if (change.type === 'player/removed') this.#corrections.delete(playerId);
      if (FORGETS.has(change.type)) this.#windows.delete(playerId);
      return;
    }
    const { fact } = change;
    if (fact.type !== 'sync' || !this.#plays(playerId)) return;
    let window = this.#windows.get(playerId);
    if (!window) this.#windows.set(playerId, (window = new TruthWindow()));
    window.add(fact, this.#parts.clock.nowUs());
    if (fact.correction) this.#count(playerId, fact.correction.kind);
  }

  #count(playerId: string, kind: SyncCorrection['kind']): void {
    const kinds = this.#corrections.get(playerId) ?? new Map<SyncCorrection['kind'], number>();
    this.#corrections.set(playerId, kinds.set(kind, (kinds.get(kind) ?? 0) + 1));
  }

  #plays(playerId: string): boolean {
    const { players, rooms } = this.#parts.store.state;
    const room = rooms.get(players.get(playerId)?.kept.room_id ?? '');
    return room !== undefined && isPlaying(room);
  }

  /** What was measured before a pause says nothing about what comes after it. */
  #tell(): void {
    const { store, clock } = this.#parts;
    for (const [room_id, room] of store.state.rooms) {
      const { player_ids } = room.kept;
      if (!isPlaying(room)) {
        for (const playerId of player_ids) this.#windows.delete(playerId);
        continue;
      }
      if (player_ids.length < 2 && !player_ids.some((id) => this.#windows.has(id))) continue;
      const data = { room_id, at_us: clock.nowUs(), players: this.reports(room) };
      store.tell({ type: 'sync:report', topic: roomTopic(room_id), data });
    }
  }
}

/** After these a player's past tells nothing about it in its room. */
const FORGETS: ReadonlySet<string> = new Set(['player/link', 'player/moved', 'player/removed']);

function isPlaying({ live }: RoomRecord): boolean {
  return live.state === 'playing' && live.timeline.rate > 0;
}
