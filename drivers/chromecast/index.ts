import { slug } from '../../src/base/index.js';
import { defineDriver } from '../../src/players/index.js';
import { CAPABILITIES, ChromecastLink } from './link.js';
import { ChromecastOptions } from './options.js';

export { ChromecastOptions } from './options.js';

/** Chromecasts, speakers and televisions with Google Cast, and groups of them. */
export const chromecast = defineDriver<ChromecastOptions>({
  kind: 'chromecast',
  label: 'Chromecast',
  options: ChromecastOptions,
  capabilities: CAPABILITIES,
  syncClass: 'nudged',
  codecs: ['flac', 'mp3', 'aac', 'vorbis', 'opus', 'wav'],
  address: ({ host, port }) => (port === 8009 ? host : `${host}:${port}`),
  mdns: {
    type: 'googlecast',
    found: ({ name, port, addresses, txt }) => {
      const address = addresses.find((candidate) => candidate.includes('.')) ?? addresses[0];
      if (address === undefined) return undefined;
      const { id = '', fn = '', md = '' } = txt;
      const model = md.slice(0, 200);
      const title = fn === '' ? name : fn;
      return {
        key: `cast-${slug(id === '' ? name : id)}`,
        name: title.slice(0, 200),
        options: { host: address, port, name: title.slice(0, 200), ...(model !== '' && { model }) },
      };
    },
  },
  connect: (options, context, signal) => ChromecastLink.open(options, context, signal),
});
