import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AppError, codeOf, toError, type Clock, type Logger, type Timer } from '../base/index.js';

/** What the disk of the data folder is good for. */
export type DiskState = 'fine' | 'full' | 'read-only' | 'faulty' | 'gone';

/** What is asked of a disk; injected where tests have none that is full. */
export interface DiskProbe {
  free(folder: string): { readonly bytes: number; readonly files: number };
  /** Whether it is mounted so that nothing can be written. */
  readOnly(folder: string): boolean;
  /** Writes something and takes it away again; throws what the disk says. */
  write(folder: string): void;
  /** Another for every file; undefined where there is none of this name. */
  identity(file: string): string | undefined;
}

export interface DiskWatchParts {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly probe?: DiskProbe;
}

const LOOK_MS = 5_000;
/** With less than this nothing is begun that has to be kept: what is left is for what goes on by itself. */
const LEAST_BYTES = 4 * 1024 * 1024;
/** It is fine again with so much. */
const ENOUGH_BYTES = 12 * 1024 * 1024;
const LEAST_FILES = 16;

/** Knows whether the disk takes what has to be kept, and sees it when that changes. Writes nothing while all is fine. */
export class DiskWatch {
  readonly #parts: DiskWatchParts;
  readonly #probe: DiskProbe;
  readonly #listeners = new Set<(state: DiskState) => void>();
  #state: DiskState = 'fine';
  /** What is needed of it, for whatever reason. */
  #demanded = 0;
  #held: { readonly file: string; readonly identity: string | undefined } | undefined;
  #timer: Timer | undefined;

  constructor(parts: DiskWatchParts) {
    this.#parts = parts;
    this.#probe = parts.probe ?? systemDisk;
    this.look();
  }

  get state(): DiskState {
    return this.#state;
  }

  /** What to say to who asks for something that cannot be kept; undefined while it can. */
  fault(): AppError | undefined {
    switch (this.#state) {
      case 'fine':
        return undefined;
      case 'full':
        return new AppError('ERR_DISK', 'The disk is full: make room first');
      case 'read-only':
        return new AppError('ERR_DISK', 'The disk can only be read: nothing can be kept now');
      case 'faulty':
        return new AppError('ERR_DISK', 'The disk reports errors: nothing can be kept now');
      case 'gone':
        return new AppError('ERR_DISK', 'The files of the server were removed: nothing can be kept now');
      default:
        return this.#state satisfies never;
    }
  }

  onChange(listener: (state: DiskState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Counts it as full until so much is free. */
  demand(bytes: number): void {
    this.#demanded = bytes;
    this.look();
  }

  /** This file is open, and what is written to it is kept only as long as it has its name. */
  holds(file: string): void {
    this.#held = { file, identity: this.#probe.identity(file) };
  }

  start(): void {
    this.#timer ??= this.#parts.clock.every(LOOK_MS, () => this.look());
  }

  close(): void {
    this.#timer?.cancel();
    this.#listeners.clear();
  }

  /** `refused`: the disk has just refused a write, so it is tried. */
  look(refused = false): void {
    const before = this.#state;
    this.#state = this.#judge(refused);
    if (this.#state === before) return;
    if (this.#state === 'fine') this.#parts.log.info({}, 'the disk takes what has to be kept again');
    else this.#parts.log.error({ state: this.#state }, 'the disk takes nothing that has to be kept');
    for (const listener of [...this.#listeners]) listener(this.#state);
  }

  #judge(refused: boolean): DiskState {
    const { folder } = this.#parts;
    try {
      if (this.#held && this.#probe.identity(this.#held.file) !== this.#held.identity) return 'gone';
      if (this.#probe.readOnly(folder)) return 'read-only';
      const { bytes, files } = this.#probe.free(folder);
      const least = Math.max(this.#demanded, this.#state === 'fine' ? LEAST_BYTES : ENOUGH_BYTES);
      if (bytes < least || files < LEAST_FILES) return 'full';
      if (refused || this.#state !== 'fine') this.#probe.write(folder);
      return 'fine';
    } catch (thrown) {
      const code = codeOf(thrown);
      this.#parts.log.debug({ error: toError(thrown).message }, 'the disk refused');
      if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) return 'full';
      return ['EROFS', 'EACCES', 'EPERM'].includes(code) ? 'read-only' : 'faulty';
    }
  }
}

const PROBE_FILE = '.room';
/** Mounted so, or what a file system with faults does to itself: Linux has called that by a name of its own since 6.14. */
const LOCKED: ReadonlySet<string> = new Set(['ro', 'emergency_ro']);

export const systemDisk: DiskProbe = {
  free(folder) {
    const { bavail, bsize, ffree, files } = statfsSync(folder);
    // File systems without a fixed number of files say 0 of 0.
    return { bytes: bavail * bsize, files: files === 0 ? Infinity : ffree };
  },
  readOnly: (folder) => isLocked(readFileSync('/proc/self/mountinfo', 'utf8'), folder),
  write(folder) {
    const path = join(folder, PROBE_FILE);
    const file = openSync(path, 'w', 0o600);
    try {
      writeSync(file, Buffer.alloc(4096));
      fsyncSync(file);
    } finally {
      closeSync(file);
      unlinkSync(path);
    }
  },
  identity(file) {
    const found = statSync(file, { throwIfNoEntry: false });
    return found && `${found.dev} ${found.ino}`;
  },
};

/** Whether nothing can be written below a folder. */
export function isLocked(mountinfo: string, folder: string): boolean {
  return isLockedBy(mountOptions(mountinfo, folder));
}

/** Whether nothing can be written where these are the options of a mount. */
export const isLockedBy = (options: readonly string[]): boolean =>
  options.some((option) => LOCKED.has(option));

/** Options of the mount that a folder is on, and of its file system; none when nobody knows. */
export function mountOptions(mountinfo: string, folder: string): string[] {
  let best = { length: -1, options: [] as string[] };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , mount = '', options = ''] = before.split(' ');
    const point = mount.replace(/\\(\d{3})/g, (_all, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const holds = folder === point || folder.startsWith(point.endsWith('/') ? point : `${point}/`);
    // The last of several on one point is the one that is seen.
    if (point === '' || !holds || point.length < best.length) continue;
    const [, , superOptions = ''] = after.split(' ');
    best = { length: point.length, options: [...options.split(','), ...superOptions.split(',')] };
  }
  return best.options;
}
