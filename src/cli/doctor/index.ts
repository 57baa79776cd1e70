import { devNull, hostname } from 'node:os';
import { systemClock, toError } from '../../base/index.js';
import { busAddress } from '../../bus/index.js';
import { loadConfig, type Config } from '../../config/index.js';
import { checkCertificate, checkDataDir, checkMusic, type CertificateFiles } from './files.js';
import { demandHealth, examine, fail, lines, ok, type Check, type Finding } from './finding.js';
import { checkClock, checkDisk, checkMemory } from './machine.js';
import { checkMdns } from './mdns.js';
import { echo } from './multicast.js';
import { checkPort, type Wanted } from './ports.js';
import {
  askRedis,
  clockProbes,
  diskProbes,
  folderProbes,
  portProbes,
  readText,
  runProgram,
  soundProbes,
} from './probes.js';
import { checkFfmpeg, checkMpv, checkNode } from './programs.js';
import { checkRedis } from './redis.js';
import { checkSound } from './sound.js';

type Env = Readonly<Record<string, string | undefined>>;

/** `tutti doctor`: looks at what Tutti needs of this machine and prints what mends what is missing. Throws when something failed. */
export async function doctor(env: Env, json: boolean, print: (line: string) => void): Promise<void> {
  const { config, finding } = settings(env);
  const rows = await examine(
    [{ name: 'settings', run: () => Promise.resolve(finding) }, ...checks(config)],
    systemClock,
  );
  print(json ? JSON.stringify(rows, null, 2) : lines(rows));
  demandHealth(rows);
}

/** Settings that are wrong are one finding; the rest of the machine is looked at with those that everybody begins with. */
export function settings(env: Env): { readonly config: Config; readonly finding: Finding } {
  try {
    const config = loadConfig(env);
    return { config, finding: ok(`data in ${config.data_dir}`) };
  } catch (thrown) {
    const folder = env['TUTTI_DATA_DIR'];
    const config = loadConfig({
      TUTTI_CONFIG: devNull,
      XDG_DATA_HOME: env['XDG_DATA_HOME'],
      ...(folder !== undefined && { TUTTI_DATA_DIR: folder }),
    });
    const file = env['TUTTI_CONFIG'] ?? `${config.data_dir}/tutti.yaml`;
    return {
      config,
      finding: fail(toError(thrown).message, `"\${EDITOR:-nano}" '${file}'; env | grep ^TUTTI_`),
    };
  }
}

function checks(config: Config): Check[] {
  const { data_dir, music_dir, local_output, mdns, bus } = config;
  const ports = portProbes(data_dir);
  return [
    { name: 'node', run: () => Promise.resolve(checkNode(process.versions.node)) },
    { name: 'mpv', run: (signal) => checkMpv(runProgram, local_output, signal) },
    { name: 'ffmpeg', run: (signal) => checkFfmpeg(runProgram, signal) },
    { name: 'sound', run: (signal) => checkSound(soundProbes, local_output, signal) },
    ...wantedPorts(config).map(({ name, ...wanted }) => ({ name, run: () => checkPort(ports, wanted) })),
    {
      name: 'mdns',
      run: (signal) => checkMdns({ echo, read: readText, run: runProgram }, mdns, signal),
    },
    { name: 'clock', run: (signal) => checkClock(clockProbes, signal) },
    { name: 'data folder', run: () => checkDataDir(folderProbes, data_dir) },
    { name: 'disk', run: () => checkDisk(diskProbes, data_dir) },
    {
      name: 'memory',
      run: async () => checkMemory((await readText('/proc/meminfo')) ?? '', await ports.running()),
    },
    { name: 'music', run: () => checkMusic(folderProbes, music_dir) },
    {
      name: 'certificate',
      run: () => checkCertificate(readText, certificate(config), systemClock.wallMs()),
    },
    {
      name: 'redis',
      run: (signal) => checkRedis((stop) => askRedis(bus ?? '', stop), bus && busAddress(bus).shown, signal),
    },
  ];
}

function wantedPorts(config: Config): (Wanted & { readonly name: string })[] {
  const { host, port, snapcast, snapcast_host, snapcast_port, mpd_port } = config;
  return [
    { name: 'port', what: 'the port of pages', host, port, setting: 'TUTTI_PORT' },
    {
      name: 'snapcast port',
      what: 'the port of snapclients',
      host: snapcast_host ?? host,
      port: snapcast ? snapcast_port : 0,
      setting: 'TUTTI_SNAPCAST_PORT',
    },
    {
      name: 'mpd port',
      what: 'the first port of MPD clients',
      host,
      port: mpd_port,
      setting: 'TUTTI_MPD_PORT',
    },
  ];
}

function certificate({ tls_cert, tls_key, public_url, allowed_hosts }: Config): CertificateFiles | undefined {
  if (tls_cert === undefined || tls_key === undefined) return undefined;
  const names =
    public_url === undefined
      ? [...allowed_hosts, hostname(), `${hostname().split('.')[0]}.local`]
      : [new URL(public_url).hostname];
  return { cert: tls_cert, key: tls_key, names };
}
