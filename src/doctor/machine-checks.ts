import { hostname } from 'node:os';
import { systemClock } from '../base/index.js';
import { busAddress } from '../bus/index.js';
import type { Config } from '../config/index.js';
import { checkDry, checkLocks, checkOutputs, checkRates, type Sounding } from './audio.js';
import { checkBoard, checkHeat } from './board.js';
import { checkCertificate, checkDataDir, checkMusic, type CertificateFiles } from './files.js';
import { ok, type CheckSpec } from './finding.js';
import { openWall } from './firewall.js';
import { checkClock, checkDisk, checkMemory } from './machine.js';
import { checkMdns, checkReflector, checkSeen, type Echo } from './mdns.js';
import { echo } from './multicast.js';
import { heardByAll, ownNetworks } from './networks.js';
import { askTime, checkOffset } from './ntp.js';
import { checkPort, type PortProbes, type Wanted } from './ports.js';
import {
  askRedis,
  boardProbes,
  clockProbes,
  diskProbes,
  files,
  folderProbes,
  foldersBelow,
  lockProbes,
  portProbes,
  readText,
  rightsProbes,
  runProgram,
  soundProbes,
  wifiProbes,
} from './probes.js';
import { checkFfmpeg, checkMpv, checkNode, checkOwn } from './programs.js';
import { checkRedis } from './redis.js';
import { checkGroups, checkRealtime } from './rights.js';
import { checkSound } from './sound.js';
import { checkCard, checkWatches } from './storage.js';
import { checkUpgrade } from './upgrade.js';
import { checkWifi } from './wifi.js';
import type { Ways } from './ways.js';

/** A Redis that is slow is still to be called that, not unmeasured. */
const REDIS_MS = 8_000;

/** What a run of the doctor is about. */
export interface Machine {
  readonly config: Config;
  /** What is to be typed on this machine. */
  readonly ways: Ways;
  /** Of this program. */
  readonly version: string;
  /** Whether a time server on the internet may be asked. */
  readonly askTime: boolean;
  /** What plays on this machine now; absent: nobody knows. */
  sounding?(this: void): readonly Sounding[];
  /** How often players of this machine were corrected. */
  corrections?(this: void): number;
  /** The version of the database that this process has open. */
  schema?(this: void): number;
}

/** Everything about this machine that can be seen without a running server. Later checks may use what earlier ones have heard. */
export function machineChecks(machine: Machine): CheckSpec[] {
  return [
    ...diskChecks(machine),
    ...networkChecks(machine),
    ...audioChecks(machine),
    ...rightsChecks(machine),
    ...timeChecks(machine),
    ...versionChecks(machine),
    ...bodyChecks(machine),
  ];
}

function diskChecks({ ways, config: { data_dir, music_dir, watch } }: Machine): CheckSpec[] {
  return [
    {
      id: 'disk',
      title: 'Space and safe writes',
      part: 'disk',
      why: 'What you change is answered only when the disk has it; a full disk keeps nothing.',
      alone: true,
      run: () => checkDisk(diskProbes, data_dir, ways),
    },
    {
      id: 'card',
      title: 'Disk or SD card',
      part: 'disk',
      why: 'SD cards wear out; one that fails becomes read-only first.',
      run: () => checkCard(files, data_dir, ways),
    },
    {
      id: 'music',
      title: 'Music folder',
      part: 'disk',
      why: 'Only what can be read can be played.',
      run: () => checkMusic(folderProbes, music_dir, ways),
    },
    {
      id: 'watches',
      title: 'Watching the music folder',
      part: 'disk',
      why: 'New music appears by itself only where folders can be watched.',
      run: (signal) => checkWatches(files, (stop) => foldersBelow(music_dir, stop), watch, signal),
    },
  ];
}

const MDNS_OFF = 'mDNS is off: players are added by hand';

