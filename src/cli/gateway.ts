import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../base/index.js';
import { Gateway } from '../bus/index.js';
import type { Config } from '../config/index.js';
import { packageRoot, version } from '../package-root.js';
import {
  checkedRunner,
  liveRules,
  SERVER_KEYS,
  serverConfig,
  serverLimits,
  startServer,
  type RunningServer,
} from '../server/index.js';
import { joinBus, type Env } from './bus-member.js';
import type { Place } from './greeting.js';
import { openNotifier } from './notify.js';

/** Holds clients for a house on the same bus until a signal; resolves when everything is closed. Waits for the house to be there first. */
export async function gateway(env: Env, print: (line: string) => void, place: Place): Promise<void> {
  const member = await joinBus(env, 'gateway', place);
  const { config, settings, parts, bus, stopped } = member;
  const { log } = parts;
  const house = new Gateway({ bus, name: config.bus_name, secret: config.bus_secret, version, ...parts });
  // Ready before the house is there: who starts this unit need not wait for another machine.
  const notifier = openNotifier(env, { ...parts, pid: process.pid });
  notifier.ready('Waiting for the server on the bus');
  print('  Waiting for the server on the bus');
  const found = await Promise.race([house.open().then(() => true), stopped.then(() => false)]);
  const server = found ? await serve(house, config, log) : undefined;
  if (server) settings.follow(SERVER_KEYS, (now) => server.change(liveRules(now)));
  settings.start({ others: true });
  if (server) {
    print(['', '  A gateway of Tutti is at', ...server.urls.map((url) => `    ${url}`), ''].join('\n'));
    notifier.status(`A gateway at ${server.urls[0] ?? `port ${server.port}`}`);
  }
  log.info({ reason: await stopped }, 'stopping');
  await notifier.stopping();
  await server?.close();
  house.close();
  await member.close();
}

async function serve(house: Gateway, config: Config, log: Logger): Promise<RunningServer> {
  const webRoot = join(packageRoot, 'dist', 'web');
  const server = await startServer({
    config: serverConfig(config, existsSync(webRoot) ? webRoot : undefined),
    version,
    clock: house.clock,
    log,
    feed: house.feed,
    run: checkedRunner(house.run, log.child({ part: 'commands' })),
    resume: house.resume,
    door: house.entrance,
    filesFrom: () => house.houseUrl,
    bus: () => house.measurements(),
    left: (connectionId) => house.left(connectionId),
    limits: serverLimits(config),
  });
  house.tellRestarts((reason, retryAfterMs) => server.announce(reason, retryAfterMs));
  return server;
}
