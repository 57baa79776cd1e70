import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIRST } from './real-snapclient.js';
import { until } from '../until.js';

/** The real snapserver as a child process, with a tcp source `Tutti` and a pipe `Other`. */
export interface RunningSnapserver {
  readonly controlPort: number;
  readonly streamPort: number;
  readonly sourcePort: number;
  readonly dir: string;
  /** Dies at once. */
  kill(): Promise<void>;
  /** With the same ports and what it remembers. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSnapserver(): Promise<RunningSnapserver> {
  const { error } = spawnSync('snapserver', ['--version'], { stdio: 'ignore' });
  if (error) throw new Error('snapserver cannot be started: apt install snapserver', { cause: error });
  const dir = await mkdtemp(join(tmpdir(), 'tutti-snapserver-'));
  const [controlPort, streamPort, sourcePort] = (await freePorts(3)) as [number, number, number];
  const config = join(dir, 'snapserver.conf');
  const lines = [
    '[server]',
    `datadir = ${dir}`,
    '[http]',
    'enabled = false',
    '[tcp]',
    'bind_to_address = 127.0.0.1',
    `port = ${controlPort}`,
    '[stream]',
    'bind_to_address = 127.0.0.1',
    `port = ${streamPort}`,
    `source = tcp://127.0.0.1:${sourcePort}?name=Tutti&mode=server&codec=pcm`,
    `source = pipe://${join(dir, 'fifo')}?name=Other&mode=create&codec=pcm`,
  ];
  await writeFile(config, lines.join('\n'));
  let kill = (): Promise<void> => Promise.resolve();
  const start = async (): Promise<void> => {
    const [program, ...before] = FIRST;
    const child = spawn(program, [...before, 'snapserver', '-c', config], { stdio: 'ignore' });
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    kill = async () => {
      child.kill('SIGKILL');
      await gone;
    };
    for (const port of [controlPort, streamPort]) await until('snapserver listens', () => listens(port));
  };
  await start();
  return {
    controlPort,
    streamPort,
    sourcePort,
    dir,
    kill: () => kill(),
    start,
    async stop() {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}