function multicastChecks({ config: { mdns, mpd_port } }: Machine, ports: PortProbes): CheckSpec[] {
  let heard: Promise<Echo> | undefined;
  // One question is enough for the three that want to know what is heard.
  const once = (signal: AbortSignal): Promise<Echo> =>
    (heard ??= heardByAll(ownNetworks(), readText).then((networks) => echo(signal, { networks })));
  const announces = mdns && mpd_port > 0;
  return [
    {
      id: 'mdns',
      title: 'Multicast (mDNS)',
      part: 'network',
      why: 'Players are found by multicast, and phones find this server by its name.',
      run: (signal) =>
        checkMdns({ echo: once, read: readText, run: runProgram, open: openWall(files) }, mdns, signal),
    },
    {
      id: 'announced',
      title: 'Players announce themselves',
      part: 'network',
      why: 'Who is not heard has to be added by hand.',
      run: async (signal) =>
        mdns ? checkSeen(await once(signal), announces && (await ports.running())) : ok(MDNS_OFF),
    },
    {
      id: 'reflector',
      title: 'mDNS from other networks',
      part: 'network',
      why: 'A router that repeats announcements between networks may still keep the music out.',
      run: async (signal) => (mdns ? checkReflector(await once(signal)) : ok(MDNS_OFF)),
    },
  ];
}

function networkChecks(machine: Machine): CheckSpec[] {
  const { config, ways } = machine;
  const ports = portProbes(config.data_dir);
  const { bus, bus_name } = config;
  return [
    ...multicastChecks(machine, ports),
    {
      id: 'wifi',
      title: 'Wi-Fi of this machine',
      part: 'network',
      why: 'A radio that sleeps answers late; a Raspberry Pi lets it sleep unless told otherwise.',
      run: (signal) => checkWifi(wifiProbes, signal),
    },
    ...wantedPorts(config).map(({ id, title, ...wanted }): CheckSpec => ({
      id,
      title,
      part: 'network',
      why: 'A port that another program has cannot be served.',
      run: () => checkPort(ports, wanted, ways),
    })),
    {
      id: 'certificate',
      title: 'Certificate',
      part: 'network',
      why: 'Browsers refuse https with a certificate that has ended or is for another name.',
      run: () => checkCertificate(readText, certificate(config), systemClock.wallMs()),
    },
    {
      id: 'redis',
      title: 'Redis',
      part: 'network',
      why: 'Gateways and workers reach this server through it.',
      ms: REDIS_MS,
      run: (signal) =>
        checkRedis((stop) => askRedis(bus ?? '', bus_name, stop), bus && busAddress(bus).shown, ways, signal),
    },
  ];
}

function audioChecks({ config, ways, sounding, corrections }: Machine): CheckSpec[] {
  const { local_output } = config;
  const named = config.players.flatMap(({ kind, name, options }) =>
    kind === 'local'
      ? [{ name, output: typeof options['output'] === 'string' ? options['output'] : 'auto' }]
      : [],
  );
  const wanted = local_output || named.length > 0;
  const off = (): ReturnType<CheckSpec['run']> => ok('this machine makes no sound itself');
  return [
    {
      id: 'sound',
      title: 'Sound of this machine',
      part: 'audio',
      why: 'Without an output of its own this machine is silent.',
      run: (signal) => checkSound(soundProbes, local_output, ways, signal),
    },
    {
      id: 'outputs',
      title: 'The right output',
      part: 'audio',
      why: 'Music that goes to a plug where nothing is plugged in is heard by nobody.',
      run: (signal) => (wanted ? checkOutputs({ ...files, run: runProgram }, named, signal) : off()),
    },
    {
      id: 'dry',
      title: 'Gaps in the sound (underruns)',
      part: 'audio',
      why: 'A card that runs dry is heard as a click or a gap.',
      run: () => (wanted ? checkDry(files, corrections?.()) : off()),
    },
    {
      id: 'rate',
      title: 'Sample rate',
      part: 'audio',
      why: 'A card that runs at another rate than the file plays a converted copy of it.',
      run: () => (wanted ? checkRates(files, sounding?.() ?? []) : off()),
    },
    {
      id: 'locks',
      title: 'Who has the sound cards',
      part: 'audio',
      why: 'A program that has a card for itself keeps everybody else silent.',
      run: () => (wanted ? checkLocks(lockProbes) : off()),
    },
  ];
}

