import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/package-root.js';
import { until } from '../../test/until.js';
import type { Ground } from '../ground.js';
import { openCardEars } from './ears.js';
import { House } from './house.js';
import { startJitter } from './jitter.js';
import { makeAlbum } from './music.js';
import { CpuShare, hear, pairRows, playPair } from './pair.js';
import type { Scenario } from './stage.js';
import { spawnBefore } from './stock.js';

const run = promisify(execFile);
const HERE = '10.197.77.1';
const THERE = '10.197.77.2';
const DELAY_MS = 3;
const JITTER_MS = 1.5;
const COME_MS = 30_000;

/** A network namespace with nothing in it but one end of a cable to us. Needs root. */
async function openFarNetwork(ground: Ground): Promise<readonly string[]> {
  const name = `tutti-bench-${process.pid}`;
  const [near, far] = [`tb${process.pid}a`, `tb${process.pid}b`];
  const ip = async (...args: string[]): Promise<void> => void (await run('ip', args));
  try {
    await ip('netns', 'add', name);
  } catch (cause) {
    throw new Error('a network namespace needs root and iproute2', { cause });
  }
  // The cable goes with the namespace.
  ground.own({ stop: () => ip('netns', 'del', name) });
  await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
  await ip('addr', 'add', `${HERE}/30`, 'dev', near);
  await ip('link', 'set', near, 'up');
  await ip('-n', name, 'addr', 'add', `${THERE}/30`, 'dev', far);
  await ip('-n', name, 'link', 'set', far, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  return ['ip', 'netns', 'exec', name];
}

export const satellite: Scenario = {
  key: 'satellite',
  title: `mpv here + a satellite in a network namespace, ${DELAY_MS} ms +- ${JITTER_MS} ms each way, cards 0 and +60 ppm`,
  async run(stage) {
    const { ground, before, steadySeconds } = stage;
    const ears = await openCardEars(join(ground.dir, 'cards'), [
      { name: 'room_a' },
      { name: 'room_b', ppm: 60 },
    ]);
    ground.own({ stop: () => ears.close() });
    const album = await makeAlbum(join(ground.dir, 'music'), [45, 45, 60, 60]);
    const players = [
      { id: 'room-a', kind: 'local', name: 'room_a', output: ears.output('room_a'), ao: 'alsa' },
    ];
    const config = { allowed_hosts: [HERE] };
    const house = await House.open({ ground, album, players, env: ears.env, before, config });
    const inside = await openFarNetwork(ground);
    const { port } = await startJitter(ground, before, {
      listenHost: HERE,
      targetPort: house.server.port,
      delayMs: DELAY_MS,
      jitterMs: JITTER_MS,
    });
    const folder = join(house.dataDir, 'far');
    const main = join(packageRoot, 'dist', 'src', 'main.js');
    const far = spawnBefore(
      ground,
      [...inside, ...before],
      [process.execPath, main, 'satellite', '--server', `http://${HERE}:${port}`, '--name', 'far',
        '--output', ears.output('room_b'), '--token-file', join(house.dataDir, 'satellite-token')],
      { ...ears.env, TUTTI_SATELLITE_DIR: folder },
    ); // prettier-ignore
    const second = await satellitePlayer(house).catch((cause: unknown) => {
      throw new Error(`the satellite did not come: ${far.log}`, { cause });
    });
    await house.online(['room-a', second]);
    const cpu = new CpuShare();
    const mpv = (): number => house.mpvIn(join(folder, 'run'));
    const marks = await playPair(house, {
      first: 'room-a',
      second,
      steadySeconds,
      events: true,
      freeze: mpv,
      atSteady: (begins) =>
        cpu.mark(begins, { 'the server': house.server.pid, 'the satellite': far.pid, 'its mpv': mpv() }),
    });
    const heard = await hear(ears);
    const targets = { p95Ms: 1, startSeconds: 2 };
    return { rows: [...pairRows(album.locator, heard, marks, targets, stage), ...cpu.rows()] };
  },
};

async function satellitePlayer(house: House): Promise<string> {
  let id: string | undefined;
  await until(
    'the satellite offers its output',
    async () => {
      const { players } = await house.client.send('player:list', {});
      id = players.find(({ kind }) => kind !== 'local')?.player_id;
      return id !== undefined;
    },
    COME_MS,
  );
  return id ?? '';
}
