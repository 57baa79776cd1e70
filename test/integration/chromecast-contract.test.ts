import { chromecast } from '../../drivers/chromecast/index.js';
import { driverContract, type DriverRig } from '../contracts/driver-contract.js';
import { MediaFolder } from '../contracts/media-files.js';
import { FakeCastReceiver } from '../fakes/fake-cast-receiver.js';
import { serveMedia } from '../fakes/fake-mpd-media.js';

/** A skew below 80 ms is left alone, and the first start knows nothing yet of how long this receiver takes. */
const TOLERANCE_MS = 160;

/** A receiver that fetches from us over HTTP and really plays. */
async function rig(): Promise<DriverRig> {
  const folder = await MediaFolder.create();
  for (const n of [1, 2, 3]) for (const seconds of [1, 2, 3, 4]) await folder.tone(n, { seconds });
  await folder.tone(9, { seconds: 14 });
  const web = await serveMedia(folder.dir);
  const receiver = await FakeCastReceiver.start();
  return {
    definition: chromecast,
    options: { host: '127.0.0.1', port: receiver.port },
    httpPort: web.port,
    toleranceMs: TOLERANCE_MS,
    makeMedia: (n, options) => folder.tone(n, options),
    breakConnection: () => receiver.restart(),
    async close() {
      await receiver.close();
      await web.close();
      await folder.remove();
    },
  };
}

driverContract('a Chromecast', rig, { lacks: ['outputs', 'replaygain', 'latency', 'overlay'] });
