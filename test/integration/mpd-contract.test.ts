import { mpd } from '../../drivers/mpd/index.js';
import { driverContract, type DriverRig } from '../contracts/driver-contract.js';
import { MediaFolder } from '../contracts/media-files.js';
import { serveMedia } from '../fakes/fake-mpd-media.js';
import { startMpd } from '../fakes/real-mpd.js';

/** Media that MPD fetches from us over HTTP, or finds in the folder it shares with us. */
async function rig(shared: boolean): Promise<DriverRig> {
  const folder = await MediaFolder.create();
  for (const n of [1, 2, 3]) for (const seconds of [1, 2, 3, 4]) await folder.tone(n, { seconds });
  await folder.tone(9, { seconds: 14 });
  const web = await serveMedia(folder.dir);
  const elsewhere = await MediaFolder.create();
  const player = await startMpd({ musicDir: shared ? folder.dir : elsewhere.dir });
  await player.update();
  return {
    definition: mpd,
    options: { host: player.host, port: player.port },
    httpPort: web.port,
    toleranceMs: 60,
    makeMedia: (n, options) => folder.tone(n, options),
    breakConnection: () => player.restart(),
    async close() {
      await player.stop();
      await web.close();
      await folder.remove();
      await elsewhere.remove();
    },
  };
}

driverContract('mpd that shares our music', () => rig(true), { lacks: ['replaygain'] });
driverContract('mpd that fetches from us over HTTP', () => rig(false), { lacks: ['replaygain'] });
