import type { Figure } from '../protocol/index.js';
import { isLockedBy } from '../storage/index.js';
import type { Files } from './cards.js';
import { notice, ok, problem, unmeasured, warning, type Finding } from './finding.js';
import type { Ways } from './ways.js';

/** A mounted file system. */
export interface Mount {
  readonly from: string;
  readonly at: string;
  readonly kind: string;
  readonly readonly: boolean;
}

/** The mount a path lies on, in what /proc/mounts says. */
export function mountOf(mounts: string, path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const line of mounts.split('\n')) {
    const [from = '', at = '', kind = '', options = ''] = line.split(' ').map(unescaped);
    const around = at === '/' || path === at || path.startsWith(`${at}/`);
    if (at === '' || !around || (best && best.at.length > at.length)) continue;
    best = { from, at, kind, readonly: isLockedBy(options.split(',')) };
  }
  return best;
}

const unescaped = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 8)));

const SECTOR = 512;
const GIGABYTE = 1e9;
/** A card of 32 GB that is written to more than this each day is worn out within a few years. */
const MUCH_GB_A_DAY = 10;
const KNOWN_AFTER_HOURS = 1;

/** Whether the state can be written at all, and what is known of the card's life. */
export async function checkCard(
  { read, list }: Files,
  dataDir: string,
  ways: Pick<Ways, 'tutti'>,
): Promise<Finding> {
  const mount = mountOf((await read('/proc/mounts')) ?? '', dataDir);
  if (!mount) return unmeasured('the kernel does not tell what is mounted');
  if (mount.readonly)
    return problem(
      `${mount.at} is mounted read-only: music plays, but nothing is kept`,
      `sudo mount -o remount,rw ${mount.at}   and if that fails: sudo dmesg | grep -iE 'mmc|ext4|I/O error'`,
    );
  const disk = diskOf(mount.from);
  if (disk === undefined) return ok(`${mount.at} (${mount.kind}) can be written to`);
  const backup = ways.tutti('backup');
  const figures: Figure[] = [];
  const faults = await firstFaults({ read, list }, mount.from);
  if (faults > 0) {
    figures.push({ name: 'faults of the file system', value: faults });
    return warning(
      `${mount.from} has had ${faults} faults: the card may be dying`,
      `${backup}   then: sudo touch /forcefsck && sudo reboot   and get a new card`,
      figures,
    );
  }
  const life = /^0x0*([0-9a-f]+) 0x0*([0-9a-f]+)/i.exec(
    (await read(`/sys/block/${disk}/device/life_time`)) ?? '',
  );
  const used = life ? Math.max(Number.parseInt(life[1]!, 16), Number.parseInt(life[2]!, 16)) * 10 : undefined;
  if (used !== undefined) figures.push({ name: 'life used, at most', value: used, unit: '%' });
  const rate = await gigabytesADay({ read }, disk);
  if (rate !== undefined)
    figures.push({ name: 'written by everybody', value: Math.round(rate * 10) / 10, unit: 'GB/day' });
  const card = disk.startsWith('mmcblk');
  if (used !== undefined && used >= 90)
    return warning(`${disk} has used up ${used} % of its life`, `${backup}   and get a new card`, figures);
  if (card && rate !== undefined && rate > MUCH_GB_A_DAY)
    return warning(
      `${Math.round(rate)} GB a day are written to the card, by all programs together`,
      'sudo apt-get install -y iotop && sudo iotop -aoP   shows who writes',
      figures,
    );
  if (card && used === undefined)
    return notice('an SD card, which tells nothing of its wear: keep backups elsewhere', backup, figures);
  return ok(`${mount.at} (${mount.kind} on ${disk}) can be written to`, figures);
}

/** `/dev/mmcblk0p2` -> `mmcblk0`, `/dev/sda1` -> `sda`. */
export function diskOf(from: string): string | undefined {
  return /^\/dev\/(mmcblk\d+|nvme\d+n\d+|(?:sd|vd)[a-z]+)/.exec(from)?.[1];
}

async function firstFaults({ read }: Files, from: string): Promise<number> {
  const name = from.replace('/dev/', '');
  const count = Number((await read(`/sys/fs/ext4/${name}/errors_count`)) ?? 0);
  return Number.isFinite(count) ? count : 0;
}

/** By everybody since the machine was started; undefined in its first hour. */
async function gigabytesADay({ read }: Pick<Files, 'read'>, disk: string): Promise<number | undefined> {
  const sectors = Number(((await read(`/sys/block/${disk}/stat`)) ?? '').trim().split(/\s+/)[6]);
  const hours = Number(((await read('/proc/uptime')) ?? '').split(' ')[0]) / 3600;
  if (!Number.isFinite(sectors) || !(hours >= KNOWN_AFTER_HOURS)) return undefined;
  return ((sectors * SECTOR) / GIGABYTE / hours) * 24;
}

/** Whether the kernel lets every folder of music be watched. */
export async function checkWatches(
  { read }: Pick<Files, 'read'>,
  folders: (signal: AbortSignal) => Promise<{ readonly count: number; readonly all: boolean } | undefined>,
  wanted: boolean,
  signal: AbortSignal,
): Promise<Finding> {
  if (!wanted) return ok('the music folder is not watched');
  const most = Number((await read('/proc/sys/fs/inotify/max_user_watches')) ?? Number.NaN);
  if (!Number.isFinite(most)) return unmeasured('the kernel does not tell how much may be watched');
  const found = await folders(signal);
  if (!found) return ok('there is no music folder', [{ name: 'folders that may be watched', value: most }]);
  const { count, all } = found;
  const figures = [
    { name: all ? 'folders of music' : 'folders of music, at least', value: count },
    { name: 'folders that may be watched', value: most },
  ];
  if (count * 1.2 > most)
    return warning(
      'there are more folders than may be watched: changes in some are seen only by the next scan',
      `echo fs.inotify.max_user_watches=${Math.max(524_288, count * 4)} | sudo tee /etc/sysctl.d/60-tutti.conf && sudo sysctl --system`,
      figures,
    );
  return ok('all folders can be watched', figures);
}
