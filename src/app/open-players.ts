import { createSatellites, DRIVERS } from '../../drivers/index.js';
import { systemRandom as random } from '../base/index.js';
import type { Config } from '../config/index.js';
import { Players, type DriverDefinition, type Found } from '../players/index.js';
import type { SystemState } from '../protocol/index.js';
import type { Store } from '../state/index.js';
import { socketFolder } from '../storage/index.js';
import type { Base } from './base.js';
import { listenForSnapclients } from './snapclients.js';

export interface OpenedPlayers {
  readonly players: Players;
  readonly drivers: readonly DriverDefinition[];
  readonly satellites: ReturnType<typeof createSatellites>;
  readonly notices: SystemState['notices'];
}

/** Every kind of player, also those that come to us: satellites and snapclients. Closing the players is left to who opened them. */
export async function openPlayers(
  base: Base,
  others: {
    readonly store: Store;
    readonly satelliteToken: string;
    readonly drivers: readonly DriverDefinition[] | undefined;
    readonly runtimeDir: string | undefined;
    /** Where players fetch media from us. */
    httpPort(this: void): number;
  },
): Promise<OpenedPlayers> {
  const { config, clock, log, closers } = base;
  const found = (definition: DriverDefinition, one: Found): void => players.found(definition, one);
  const satellites = createSatellites({ token: others.satelliteToken, clock, log, found });
  closers.add(() => satellites.close());
  const snapcast = await listenForSnapclients(base, found);
  closers.add(() => snapcast.close());
  const drivers = [...offered(others.drivers ?? DRIVERS, config), satellites.definition, ...snapcast.drivers];
  const players: Players = new Players({
    drivers,
    store: others.store,
    clock,
    log,
    random,
    httpPort: () => others.httpPort(),
    runtimeDir: others.runtimeDir ?? socketFolder(config.data_dir),
  });
  return { players, drivers, satellites, notices: snapcast.notices };
}

/** Without `local_output` the drivers find nothing on this machine; players named in the config still work. */
function offered(drivers: readonly DriverDefinition[], config: Config): readonly DriverDefinition[] {
  return config.local_output ? drivers : drivers.map(({ local: _local, ...definition }) => definition);
}
