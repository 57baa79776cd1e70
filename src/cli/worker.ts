import { AppError, createLogger, systemClock, systemRandom } from '../base/index.js';
import { busAddress, openBus, Seal } from '../bus/index.js';
import { loadConfig } from '../config/index.js';
import { openWorker } from '../jobs/index.js';
import { allWork } from '../pipeline/index.js';

type Env = Readonly<Record<string, string | undefined>>;

/** What is nearly done when a signal comes is done; the rest goes back to the house, which gives it to another. */
const GRACE_MS = 5_000;

/** Does heavy work for a house on the same bus until a signal; it sees the same data folder and music, under the same paths. */
export async function worker(env: Env, print: (line: string) => void): Promise<void> {
  const config = loadConfig(env);
  const log = createLogger(
    env['TUTTI_LOG_LEVEL'] === undefined && process.stderr.isTTY ? 'warn' : config.log_level,
  );
  if (config.bus === undefined)
    throw new AppError(
      'ERR_INVALID',
      'a worker needs the bus of its server: --bus, TUTTI_BUS or bus in tutti.yaml',
    );
  const stopped = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => resolve(name));
  });
  const parts = { clock: systemClock, log, random: systemRandom };
  const bus = await openBus({ address: config.bus, ...parts });
  const redis = busAddress(config.bus);
  const house = { redis, name: config.bus_name, seal: new Seal(config.bus_secret), signals: bus };
  const works = allWork(config, systemClock);
  const working = await openWorker({ house, works, ...parts });
  print('  Waiting for the bus');
  const ready = await Promise.race([working.ready().then(() => true), stopped.then(() => false)]);
  if (ready) print(`  A worker of Tutti takes: ${works.map(({ kind }) => kind).join(', ')}`);
  log.info({ reason: await stopped }, 'stopping');
  await working.close(GRACE_MS);
  await bus.close();
}
