import { createLogger, systemClock, systemRandom, toError, type Clock, type Logger } from '../base/index.js';
import { busAddress, openBus, type Bus } from '../bus/index.js';
import { loadSettings, type Config, type Loaded } from '../config/index.js';
import { HouseSettings } from '../settings/index.js';
import { Unset } from './failure.js';
import type { Place } from './greeting.js';
import { readsAnew, stopSignal } from './stop-signal.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** A process that helps a house: what it is set to, its line to the others, and the name of the signal that ends it. */
export interface BusMember {
  /** As long as the process lives: live keys in it change with the config file, and with what the page of a house in the same folder sets. */
  readonly config: Config;
  readonly address: string;
  readonly settings: HouseSettings;
  readonly parts: { readonly clock: Clock; readonly log: Logger; readonly random: () => number };
  readonly bus: Bus;
  readonly stopped: Promise<string>;
  close(): Promise<void>;
}

/** Throws ERR_INVALID without a bus; `what` names the process in it. */
export async function joinBus(env: Env, what: 'gateway' | 'worker', place: Place): Promise<BusMember> {
  const again = (): Loaded => loadSettings({ env });
  const loaded = again();
  const { bus: address } = loaded.config;
  const quiet = env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY;
  const log = createLogger(quiet ? 'warn' : loaded.config.log_level);
  if (address === undefined)
    throw new Unset(`a ${what} needs the bus of its server: --bus, TUTTI_BUS or bus in ${loaded.file}`);
  readable(address);
  const settings = new HouseSettings({ loaded, again, clock: systemClock, log });
  if (!quiet) settings.follow(['log_level'], ({ log_level }) => log.setLevel(log_level));
  const stop = stopSignal(readsAnew(place, loaded) ? () => void settings.reload('SIGHUP') : undefined);
  const parts = { clock: systemClock, log, random: systemRandom };
  const bus = await openBus({ address, ...parts });
  return {
    config: settings.config,
    address,
    settings,
    parts,
    bus,
    stopped: stop.heard,
    async close() {
      await settings.close();
      await bus.close();
      stop.end();
    },
  };
}

/** An address that is none is for a person to mend. */
function readable(address: string): void {
  try {
    busAddress(address);
  } catch (cause) {
    throw new Unset(toError(cause).message, { cause });
  }
}
