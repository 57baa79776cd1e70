import type * as z from 'zod';
import { isDeepStrictEqual } from 'node:util';
import {
  AppError,
  hostFault,
  randomId,
  slug,
  toError,
  within,
  type Clock,
  type Logger,
} from '../base/index.js';
import type { Handlers } from '../protocol/index.js';
import { playerView, type PlayerRecord, type Store } from '../state/index.js';
import { configuredId, type ConfiguredPlayer } from './configured.js';
import type { DriverDefinition, Found, PlayerCommand } from './contract.js';
import { optionFault } from './option-words.js';
import { startDiscovery, type Discovery } from './discovery.js';
import { Supervisor } from './supervisor.js';

export interface PlayersOptions {
  readonly drivers: readonly DriverDefinition[];
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  readonly httpPort: () => number;
  readonly runtimeDir: string;
}

const NOT_LISTED = 'no longer in the config file';

/**
 * Pauses before the round trips of a series: long ones, in which a radio that saves power dozes off, and short ones, after which it is still
 * awake. They differ, or they would keep step with the beacons of the network; shorter ones would meet delayed acknowledgements of TCP.
 */
const NAPS_MS = [130, 60, 171, 65, 149, 55, 198, 62, 113, 58, 162, 67] as const;
const SERIES_US = 3_000_000;

/** Every player of the house: known, supervised, and told what to do. */
export class Players {
  readonly #parts: PlayersOptions;
  readonly #supervisors = new Map<string, Supervisor>();
  #configured: readonly ConfiguredPlayer[] = [];
  #discovery: Discovery | undefined;

  readonly handlers: Handlers<
    'player:list' | 'player:add' | 'player:remove' | 'player:rename' | 'player:output'
  >;

  constructor(parts: PlayersOptions) {
    this.#parts = parts;
    this.handlers = {
      'player:list': () => ({ players: [...parts.store.state.players.values()].map(playerView) }),
      'player:add': async ({ kind, name, options }) => {
        const { host } = options;
        const fault = typeof host === 'string' ? hostFault(host) : undefined;
        if (fault) throw new AppError('ERR_INVALID', `The address ${fault.reason}. ${fault.suggestion}`);
        const player = this.#known({ kind, name, options }, 'added', `${slug(name)}-${randomId(4)}`);
        await parts.store.durable();
        return { player_id: player.player_id, room_id: player.room_id };
      },
      'player:remove': async ({ player_id }) => {
        await this.#forget(player_id);
        return {};
      },
      'player:rename': async ({ player_id, name }) => {
        this.#record(player_id);
        parts.store.commit({ type: 'player/renamed', player_id, name });
        await parts.store.durable();
        return {};
      },
      'player:output': async ({ player_id, output_id, active }) => {
        const { live } = this.#record(player_id);
        if (!live.outputs.some((output) => output.output_id === output_id))
          throw new AppError('ERR_OUTPUT_NOT_FOUND', 'the player has no such output');
        await this.execute(player_id, { type: 'output', output_id, active });
        return { outcomes: [{ player_id, outcome: 'applied' }] };
      },
    };
  }

  /** Connects every player that is stored, configured or on this machine; with `mdns`, listens for more. */
  async start(configured: readonly ConfiguredPlayer[], mdns: boolean): Promise<void> {
    const { drivers, store, clock, log } = this.#parts;
    this.#configured = configured;
    for (const player of configured)
      if (this.#isDriven(player)) this.#known(player, 'config', configuredId(player));
    for (const definition of drivers) {
      for (const found of (await definition.local?.(log)) ?? []) this.found(definition, found);
    }
    for (const { kept } of store.state.players.values()) {
      const problem = this.#orphaned(kept, configured) ?? this.#refused(kept);
      if (problem !== undefined) this.#offline(kept.player_id, problem);
    }
    if (mdns)
      this.#discovery = startDiscovery(drivers, { clock, log }, (definition, found) =>
        this.found(definition, found),
      );
  }

