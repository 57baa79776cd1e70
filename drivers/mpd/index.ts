import { slug } from '../../src/base/index.js';
import { defineDriver } from '../../src/players/index.js';
import { MpdLink } from './link.js';
import { MpdOptions } from './options.js';

export { MpdOptions } from './options.js';

/** Music Player Daemon 0.21 or newer. */
export const mpd = defineDriver({
  kind: 'mpd',
  label: 'MPD',
  options: MpdOptions,
  capabilities: ['seek', 'pause', 'volume', 'mute', 'gapless', 'outputs', 'radio'],
  syncClass: 'nudged',
  codecs: 'all',
  address: ({ host, port, socket }) => socket ?? `${host}:${port}`,
  mdns: {
    type: 'mpd',
    found: ({ name, host, port, addresses, txt }) => {
      // A room of a Tutti that answers as an MPD is no loudspeaker.
      if (txt['tutti'] !== undefined) return undefined;
      const address = addresses.find((candidate) => candidate.includes('.')) ?? addresses[0];
      if (address === undefined) return undefined;
      const key = `mpd-${slug(host.replace(/\.local\.?$/, ''))}-${port}`;
      return { key, name, options: { host: address, port } };
    },
  },
  connect: (options, context, signal) => MpdLink.open(options, context, signal),
});
