import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { DiskWatch, isLocked, mountOptions, type DiskState } from './disk-watch.js';

const MB = 1024 * 1024;
const refusal = (code: string): Error => Object.assign(new Error(code), { code });

/** A disk that is what a test says. */
class Disk {
  bytes = 1000 * MB;
  files = 100_000;
  locked = false;
  identity: string | undefined = '1 2';
  refuses: Error | undefined;
  writes = 0;
  readonly clock = new ManualClock();
  readonly told: DiskState[] = [];
  readonly watch: DiskWatch;

  constructor() {
    this.watch = new DiskWatch({
      folder: '/x',
      clock: this.clock,
      log: silentLogger,
      probe: {
        free: () => ({ bytes: this.bytes, files: this.files }),
        readOnly: () => this.locked,
        identity: () => this.identity,
        write: () => {
          this.writes++;
          if (this.refuses) throw this.refuses;
        },
      },
    });
    this.watch.onChange((state) => void this.told.push(state));
    this.watch.start();
  }

  look(): Promise<void> {
    return this.clock.advance(15_000);
  }
}

describe('[BK4] the watch over a disk', () => {
  it('writes nothing while all is fine', async () => {
    const disk = new Disk();
    await disk.clock.advance(3_600_000);
    expect([disk.writes, disk.told, disk.watch.fault()]).toEqual([0, [], undefined]);
  });

  it('sees that it is full before the last bytes are gone, and that there is room again only when there is enough', async () => {
    const disk = new Disk();
    disk.bytes = 3 * MB;
    await disk.look();
    expect(disk.watch.fault()?.code).toBe('ERR_DISK');
    disk.bytes = 6 * MB;
    await disk.look();
    expect(disk.told).toEqual(['full']);
    disk.bytes = 20 * MB;
    await disk.look();
    expect([disk.told, disk.writes]).toEqual([['full', 'fine'], 1]);
  });

  it('believes a write that was refused more than what the disk says of itself', async () => {
    const disk = new Disk();
    for (const [code, state] of [
      ['ENOSPC', 'full'],
      ['EFBIG', 'full'],
      ['EROFS', 'read-only'],
      ['EIO', 'faulty'],
    ] as const) {
      disk.refuses = refusal(code);
      disk.watch.look(true);
      expect(disk.watch.state).toBe(state);
      await disk.look();
      expect(disk.watch.state).toBe(state);
      disk.refuses = undefined;
      await disk.look();
      expect(disk.watch.state).toBe('fine');
    }
  });

  it('sees a disk without room for another file, and one that was locked', async () => {
    const disk = new Disk();
    disk.files = 3;
    await disk.look();
    expect(disk.watch.state).toBe('full');
    disk.files = 1000;
    disk.locked = true;
    await disk.look();
    expect(disk.watch.state).toBe('read-only');
  });
});

describe('the mount of a folder', () => {
  const TABLE = `22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/root rw
36 22 0:30 / /var/lib ro,nosuid - tmpfs none rw
37 22 0:31 / /var/lib/my\\040house rw - ext4 /dev/sda ro,errors=remount-ro`;

  it('is the nearest one, with the options of its file system', () => {
    expect(mountOptions(TABLE, '/home/pi')).toContain('noatime');
    expect(mountOptions(TABLE, '/var/lib/tutti')).toEqual(['ro', 'nosuid', 'rw']);
    expect(mountOptions(TABLE, '/var/lib/my house/state')).toContain('ro');
    expect(mountOptions(TABLE, '/var/library')).not.toContain('ro');
    expect(mountOptions('', '/')).toEqual([]);
  });

  it('are those of a disk that takes nothing, also where its file system locked itself after a fault', () => {
    expect(isLocked(TABLE, '/var/lib/tutti')).toBe(true);
    expect(isLocked(TABLE, '/var/library')).toBe(false);
    const line = '38 25 7:6 / /data rw,noatime - ext4 /dev/mmcblk0p3 rw,errors=remount-ro,emergency_ro\n';
    expect(isLocked(line, '/data/state')).toBe(true);
  });
});

it('takes nothing while a file that is open has lost its name, and until so much is free as was demanded', async () => {
  const disk = new Disk();
  disk.watch.holds('/x/tutti.db');
  disk.identity = undefined;
  await disk.look();
  disk.identity = '1 3';
  await disk.look();
  disk.identity = '1 2';
  await disk.look();
  disk.watch.demand(2000 * MB);
  expect(disk.watch.fault()?.code).toBe('ERR_DISK');
  disk.bytes = 2001 * MB;
  await disk.look();
  expect(disk.told).toEqual(['gone', 'fine', 'full', 'fine']);
});
