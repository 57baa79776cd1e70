import { deferred, toError, type Deferred, type Timer } from '../base/index.js';
import type { Outcome } from '../protocol/index.js';
import type { Media } from '../players/index.js';
import type { Change, PlayerRecord } from '../state/index.js';
import type { RoomParts } from './parts.js';

/** A player that takes longer to prepare is left out, unless nobody is ready by then. */
const PREPARE_MS = 1_500;
/** Several players begin together so long after they are told, at the least. */
const LEAD_MS = 200;
/** A player that is not heard with the clip by then will not be. */
const START_MS = 10_000;
/** Beyond its own length, for buffers and slow players. */
const GRACE_MS = 5_000;
/** A clip whose length nobody knows, or that has none, is cut off here. */
const LONGEST_MS = 120_000;

/** Something played once on a set of players, outside of any queue. */
export class Clip {
  readonly #parts: RoomParts;
  readonly #media: (playerId: string) => Media;
  readonly #ref: string;
  readonly #seconds: number | undefined;
  /** Players that are heard with the clip, or may still be. */
  readonly #open = new Map<string, Deferred<void>>();
  readonly #begun = new Set<string>();
  readonly #unwatch: () => void;
  /** Why the first player that did not take it did not. */
  failure: Error | undefined;

  constructor(
    parts: RoomParts,
    clip: {
      readonly ref: string;
      readonly seconds: number | undefined;
      readonly media: (playerId: string) => Media;
    },
  ) {
    this.#parts = parts;
    this.#ref = clip.ref;
    this.#seconds = clip.seconds;
    this.#media = clip.media;
    this.#unwatch = parts.store.watch((change) => this.#changed(change));
  }

  close(): void {
    this.#unwatch();
    for (const playerId of [...this.#open.keys()]) this.#over(playerId);
  }

  /** Puts the clip on players, silent: their music is gone then. What happened to each. */
  async prepare(players: readonly PlayerRecord[]): Promise<Outcome[]> {
    const outcomes = new Map<string, Outcome>();
    const loads = players.map(async ({ kept: { player_id }, live }) => {
      if (live.link !== 'online') {
        outcomes.set(player_id, { player_id, outcome: 'failed', reason: 'it is not connected' });
        return;
      }
      if (live.elsewhere) {
        outcomes.set(player_id, { player_id, outcome: 'ignored', reason: 'somebody else plays on it' });
        return;
      }
      this.#open.set(player_id, deferred());
      try {
        const media = this.#media(player_id);
        await this.#parts.players.execute(player_id, {
          type: 'load',
          media,
          position_seconds: 0,
          playing: false,
        });
        if (!outcomes.has(player_id)) outcomes.set(player_id, { player_id, outcome: 'applied' });
      } catch (error) {
        this.#over(player_id);
        this.failure ??= toError(error);
        outcomes.set(player_id, { player_id, outcome: 'failed', reason: toError(error).message });
      }
    });
    await this.#atMost(PREPARE_MS, Promise.all(loads));
    if (![...outcomes.values()].some(({ outcome }) => outcome === 'applied')) await Promise.all(loads);
    return players.map(({ kept: { player_id } }) => {
      const outcome = outcomes.get(player_id);
      if (outcome) return outcome;
      this.#over(player_id);
      const late: Outcome = { player_id, outcome: 'failed', reason: 'it was not ready in time' };
      outcomes.set(player_id, late);
      return late;
    });
  }

  /** All begin at one moment. */
  async play(players: readonly PlayerRecord[]): Promise<void> {
    const { clock } = this.#parts;
    const leads = players.map(({ kept, live }) => live.lead_ms + Math.max(0, kept.latency_ms));
    const at_us = clock.nowUs() + Math.max(LEAD_MS, ...leads) * 1000;
    const together = players.length > 1;
    await Promise.all(
      players.map(async ({ kept: { player_id } }) => {
        try {
          await this.#parts.players.execute(player_id, {
            type: 'play',
            ...(together && { cue: { position_seconds: 0, at_us } }),
          });
        } catch (error) {
          this.#parts.log.warn(
            { player_id, error: toError(error).message },
            'a player did not play the announcement',
          );
          this.#over(player_id);
        }
      }),
    );
  }

  /** Resolves when none of these players is heard with the clip any more, or it has had its time. */
  async over(playerIds: readonly string[]): Promise<void> {
    const { clock } = this.#parts;
    const ms = this.#seconds === undefined ? LONGEST_MS : this.#seconds * 1000 + GRACE_MS;
    const silent = clock.after(START_MS, () => {
      for (const id of playerIds) if (!this.#begun.has(id)) this.#over(id);
    });
    await this.#atMost(ms, Promise.all(playerIds.flatMap((id) => this.#open.get(id)?.promise ?? [])));
    silent.cancel();
  }

  /** Whether a player still has the clip. */
  isOn(player: PlayerRecord): boolean {
    return player.live.ref === this.#ref;
  }

  #changed(change: Change): void {
    if (!('player_id' in change) || !this.#open.has(change.player_id)) return;
    const playerId = change.player_id;
    if (change.type === 'player/removed' || change.type === 'player/moved') this.#over(playerId);
    if (change.type === 'player/link' && change.link !== 'online') this.#over(playerId);
    if (change.type !== 'player/fact') return;
    const { fact } = change;
    if (fact.type === 'ended' && fact.ref === this.#ref) this.#over(playerId);
    if (fact.type !== 'playback') return;
    if (fact.ref === this.#ref) this.#begun.add(playerId);
    else if (this.#begun.has(playerId)) this.#over(playerId);
  }

  #over(playerId: string): void {
    this.#open.get(playerId)?.resolve();
    this.#open.delete(playerId);
  }

  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    const end = deferred<void>();
    const timer: Timer = this.#parts.clock.after(ms, () => end.resolve());
    await Promise.race([work, end.promise]);
    timer.cancel();
  }
}