  /**
   * The players of a config file that was changed: new ones come, others are connected anew as they are now, and what is not in it any more
   * is let go, its room and queue stay. What did not change is not touched.
   */
  async configure(configured: readonly ConfiguredPlayer[]): Promise<void> {
    const { store } = this.#parts;
    const before = new Map(this.#configured.map((player) => [configuredId(player), player]));
    const now = new Map(configured.map((player) => [configuredId(player), player]));
    this.#configured = configured;
    for (const [id, was] of before) {
      if (isDeepStrictEqual(now.get(id), was)) continue;
      await this.#supervisors.get(id)?.close();
      this.#supervisors.delete(id);
      if (!now.has(id) && store.state.players.has(id)) this.#offline(id, NOT_LISTED);
    }
    for (const [id, player] of now) {
      const was = before.get(id);
      if (isDeepStrictEqual(player, was) || !this.#isDriven(player)) continue;
      this.#known(player, 'config', id);
      if (was && was.name !== player.name)
        store.commit({ type: 'player/renamed', player_id: id, name: player.name });
    }
    await store.durable();
  }

  /**
   * A player that discovery saw, perhaps at a new address. One that is known by hand stays as it is, and nobody is taken in twice: who is seen
   * for the first time at the address of another is that one.
   */
  found(definition: DriverDefinition, { key, name, options }: Found): void {
    try {
      const address = definition.address(definition.options.parse(options));
      const players = [...this.#parts.store.state.players.values()].map(({ kept }) => kept);
      const before = players.find(({ player_id }) => player_id === key);
      const twin = players.find((kept) => kept.kind === definition.kind && kept.address === address);
      const taken = twin && twin !== before && (!before || twin.origin !== 'discovered');
      if (taken || (before && before.kind !== definition.kind)) return;
      const same = before && (before.origin !== 'discovered' || isDeepStrictEqual(before.options, options));
      if (same) this.#supervisors.get(key)?.hurry();
      else this.#known({ kind: definition.kind, name, options }, 'discovered', key);
    } catch (error) {
      this.#parts.log.warn({ key, error: toError(error).message }, 'a discovered player cannot be used');
    }
  }

  /** Codecs the player decodes itself. */
  codecs(playerId: string): 'all' | readonly string[] {
    return this.#definition(this.#record(playerId).kept.kind).codecs;
  }

  /** Resolves when the player has accepted the command. */
  async execute(playerId: string, command: PlayerCommand): Promise<void> {
    const supervisor = this.#supervisors.get(playerId);
    if (!supervisor)
      throw new AppError('ERR_PLAYER_NOT_FOUND', 'no player has this id', {
        params: { player_id: playerId },
      });
    await supervisor.execute(command);
  }

  /** How long a player takes to answer, ms each: its last probes, and some in a row now. Fewer when it stops answering. */
  async roundTrips(playerId: string, signal: AbortSignal): Promise<readonly number[]> {
    const supervisor = this.#supervisors.get(playerId);
    if (!supervisor) return [];
    const { clock } = this.#parts;
    const known = [...supervisor.roundTrips];
    const endUs = clock.nowUs() + SERIES_US;
    try {
      for (const nap of NAPS_MS) {
        if (clock.nowUs() > endUs) break;
        await within(
          { clock, what: 'a pause', ms: nap + 1_000, signal },
          () => new Promise<void>((resolve) => void clock.after(nap, resolve)),
        );
        const ms = await supervisor.roundTrip();
        if (ms !== undefined) known.push(ms);
      }
    } catch (error) {
      this.#parts.log.debug(
        { player_id: playerId, error: toError(error).message },
        'a series of probes ended',
      );
    }
    return known;
  }

  async close(): Promise<void> {
    this.#discovery?.close();
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.close()));
  }

