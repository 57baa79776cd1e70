import * as z from 'zod';
import type { Clock, Logger } from '../../src/base/index.js';
import { defineDriver, type DriverDefinition, type Found } from '../../src/players/index.js';
import { Door } from './door.js';

const SatelliteOptions = z.strictObject({
  satellite_id: z.string().min(1).max(128),
  key: z.string().min(1).max(128),
  /** The sound card or sink there, for people. */
  address: z.string().max(1024),
});
type SatelliteOptions = z.infer<typeof SatelliteOptions>;

export interface SatellitesOptions {
  /** What a satellite must know to be let in. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A satellite offers a player. */
  found(definition: DriverDefinition, found: Found): void;
}

/** Outputs of other machines that run `tutti satellite`: the kind of player, and the handlers of the commands they come in by. */
export function createSatellites(options: SatellitesOptions): {
  readonly definition: DriverDefinition;
  readonly handlers: Door['handlers'];
  close(): void;
} {
  const { token, clock, log } = options;
  const door = new Door({
    token,
    clock,
    log,
    onOffer: (satellite_id, { key, name, address }) =>
      options.found(definition, {
        key: `${satellite_id}-${key}`,
        name,
        options: { satellite_id, key, address },
      }),
  });
  const definition = defineDriver<SatelliteOptions>({
    kind: 'satellite',
    label: 'Another machine',
    options: SatelliteOptions,
    capabilities: ['seek', 'pause', 'volume', 'mute', 'gapless', 'outputs', 'replaygain', 'radio'],
    syncClass: 'steered',
    codecs: 'all',
    address: ({ satellite_id, address }) => `${address} of ${satellite_id}`,
    async connect({ satellite_id, key }, context, signal) {
      const link = door.link(satellite_id, key, (fact) => context.emit(fact));
      try {
        await link.connect(context.memory, signal);
        return link;
      } catch (error) {
        link.end(new Error('it could not be connected'));
        throw error;
      }
    },
  });
  return { definition, handlers: door.handlers, close: () => door.close() };
}
