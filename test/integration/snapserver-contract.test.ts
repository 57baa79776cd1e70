import { snapserver } from '../../drivers/snapserver/index.js';
import { DrivenLink } from '../contracts/driven-link.js';
import { driverContract, type DriverRig } from '../contracts/driver-contract.js';
import { MediaFolder } from '../contracts/media-files.js';
import { startSnapclient } from '../fakes/real-snapclient.js';
import { startSnapserver } from '../fakes/real-snapserver.js';
import { until } from '../until.js';

const ID = 'contract';

async function realSnapserver(): Promise<DriverRig> {
  const server = await startSnapserver();
  const client = await startSnapclient({ port: server.streamPort, id: ID });
  const media = await MediaFolder.create();
  const options = {
    host: '127.0.0.1',
    port: server.controlPort,
    client_id: ID,
    source: `tcp://127.0.0.1:${server.sourcePort}`,
  };
  const connected = async (): Promise<void> => {
    await until(
      'the snapclient is connected',
      () =>
        DrivenLink.connect({ definition: snapserver, options, runtimeDir: '/nowhere' }).then(
          async (link) => {
            await link.close();
            return true;
          },
          () => false,
        ),
      30_000,
    );
  };
  await connected();
  return {
    definition: snapserver,
    options,
    makeMedia: (n, choice) => media.tone(n, choice),
    async breakConnection() {
      await server.kill();
      await server.start();
      await connected();
    },
    async close() {
      await client.stop();
      await server.stop();
      await media.remove();
    },
  };
}

/** Music is decoded in the server's process, and snapserver tells nobody when its sound is heard. */
driverContract('snapserver', realSnapserver, { lacks: ['replaygain', 'overlay', 're-adopt', 'skew'] });
