import { isDeepStrictEqual } from 'node:util';
import { AppError, backoffMs, toError, within, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Store } from '../state/index.js';
import type { DriverDefinition, Fact, LinkContext, PlayerCommand, PlayerLink } from './contract.js';
import { linkWords } from './link-words.js';
import { heardLater, toldEarlier } from './shift.js';

/** Deadlines of everything a player is asked, ms. */
export const LIMITS = {
  connect: 8_000,
  command: 5_000,
  probe: 4_000,
  probeEvery: 10_000,
  close: 2_000,
  /** However soon a driver asks to be connected again. */
  soonest: 250,
  tripsKept: 30,
} as const;

/** While a round trip is measured, this machine is watched so often; it counts only when it was never later than this. */
const TICK_MS = 10;
const OWN_STALL_US = 10_000;
/** An answer that is not there by then is waited for with fewer looks: some players answer when they next have something to say. */
const SOON_US = 200_000;
const LATER_TICK_MS = 100;

export interface SupervisorOptions {
  readonly playerId: string;
  readonly definition: DriverDefinition;
  /** Where the player is, as its driver takes it; `moveTo` changes it. */
  readonly options: unknown;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1, for the jitter of the back-off. */
  readonly random: () => number;
  readonly httpPort: () => number;
  readonly runtimeDir: string;
}

/**
 * Keeps one player connected for as long as it is wanted: connect with a deadline, back off with jitter for ever, probe a silent link, cut
 * one that does not answer, and stamp every fact with the player's id on its way into the store.
 */
export class Supervisor {
  readonly #parts: SupervisorOptions;
  readonly #ended = new AbortController();
  #options: unknown;
  #link: PlayerLink | undefined;
  #running: Promise<void> | undefined;
  #hurry: (() => void) | undefined;
  #trips: readonly number[] = [];

