import { hostname } from 'node:os';
import { Bonjour } from 'bonjour-service';
import { deferred, toError, within, type Clock, type Logger } from '../../src/base/index.js';

/** Goodbyes are sent for no longer. */
const GOODBYE_MS = 1000;

export interface Announcement {
  close(): Promise<void>;
}

export interface AnnounceParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where to announce; default: every interface. */
  readonly network?: { readonly interface: string; readonly bind: string; readonly loopback: boolean };
}

/** Tells the network where the stream server is: a snapclient without an address looks for `_snapcast._tcp`. */
export function announce(port: number, parts: AnnounceParts): Announcement {
  const { clock, log, network = {} } = parts;
  const onError = (error: unknown): void =>
    log.warn({ error: toError(error).message }, 'snapclients cannot find the server by mDNS');
  const bonjour = new Bonjour(network, onError);
  for (const type of ['snapcast', 'snapcast-stream'])
    bonjour.publish({ name: `Tutti on ${hostname()}`, type, port }).on('error', onError);
  return {
    async close() {
      await within({ clock, what: 'the mDNS goodbye', ms: GOODBYE_MS }, () => {
        const said = deferred<void>();
        bonjour.unpublishAll(() => said.resolve());
        return said.promise;
      }).catch(onError);
      bonjour.destroy();
    },
  };
}
