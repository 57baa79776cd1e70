import { DRIVERS, driversWithUnits } from '../app/index.js';
import type { DriverDefinition } from '../players/index.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What the unit of a service says about where it lives; nothing where Tutti was started by hand. */
export interface Service {
  /** Where sockets of outputs are (mode 0700, ours). A folder of /run, so that a card that cannot be written to costs no music. */
  readonly runtimeDir: string | undefined;
  /** Outputs as units of their own, where the unit says so. */
  readonly drivers: readonly DriverDefinition[];
}

/** Reads TUTTI_RUN_DIR and TUTTI_OUTPUTS, the folder of command lines beside the door that starts outputs. */
export function serviceOf(env: Env, prefix = ''): Service {
  const folder = env['TUTTI_OUTPUTS'] || undefined;
  return {
    runtimeDir: env['TUTTI_RUN_DIR'] || undefined,
    drivers: folder === undefined ? DRIVERS : driversWithUnits({ folder, prefix }),
  };
}