  constructor(parts: SupervisorOptions) {
    this.#parts = parts;
    this.#options = parts.options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Tries again now instead of after the back-off. */
  hurry(): void {
    this.#hurry?.();
  }

  /**
   * The player is said to be somewhere else now. A link that still answers is kept, for a player with two addresses is seen at one and then at
   * the other; from the next connect on the new options count.
   */
  moveTo(options: unknown): void {
    if (isDeepStrictEqual(options, this.#options)) return this.hurry();
    this.#options = options;
    const link = this.#link;
    if (!link) return this.hurry();
    this.#ask(link).catch((error: unknown) => this.#cut(link, toError(error).message));
  }

  /** Resolves on acceptance. A player that does not answer in time is cut off, and the supervisor connects anew. */
  async execute(command: PlayerCommand): Promise<void> {
    const link = this.#link;
    const { playerId, clock } = this.#parts;
    if (!link)
      throw new AppError('ERR_PLAYER_OFFLINE', 'the player is not connected', {
        params: { player_id: playerId },
      });
    try {
      await within(
        { clock, what: `${command.type} on ${playerId}`, ms: LIMITS.command, signal: this.#ended.signal },
        (signal) => link.execute(toldEarlier(command, this.#latencyMs), signal),
      );
    } catch (error) {
      if (error instanceof AppError && error.code === 'ERR_PLAYER_TIMEOUT')
        this.#cut(link, 'no answer to a command');
      throw error;
    }
  }

  /**
   * How long the player takes to answer, ms; undefined when this machine itself was too busy to tell. Rejects when it is not connected or
   * does not answer.
   */
  async roundTrip(): Promise<number | undefined> {
    const link = this.#link;
    if (!link) throw new AppError('ERR_PLAYER_OFFLINE', 'the player is not connected');
    return this.#timed(link);
  }

  /** Of the last probes of this link, ms: they come seldom, so that a radio in between has gone to sleep. */
  get roundTrips(): readonly number[] {
    return this.#trips;
  }

  async close(): Promise<void> {
    this.#ended.abort(new AppError('ERR_PLAYER_OFFLINE', 'the player is being let go'));
    this.#hurry?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log, playerId, random } = this.#parts;
    for (let attempt = 0; !this.#ended.signal.aborted; attempt++) {
      this.#report('connecting', undefined, attempt);
      const startedUs = clock.nowUs();
      const options = this.#options;
      const reason = await this.#live(options);
      if (this.#ended.signal.aborted) break;
      const moved = this.#options !== options;
      if (moved || clock.nowUs() - startedUs > 30e6) attempt = 0;
      const wait = moved ? 0 : (hintOf(reason) ?? backoffMs(attempt, random()));
      log.warn({ player_id: playerId, reason: reason.message, retry_ms: wait }, 'player lost');
      this.#report('offline', linkWords(reason.message));
      await this.#pause(wait);
    }
    this.#report('offline', 'let go');
  }

  /** One life of a link, from connect to its end; the reason it ended. */
  async #live(options: unknown): Promise<Error> {
    const { clock, definition, playerId } = this.#parts;
    const gate = { open: true };
    let link: PlayerLink;
    try {
      const limit = {
        clock,
        what: `connecting to ${playerId}`,
        ms: LIMITS.connect,
        signal: this.#ended.signal,
      };
      link = await within(limit, (signal) => this.#connect(definition, options, gate, signal));
    } catch (error) {
      gate.open = false;
      return toError(error);
    }
    this.#link = link;
    this.#trips = [];
    this.#giveLatency();
    this.#report('online', undefined);
    const stopProbing = this.#probe(link);
    const onEnd = (): void => void link.close();
    this.#ended.signal.addEventListener('abort', onEnd, { once: true });
    const reason = await link.closed;
    this.#ended.signal.removeEventListener('abort', onEnd);
    stopProbing();
    gate.open = false;
    if (this.#link === link) this.#link = undefined;
    return reason;
  }

  /** By how much times are shifted for this player; one that can shift its sound itself gets them as they are. */
  get #latencyMs(): number {
    const player = this.#parts.store.state.players.get(this.#parts.playerId);
    return !player || player.live.capabilities.includes('latency') ? 0 : player.kept.latency_ms;
  }

  /** A player that shifts its sound itself is told how much before anything else. */
  #giveLatency(): void {
    const { store, playerId, log } = this.#parts;
    const player = store.state.players.get(playerId);
    if (!player?.live.capabilities.includes('latency')) return;
    this.execute({ type: 'latency', latency_ms: player.kept.latency_ms }).catch((error: unknown) => {
      log.warn({ player_id: playerId, error: toError(error).message }, 'a player did not take its latency');
    });
  }

  /** A connect that succeeds after its deadline is closed again, so that nothing is left behind. */
  async #connect(
    definition: DriverDefinition,
    options: unknown,
    gate: { open: boolean },
    signal: AbortSignal,
  ): Promise<PlayerLink> {
    const link = await definition.connect(options, this.#context(gate), signal);
    if (signal.aborted) {
      await link.close();
      throw toError(signal.reason);
    }
    return link;
  }

  #context(gate: { open: boolean }): LinkContext {
    const { playerId, store, clock, log, httpPort, runtimeDir } = this.#parts;
    return {
      player_id: playerId,
      emit: (fact: Fact) => {
        if (!gate.open) return;
        store.commit({ type: 'player/fact', player_id: playerId, fact: heardLater(fact, this.#latencyMs) });
      },
      log: log.child({ player_id: playerId }),
      clock,
      memory: store.state.players.get(playerId)?.kept.memory ?? null,
      httpPort: httpPort(),
      runtimeDir,
    };
  }

  /** Half-open detection: a link that does not answer a round trip is cut. */
  #probe(link: PlayerLink): () => void {
    let timer: Timer;
    let stopped = false;
    const next = (): void => {
      timer = this.#parts.clock.after(LIMITS.probeEvery, () => {
        this.#timed(link).then(
          () => stopped || next(),
          (error: unknown) => stopped || this.#cut(link, toError(error).message),
        );
      });
    };
    next();
    return () => {
      stopped = true;
      timer.cancel();
    };
  }

  async #timed(link: PlayerLink): Promise<number | undefined> {
    const { clock } = this.#parts;
    const began = clock.nowUs();
    let due = Infinity;
    let lateUs = 0;
    let ticks: Timer | undefined;
    const look = (): void => {
      lateUs = Math.max(lateUs, clock.nowUs() - due);
    };
    const wait = (): void => {
      const now = clock.nowUs();
      const ms = now - began < SOON_US ? TICK_MS : LATER_TICK_MS;
      due = now + ms * 1000;
      ticks = clock.after(ms, () => {
        look();
        wait();
      });
    };
    wait();
    try {
      await this.#ask(link);
    } finally {
      ticks?.cancel();
    }
    look();
    // What a stall of our own adds says nothing about the way to the player.
    if (lateUs > OWN_STALL_US) return undefined;
    const ms = (clock.nowUs() - began) / 1000;
    this.#trips = [...this.#trips.slice(1 - LIMITS.tripsKept), ms];
    return ms;
  }

  /** One round trip to the player, with a deadline. */
  async #ask(link: PlayerLink): Promise<void> {
    const { clock, playerId } = this.#parts;
    await within({ clock, what: `probe of ${playerId}`, ms: LIMITS.probe }, (signal) => link.probe(signal));
  }

  #cut(link: PlayerLink, why: string): void {
    if (this.#link !== link) return;
    this.#parts.log.warn({ player_id: this.#parts.playerId, why }, 'player cut off');
    this.#link = undefined;
    void link.close();
  }

  #report(link: 'connecting' | 'online' | 'offline', problem: string | undefined, attempt = 0): void {
    const { store, clock, playerId } = this.#parts;
    if (link === 'connecting' && attempt > 0) return;
    store.commit({
      type: 'player/link',
      player_id: playerId,
      link,
      at_us: clock.nowUs(),
      ...(problem !== undefined && { problem }),
    });
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#parts.clock.after(ms, resolve);
      this.#hurry = () => {
        timer.cancel();
        resolve();
      };
      if (this.#ended.signal.aborted) this.#hurry();
    });
    this.#hurry = undefined;
  }
}

/** What the driver says of when it is worth another try: it waits for something itself meanwhile, and knocks at nobody's door. */
function hintOf(reason: Error): number | undefined {
  const hint = reason instanceof AppError ? reason.params['retry_ms'] : undefined;
  return typeof hint === 'number' ? Math.max(LIMITS.soonest, hint) : undefined;
}
