import * as z from 'zod';
import { defineDriver } from '../../src/players/index.js';
import { SilentLink } from './link.js';

/** Plays nothing, in perfect time: for machines without a sound card, for demos and for tests. */
export const nullDriver = defineDriver({
  kind: 'null',
  label: 'Silent output',
  options: z.strictObject({}),
  capabilities: ['seek', 'pause', 'volume', 'mute', 'gapless', 'radio'],
  syncClass: 'loose',
  codecs: 'all',
  address: () => 'this server',
  connect: async (_options, context, signal) => {
    signal.throwIfAborted();
    return Promise.resolve(new SilentLink(context));
  },
});