  /** A driver may be switched off, or have found its port taken: the house does without its players. */
  #isDriven({ kind, name }: ConfiguredPlayer): boolean {
    const { drivers, log } = this.#parts;
    if (drivers.some((driver) => driver.kind === kind)) return true;
    log.warn({ kind, name }, 'a player of the config file has no driver now');
    return false;
  }

  #offline(playerId: string, problem: string): void {
    const { store, clock } = this.#parts;
    store.commit({
      type: 'player/link',
      player_id: playerId,
      link: 'offline',
      problem,
      at_us: clock.nowUs(),
    });
  }

  #known(player: ConfiguredPlayer, origin: PlayerRecord['kept']['origin'], id: string): PlayerRecord['kept'] {
    const definition = this.#definition(player.kind);
    const options = parseOptions(definition, player.options);
    const before = this.#parts.store.state.players.get(id)?.kept;
    const kept = {
      player_id: id,
      kind: player.kind,
      name: before?.name ?? player.name,
      options: player.options,
      origin,
      room_id: before?.room_id ?? id,
      address: definition.address(options),
      memory: before?.memory ?? null,
      home_room_id: before?.home_room_id ?? id,
      latency_ms: before?.latency_ms ?? 0,
      volume_limit: before?.volume_limit ?? 1,
    };
    const { syncClass: sync_class, capabilities } = definition;
    this.#parts.store.commit({
      type: 'player/known',
      player: kept,
      room_name: player.name,
      sync_class,
      capabilities,
    });
    this.#supervise(kept);
    return kept;
  }

  #supervise(kept: PlayerRecord['kept']): void {
    const definition = this.#definition(kept.kind);
    const options = parseOptions(definition, kept.options);
    const supervised = this.#supervisors.get(kept.player_id);
    if (supervised) return supervised.moveTo(options);
    const { store, clock, log, random, httpPort, runtimeDir } = this.#parts;
    const supervisor = new Supervisor({
      playerId: kept.player_id,
      definition,
      options,
      store,
      clock,
      log,
      random,
      httpPort,
      runtimeDir,
    });
    this.#supervisors.set(kept.player_id, supervisor);
    supervisor.start();
  }

  async #forget(playerId: string): Promise<void> {
    this.#record(playerId);
    await this.#supervisors.get(playerId)?.close();
    this.#supervisors.delete(playerId);
    const at_us = this.#parts.clock.nowUs();
    this.#parts.store.commit({ type: 'player/removed', player_id: playerId, at_us });
    await this.#parts.store.durable();
  }

  /** A player of a former config file, or of a driver that is gone, keeps its room and queue until somebody removes it. */
  #orphaned(kept: PlayerRecord['kept'], configured: readonly ConfiguredPlayer[]): string | undefined {
    if (!this.#parts.drivers.some((driver) => driver.kind === kept.kind))
      return `there is no driver ${kept.kind}`;
    const listed =
      kept.origin !== 'config' || configured.some((player) => configuredId(player) === kept.player_id);
    return listed ? undefined : NOT_LISTED;
  }

  /** Takes up a player as it is stored. An option that its driver does not take any more keeps that player away, and nobody else. */
  #refused(kept: PlayerRecord['kept']): string | undefined {
    try {
      this.#supervise(kept);
      return undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { player_id, kind } = kept;
      this.#parts.log.warn({ player_id, kind, reason: error.message }, 'a stored player cannot be used');
      return `${error.message}: remove it and add it anew`;
    }
  }

  #record(playerId: string): PlayerRecord {
    const record = this.#parts.store.state.players.get(playerId);
    if (!record)
      throw new AppError('ERR_PLAYER_NOT_FOUND', 'no player has this id', {
        params: { player_id: playerId },
      });
    return record;
  }

  #definition(kind: string): DriverDefinition {
    const definition = this.#parts.drivers.find((driver) => driver.kind === kind);
    if (definition) return definition;
    const kinds = this.#parts.drivers.map((driver) => driver.kind).join(', ');
    throw new AppError('ERR_INVALID', `no driver is called ${JSON.stringify(kind)}; there are ${kinds}`);
  }
}

function parseOptions(definition: DriverDefinition, options: Readonly<Record<string, unknown>>): unknown {
  const parsed = definition.options.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new AppError('ERR_INVALID', optionsFault(definition, options, parsed.error.issues));
}

function optionsFault(
  { kind, options: schema }: DriverDefinition,
  options: Readonly<Record<string, unknown>>,
  issues: readonly z.core.$ZodIssue[],
): string {
  const [issue] = issues;
  if (issue?.code === 'unrecognized_keys') return `a ${kind} player has no option ${issue.keys.join(', ')}`;
  const name = String(issue?.path[0] ?? '');
  if (!issue || !Object.hasOwn(options, name)) return `a ${kind} player needs the option ${name}`;
  const { reason, suggestion } = optionFault(issue, options[name], schema);
  const text = `the option ${name} of a ${kind} player ${reason}`;
  return suggestion === undefined ? text : `${text}. ${suggestion}`;
}
