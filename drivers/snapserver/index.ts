import { defineDriver } from '../../src/players/index.js';
import { CONTROLS, SnapserverLink } from './link.js';
import { SnapserverOptions } from './options.js';

/** A snapclient of a snapserver that was there before Tutti. */
export const snapserver = defineDriver({
  kind: 'snapserver',
  label: 'Snapserver client',
  options: SnapserverOptions,
  capabilities: CONTROLS,
  syncClass: 'loose',
  codecs: 'all',
  address: ({ host, port, client_id }) => `${client_id} at ${host}:${port}`,
  connect: (options, context, signal) => SnapserverLink.open(options, context, signal),
});
