import { quoted } from '../base/index.js';
import { ok, problem, warning, type Finding } from './finding.js';
import type { RunProgram } from './programs.js';
import { mountOf } from './storage.js';
import type { Ways } from './ways.js';

/** No build of Tutti is older: a clock before it has lost the time. */
const BUILT_MS = Date.UTC(2026, 0, 1);
const MEBIBYTE = 1024 * 1024;

export interface ClockProbes {
  wallMs(): number;
  exists(this: void, path: string): Promise<boolean>;
  readonly run: RunProgram;
}

/** A clock that is wrong breaks sign-in, certificates and the times of what was played. */
export async function checkClock(probes: ClockProbes, signal?: AbortSignal): Promise<Finding> {
  const now = probes.wallMs();
  const day = new Date(now).toISOString().slice(0, 10);
  if (await inContainer(probes)) {
    const found = `${day}; in a container the clock is that of its host`;
    return now < BUILT_MS
      ? problem(`${found}, and it has passed`, 'sudo timedatectl set-ntp true   on the host')
      : ok(found);
  }
  if (now < BUILT_MS) return problem(`it says ${day}, which has passed`, 'sudo timedatectl set-ntp true');
  const rtc = (await probes.exists('/sys/class/rtc/rtc0')) ? '' : '; no clock runs on while it is off';
  switch (await synchronised(probes, signal)) {
    case true:
      return ok(`${day}, synchronised${rtc}`);
    case false:
      return warning(`${day}, not synchronised${rtc}`, 'sudo timedatectl set-ntp true');
    case undefined:
      return warning(
        `${day}, and nothing here synchronises it${rtc}`,
        'sudo apt-get install -y systemd-timesyncd && sudo timedatectl set-ntp true',
      );
  }
}

/** A container keeps no time of its own, and may not set any. */
async function inContainer({ exists }: ClockProbes): Promise<boolean> {
  const signs = ['/.dockerenv', '/run/.containerenv', '/run/systemd/container'];
  return (await Promise.all(signs.map((path) => exists(path)))).includes(true);
}

/** Undefined: nothing here knows. */
async function synchronised(
  { run, exists }: ClockProbes,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  const said = await run('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], signal);
  const word = said?.code === 0 ? said.text.trim() : '';
  if (word === 'yes' || (await exists('/run/systemd/timesync/synchronized'))) return true;
  const chrony = await run('chronyc', ['-c', 'tracking'], signal);
  if (chrony?.code === 0) return !chrony.text.includes('Not synchronised');
  return word === 'no' ? false : undefined;
}

export interface DiskProbes {
  readonly mounts: () => Promise<string>;
  /** Bytes an unprivileged program may still use where the folder is, or will be. */
  freeBytes(path: string): Promise<number>;
  /** Median time of a small write that waits for the disk. */
  syncMs(path: string): Promise<number>;
}

const LITTLE_BYTES = 1024 * MEBIBYTE;
const NONE_BYTES = 100 * MEBIBYTE;
const SLOW_MS = 150;

export async function checkDisk(
  probes: DiskProbes,
  dataDir: string,
  ways: Pick<Ways, 'tutti'>,
): Promise<Finding> {
  const free = await probes.freeBytes(dataDir);
  const room = `${Math.round(free / MEBIBYTE)} MB free`;
  const mount = mountOf(await probes.mounts(), dataDir);
  // What apt and the journal keep lies on the disk of the system alone.
  const clean =
    mount === undefined || mount.at === '/' || mount.at === '/var'
      ? 'sudo apt-get clean && sudo journalctl --vacuum-size=50M'
      : `sudo du -xh --max-depth=3 ${quoted(mount.at)} | sort -h | tail -n 15   shows what is large there`;
  if (free < NONE_BYTES) return problem(`${room} for ${dataDir}`, clean);
  const ms = await probes.syncMs(dataDir);
  const figures = [
    { name: 'free', value: Math.round(free / MEBIBYTE), unit: 'MB' },
    { name: 'safe write (median of 5)', value: Math.round(ms * 10) / 10, unit: 'ms' },
  ];
  const speed = `a safe write takes ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (ms > SLOW_MS)
    return warning(
      `${room}, but ${speed}: edits of queues wait for it`,
      `${ways.tutti('backup')}   Then move to a quicker card (A2) or an SSD, and restore it there`,
      figures,
    );
  if (free < LITTLE_BYTES) return warning(`${room} for ${dataDir}; ${speed}`, clean, figures);
  return ok(`${room}, ${speed}`, figures);
}

const NEEDED_MB = 200;
const LEAST_MB = 80;

/** `meminfo` is /proc/meminfo. What the server itself has taken already is not asked for once more. */
export function checkMemory(meminfo: string, running: boolean): Finding {
  const megabytes = Math.round(Number(/^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) / 1024);
  const found = `${megabytes} MB available`;
  const figures = [{ name: 'available', value: megabytes, unit: 'MB' }];
  const most = 'ps -eo rss,pid,args --sort=-rss | head -6';
  if (!running && megabytes < LEAST_MB) return problem(`${found}; Tutti needs ${LEAST_MB}`, most, figures);
  if (megabytes < (running ? LEAST_MB : NEEDED_MB))
    return warning(`${found}, which is little`, most, figures);
  return ok(found, figures);
}
