import { defineDriver, type DriverDefinition } from '../../src/players/index.js';
import { CAPABILITIES } from './link.js';
import { SnapcastOptions } from './options.js';
import type { SnapServer } from './server.js';

export { SnapcastOptions } from './options.js';
export { foundOf, startSnapServer, type SnapServer, type SnapServerOptions } from './server.js';

/** Snapclients that are connected to this server, each a player. */
export function snapcastDriver(server: SnapServer): DriverDefinition {
  return defineDriver({
    kind: 'snapcast',
    label: 'Snapcast client',
    options: SnapcastOptions,
    capabilities: CAPABILITIES,
    syncClass: 'locked',
    codecs: 'all',
    address: ({ client_id }) => `snapclient ${client_id}`,
    connect: ({ client_id }, context, signal) => server.link(client_id, context, signal),
  });
}
