import { AppError, createLogger, systemClock, systemRandom, type Clock, type Logger } from '../base/index.js';
import { openBus, type Bus } from '../bus/index.js';
import { loadConfig, type Config } from '../config/index.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** A process that helps a house: what it is set to, its line to the others, and the name of the signal that ends it. */
export interface BusMember {
  readonly config: Config & { readonly bus: string };
  readonly parts: { readonly clock: Clock; readonly log: Logger; readonly random: () => number };
  readonly bus: Bus;
  readonly stopped: Promise<string>;
}

/** Throws ERR_INVALID without a bus; `what` names the process in it. */
export async function joinBus(env: Env, what: 'gateway' | 'worker'): Promise<BusMember> {
  const config = loadConfig(env);
  const log = createLogger(
    env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY ? 'warn' : config.log_level,
  );
  const { bus: address } = config;
  if (address === undefined)
    throw new AppError(
      'ERR_INVALID',
      `a ${what} needs the bus of its server: --bus, TUTTI_BUS or bus in tutti.yaml`,
    );
  const stopped = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
  const parts = { clock: systemClock, log, random: systemRandom };
  return { config: { ...config, bus: address }, parts, bus: await openBus({ address, ...parts }), stopped };
}