function rightsChecks({ ways, config: { data_dir, local_output } }: Machine): CheckSpec[] {
  return [
    {
      id: 'data-folder',
      title: 'Data folder',
      part: 'permissions',
      why: 'It has the keys of people: it belongs to the server alone.',
      run: () => checkDataDir(folderProbes, data_dir, ways),
    },
    {
      id: 'groups',
      title: 'Groups',
      part: 'permissions',
      why: 'Sound cards, remote controls and pins are open to groups.',
      run: () => checkGroups(rightsProbes, ways),
    },
    {
      id: 'realtime',
      title: 'Precedence of sound',
      part: 'permissions',
      why: 'Sound that waits for other programs falters.',
      run: () => checkRealtime(rightsProbes, local_output, ways),
    },
  ];
}

const TIME_SERVER = 'pool.ntp.org';

function timeChecks({ askTime: asked }: Machine): CheckSpec[] {
  return [
    {
      id: 'clock',
      title: 'Clock',
      part: 'time',
      why: 'A wrong clock breaks sign-in, certificates, alarms and the times of what was played.',
      run: (signal) => checkClock(clockProbes, signal),
    },
    {
      id: 'clock-offset',
      title: 'Clock against the world',
      part: 'time',
      why: 'Programs that say they keep the time may be wrong.',
      run: (signal) =>
        checkOffset(asked ? (stop) => askTime({ host: TIME_SERVER }, systemClock, stop) : undefined, signal),
    },
  ];
}

function versionChecks({ ways, config, version, schema }: Machine): CheckSpec[] {
  return [
    {
      id: 'tutti',
      title: 'Tutti',
      part: 'versions',
      why: 'A database of a newer version cannot be read by an older program.',
      run: () => checkOwn(version, config.data_dir, schema, ways),
    },
    {
      id: 'upgrade',
      title: 'Last upgrade',
      part: 'versions',
      why: 'A version that does not start is taken back, so that music goes on; somebody has to know.',
      run: () => checkUpgrade(readText),
    },
    {
      id: 'node',
      title: 'Node.js',
      part: 'versions',
      why: 'Tutti runs on it.',
      run: () => checkNode(process.versions.node),
    },
    {
      id: 'mpv',
      title: 'mpv',
      part: 'versions',
      why: 'It plays the sound of this machine.',
      run: (signal) => checkMpv(runProgram, config.local_output, signal),
    },
    {
      id: 'ffmpeg',
      title: 'ffmpeg',
      part: 'versions',
      why: 'It converts music for players that cannot play a file as it is.',
      run: (signal) => checkFfmpeg(runProgram, signal),
    },
    {
      id: 'board',
      title: 'System',
      part: 'versions',
      why: 'What this runs on.',
      run: () => checkBoard(boardProbes),
    },
  ];
}

function bodyChecks({ config: { data_dir } }: Machine): CheckSpec[] {
  return [
    {
      id: 'heat',
      title: 'Heat and power supply',
      part: 'machine',
      why: 'A weak power supply or heat makes a Raspberry Pi slow, and spoils SD cards.',
      run: (signal) => checkHeat(boardProbes, signal),
    },
    {
      id: 'memory',
      title: 'Memory',
      part: 'machine',
      why: 'A machine without memory stops programs.',
      run: async () =>
        checkMemory((await readText('/proc/meminfo')) ?? '', await portProbes(data_dir).running()),
    },
  ];
}

function wantedPorts(config: Config): (Wanted & { readonly id: string; readonly title: string })[] {
  const { host, port, snapcast, snapcast_host, snapcast_port, mpd_port } = config;
  return [
    {
      id: 'port',
      title: 'Port of the page',
      what: 'the port of pages',
      host,
      port,
      setting: 'port',
    },
    {
      id: 'snapcast-port',
      title: 'Port of snapclients',
      what: 'the port of snapclients',
      host: snapcast_host ?? host,
      port: snapcast ? snapcast_port : 0,
      setting: 'snapcast_port',
      ...(snapcast_host !== undefined && { host_setting: 'snapcast_host' }),
    },
    {
      id: 'mpd-port',
      title: 'Ports of rooms as MPD',
      what: 'the first port of MPD clients',
      host,
      port: mpd_port,
      setting: 'mpd_port',
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
