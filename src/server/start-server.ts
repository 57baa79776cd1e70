import { hostname } from 'node:os';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { openUrls, ownAddresses } from './addresses.js';
import { backupRoutes } from './backup-routes.js';
import { CommandRates } from './command-rates.js';
import { CommandTimes } from './command-times.js';
import { diagnosticsRoute } from './diagnostics-route.js';
import { docsRoutes } from './docs-routes.js';
import { filesElsewhere } from './files-elsewhere.js';
import { fileRoutes } from './file-routes.js';
import { Gate } from './gate.js';
import { httpApp, listen } from './http-app.js';
import { HttpPeople } from './http-people.js';
import { healthRoutes } from './health-routes.js';
import { Hub } from './hub/hub.js';
import { jobStates } from './hub-metrics.js';
import { metricsRoute } from './metrics.js';
import { DEFAULT_LIMITS, LiveLimits } from './limits.js';
import type { RunningServer, ServerConfig, ServerParts } from './parts.js';
import { Proxies } from './proxies.js';
import { restRoutes } from './rest-routes.js';
import { signInRoutes } from './sign-in-routes.js';
import { topicRoutes } from './topic-routes.js';
import { noUploads, uploadRoutes } from './upload-routes.js';
import { webRoutes } from './web-routes.js';

/** Serves page, REST, media and WebSocket on one port. Rejects with an AppError that says what to set when it cannot listen. */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { clock, config, door } = parts;
  const log = parts.log.child({ part: 'server' });
  const listening = { port: config.port };
  const gate = gateOf(config, () => listening.port);
  const proxies = new Proxies(config.trustedProxies ?? []);
  const people = new HttpPeople({ door, gate, proxies, publicUrl: config.publicUrl });
  const live = new LiveLimits({ ...DEFAULT_LIMITS, ...parts.limits });
  const limits = live.current;
  const times = new CommandTimes(clock);
  const rates = new CommandRates(limits, clock);
  const run = times.counted(rates.limited(parts.run));
  const app = httpApp(gate, proxies, config.tls, log);
  signInRoutes(app, door, people);
  restRoutes(app, run, people, rates);
  filesOf(app, parts, people, rates);
  docsRoutes(app, parts.version);
  await webRoutes(app, config.webRoot, log);

  const left = parts.left ?? ((): void => undefined);
  const hub = new Hub({ ...parts, log, gate, proxies, limits, run, left });
  const metrics = metricsRoute(app, {
    measurements: parts.measurements,
    bus: parts.bus,
    allow: (request) => people.allowMetrics(request),
    clients: () => hub.connections,
    sent: () => hub.sent,
    commands: () => times.rows(),
    hub: () => hub.measurements(),
    jobs: () => jobStates(parts.feed),
  });
  healthRoutes(app, { hub, people, clock });
  if (parts.diagnostics) diagnosticsRoute(app, people, parts.diagnostics, metrics);
  topicRoutes(app, { hub, people, clock });
  hub.attach(app.server);
  const close = async (): Promise<void> => {
    await hub.close();
    await app.close();
  };
  try {
    listening.port = await listen(app, config.host, config.port);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  log.info({ host: config.host, port: listening.port }, 'listening');
  return {
    port: listening.port,
    urls: urlsOf(config, listening.port),
    run,
    connections: () => hub.connections,
    announce: (reason, retryAfterMs) => hub.announce(reason, retryAfterMs),
    change: ({ limits: next, ...names }) => {
      live.change({ ...DEFAULT_LIMITS, ...next });
      gate.allow(names);
    },
    close,
  };
}

/** Files of this process, or the way to the one that has them. */
function filesOf(app: FastifyInstance, parts: ServerParts, people: HttpPeople, rates: CommandRates): void {
  const { media, artwork, filesFrom } = parts;
  const asked = (request: FastifyRequest): void => parts.fetched?.(people.see(request).address);
  if (media && artwork) fileRoutes(app, { ...parts, media, artwork, asked });
  else if (filesFrom) filesElsewhere(app, filesFrom);
  uploadRoutes(app, parts.upload ?? noUploads, people, rates);
  if (parts.backups) backupRoutes(app, parts.backups, people);
}

function gateOf(config: ServerConfig, port: () => number): Gate {
  const { allowedHosts, allowedOrigins, publicUrl } = config;
  return new Gate({
    allowedHosts,
    allowedOrigins,
    publicUrl,
    hostname: hostname(),
    addresses: ownAddresses,
    port,
  });
}

function urlsOf({ publicUrl, host, tls }: ServerConfig, port: number): string[] {
  return publicUrl === undefined ? openUrls(host, port, tls !== undefined) : [publicUrl];
}
