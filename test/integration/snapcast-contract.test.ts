import { snapcastDriver, startSnapServer } from '../../drivers/snapcast/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { driverContract, type DriverRig } from '../contracts/driver-contract.js';
import { MediaFolder } from '../contracts/media-files.js';
import { startSnapclient } from '../fakes/real-snapclient.js';
import { until } from '../until.js';

const ID = 'contract';

async function realSnapclient(): Promise<DriverRig> {
  let hellos = 0;
  const server = await startSnapServer({
    host: '127.0.0.1',
    port: 0,
    buffer_ms: 400,
    codec: 'pcm',
    clock: systemClock,
    log: silentLogger,
    onClient: () => hellos++,
  });
  const start = (): ReturnType<typeof startSnapclient> => startSnapclient({ port: server.port, id: ID });
  let client = await start();
  const media = await MediaFolder.create();
  await until('the snapclient has said Hello', () => hellos === 1);
  return {
    definition: snapcastDriver(server),
    options: { client_id: ID },
    makeMedia: (n, options) => media.tone(n, options),
    async breakConnection() {
      const before = hellos;
      await client.stop();
      client = await start();
      await until('the snapclient is back', () => hellos > before);
    },
    async close() {
      await client.stop();
      await server.close();
      await media.remove();
    },
  };
}

/** Music lives in the server's process, and a snapclient tells nobody how far off it is. */
driverContract('snapcast', realSnapclient, {
  lacks: ['outputs', 'replaygain', 'overlay', 're-adopt', 'skew'],
});
