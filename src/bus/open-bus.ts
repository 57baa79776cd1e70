import type { Clock, Logger } from '../base/index.js';
import { busAddress } from './address.js';
import type { Bus } from './bus.js';
import { LocalBus } from './local-bus.js';

export interface BusParts {
  /** Undefined: there is no other process. */
  readonly address: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0..1 */
  readonly random: () => number;
  /** How long a Redis may leave a question unanswered, until it counts as gone. */
  readonly silentMs?: number | undefined;
}

/** The bus of this process. A Redis need not be there yet; what speaks to it is loaded only where it is used. */
export async function openBus({ address, clock, log, random, silentMs }: BusParts): Promise<Bus> {
  if (address === undefined) return new LocalBus(clock);
  const parts = { address: busAddress(address), clock, log: log.child({ part: 'bus' }), random, silentMs };
  const { RedisBus } = await import('./redis-bus.js');
  return new RedisBus(parts);
}
