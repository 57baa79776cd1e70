import { Bonjour, type Service } from 'bonjour-service';
import { toError, type Clock, type Logger } from '../base/index.js';
import type { DriverDefinition, Found, MdnsService } from './contract.js';

/** How often the network is asked again: bonjour-service asks once and then only listens. */
const ASK_EVERY_MS = 60_000;

export interface Discovery {
  close(): void;
}

export interface DiscoveryParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Where to ask; default: every interface. */
  readonly network?: { readonly interface: string; readonly bind: string; readonly loopback: boolean };
}

/**
 * Reports players that announce themselves by mDNS, again whenever they do. A hint, no more: that a player is alive is known by its
 * connection, so nothing is ever reported as gone.
 */
export function startDiscovery(
  drivers: readonly DriverDefinition[],
  parts: DiscoveryParts,
  found: (definition: DriverDefinition, player: Found) => void,
): Discovery {
  const { clock, log, network = {} } = parts;
  const onError = (error: unknown): void =>
    log.warn({ error: toError(error).message }, 'mDNS is not available');
  const bonjour = new Bonjour(network, onError);
  const browsers = drivers.flatMap((definition) => {
    const { mdns } = definition;
    if (!mdns) return [];
    const browser = bonjour.find({ type: mdns.type });
    const seen = (service: Service): void => {
      const player = mdns.found(plain(service));
      if (player) found(definition, player);
    };
    browser.on('up', seen);
    browser.on('txt-update', seen);
    browser.on('srv-update', seen);
    return [browser];
  });
  const timer = clock.every(ASK_EVERY_MS, () => {
    for (const browser of browsers) browser.update();
  });
  return {
    close() {
      timer.cancel();
      for (const browser of browsers) browser.stop();
      bonjour.destroy();
    },
  };
}

/** Text from the network, as plain strings; IPv4 first, because link-local IPv6 needs an interface to be reached. */
function plain(service: Service): MdnsService {
  const addresses = [...(service.addresses ?? [])].sort(
    (a, b) => Number(a.includes(':')) - Number(b.includes(':')),
  );
  const txt: Record<string, string> = {};
  for (const [key, value] of Object.entries((service.txt ?? {}) as Record<string, unknown>))
    txt[key] = String(value);
  return { name: service.name, host: service.host, port: service.port, addresses, txt };
}
