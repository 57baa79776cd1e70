import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ground } from '../ground.js';
import { freePort, pause, Program } from '../program.js';
import { nowNs } from './capture.js';
import { openCardEars } from './ears.js';
import { Locator } from './locate.js';
import { CpuShare, gapRows, hear, skewRows } from './pair.js';
import { interleaved, noise } from './signal.js';
import { follow, skewsOf, summary } from './skew.js';
import type { Scenario } from './stage.js';

/** Starts a program with words before its command. */
export function spawnBefore(
  ground: Ground,
  before: readonly string[],
  words: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): Program {
  const [first = words[0], ...args] = [...before, ...words];
  return ground.own(Program.spawn(first, args, env));
}

export interface SnapclientChoice {
  readonly before: readonly string[];
  readonly port: number;
  readonly id: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A stock snapclient that plays to the ALSA device of its own name. */
export function startSnapclient(ground: Ground, { before, port, id, env }: SnapclientChoice): Program {
  const args = ['-h', '127.0.0.1', '-p', String(port), '--hostID', id, '-s', id, '--player', 'alsa'] as const;
  return spawnBefore(ground, before, ['snapclient', ...args], env);
}

/** Stock snapserver, which reads raw sound from a file by itself, and two stock snapclients. */
export const stockSnapcast: Scenario = {
  key: '1-stock',
  title: 'stock snapserver + 2 stock snapclients, cards 0 and +60 ppm',
  async run({ ground, before, steadySeconds }) {
    const dir = join(ground.dir, 'stock');
    await mkdir(dir, { recursive: true });
    const music = noise(50, steadySeconds + 20);
    await writeFile(join(dir, 'music.pcm'), interleaved([music, music]));
    const ears = await openCardEars(join(dir, 'cards'), [{ name: 'room_a' }, { name: 'room_b', ppm: 60 }]);
    ground.own({ stop: () => ears.close() });
    const port = await freePort();
    const conf = join(dir, 'snapserver.conf');
    const source = `file://${join(dir, 'music.pcm')}?name=music&sampleformat=48000:16:2&codec=pcm`;
    await writeFile(
      conf,
      ['[server]', `datadir = ${dir}`, '[http]', 'enabled = false', '[tcp]', 'enabled = false', '[stream]',
        'bind_to_address = 127.0.0.1', `port = ${port}`, `source = ${source}`, ''].join('\n'),
    ); // prettier-ignore
    const server = spawnBefore(ground, before, ['snapserver', '-c', conf], { HOME: dir });
    await pause(1000);
    server.check();
    const clients = ears.rooms.map((id) => startSnapclient(ground, { before, port, id, env: ears.env }));
    await pause(5000);
    for (const client of clients) client.check();
    const cpu = new CpuShare();
    const processes = { snapserver: server.pid, 'a snapclient': clients[1]!.pid };
    const fromNs = nowNs();
    cpu.mark(true, processes);
    await pause(steadySeconds * 1000);
    cpu.mark(false, processes);
    const toNs = nowNs();
    for (const client of clients) await client.stop();
    await server.stop();
    const [first, second] = await hear(ears);
    const locator = new Locator(music);
    const span = { fromNs, toNs };
    const steady = summary(skewsOf(follow(first, locator, span), follow(second, locator, span)));
    if (!(steady.windows > 10))
      throw new Error(`stock Snapcast was not heard: ${server.log}${clients[0]!.log}`);
    const rows = [...skewRows(steady, {}), ...gapRows([first, second], span), ...cpu.rows()];
    return { rows, anchor: { p95Ms: steady.p95 } };
  },
};
