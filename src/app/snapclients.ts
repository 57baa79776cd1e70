import { snapcastDriver, startSnapServer } from '../../drivers/index.js';
import { AppError } from '../base/index.js';
import type { DriverDefinition, Found } from '../players/index.js';
import type { SystemState } from '../protocol/index.js';
import type { Base } from './base.js';

export interface Snapclients {
  readonly drivers: readonly DriverDefinition[];
  readonly notices: SystemState['notices'];
  close(): Promise<void>;
}

/** The server that snapclients connect to. Where another one has its port already, all else goes on without. */
export async function listenForSnapclients(
  { config, clock, log }: Base,
  found: (definition: DriverDefinition, found: Found) => void,
): Promise<Snapclients> {
  if (!config.snapcast) return { drivers: [], notices: [], close: () => Promise.resolve() };
  const { snapcast_host: host = config.host, snapcast_port: port, snapcast_codec: codec } = config;
  const announce = config.mdns && !/^(127\.|localhost$|::1$)/.test(host);
  try {
    const server = await startSnapServer({
      host,
      port,
      codec,
      buffer_ms: config.snapcast_buffer_ms,
      clock,
      log,
      announce,
      onClient: (client) => found(driver, client),
    });
    const driver = snapcastDriver(server);
    return { drivers: [driver], notices: [], close: () => server.close() };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'ERR_CONFLICT') throw error;
    log.warn({ host, port, reason: error.message }, 'no Snapcast server');
    const message = `Snapclients cannot connect: another program has port ${port}, perhaps a snapserver. Stop it, or set snapcast_port.`;
    const notice = { notice_id: 'snapcast-port', level: 'warning', message } as const;
    return { drivers: [], notices: [notice], close: () => Promise.resolve() };
  }
}
