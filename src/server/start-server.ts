import { hostname } from 'node:os';
import { openUrls, ownAddresses } from './addresses.js';
import { CommandTimes } from './command-times.js';
import { fileRoutes } from './file-routes.js';
import { Gate } from './gate.js';
import { httpApp, listen } from './http-app.js';
import { Hub } from './hub/hub.js';
import { metricsRoute } from './metrics.js';
import { DEFAULT_LIMITS } from './limits.js';
import type { RunningServer, ServerParts } from './parts.js';
import { restRoutes } from './rest-routes.js';
import { webRoutes } from './web-routes.js';

/** Serves page, REST, media and WebSocket on one port. Rejects with an AppError that says what to set when it cannot listen. */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { clock, config, feed, version } = parts;
  const log = parts.log.child({ part: 'server' });
  let port = config.port;
  const gate = new Gate({
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    hostname: hostname(),
    addresses: ownAddresses,
    port: () => port,
  });
  const times = new CommandTimes(clock);
  const run = times.counted(parts.run);
  const app = httpApp(gate, log);
  app.get('/health', () => ({ status: 'ok' }));
  restRoutes(app, run);
  fileRoutes(app, parts);
  await webRoutes(app, config.webRoot, log);

  const limits = { ...DEFAULT_LIMITS, ...parts.limits };
  const hub = new Hub({
    version,
    clock,
    log,
    feed,
    gate,
    limits,
    run,
    left: parts.left ?? (() => undefined),
  });
  metricsRoute(app, {
    measurements: parts.measurements,
    clients: () => hub.connections,
    sent: () => hub.sent,
    commands: () => times.rows(),
  });
  hub.attach(app.server);
  try {
    port = await listen(app, config.host, config.port);
  } catch (thrown) {
    await hub.close();
    await app.close();
    throw thrown;
  }
  log.info({ host: config.host, port }, 'listening');
  return {
    port,
    urls: openUrls(config.host, port),
    connections: () => hub.connections,
    announce: (reason, retryAfterMs) => hub.announce(reason, retryAfterMs),
    close: async () => {
      await hub.close();
      await app.close();
    },
  };
}
