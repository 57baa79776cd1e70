import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toError, underFirst, type Clock, type Logger } from '../base/index.js';
import type { JobRun, Jobs } from '../jobs/index.js';
import type { Backup, BackupKind, Handlers } from '../protocol/index.js';
import { manifestOf, written } from './archive.js';
import { asideName } from './aside.js';
import { openCrew, type Crew } from './crew.js';
import {
  backupsIn,
  fileOf,
  freeIn,
  listFiles,
  makeFolder,
  nextBackup,
  outdated,
  removeFiles,
  sizeWords,
  type BackupFile,
} from './folder.js';
import { DATABASE } from './make.js';
import { doubtfulIn, isUnread } from './mend.js';
import { unplacedIn } from './place-settings.js';
import { armRestore, stagedSettings } from './restore.js';
import { describedIn } from './same.js';

export interface BackupsParts {
  readonly dataDir: string;
  /** Of this Tutti. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jobs: Jobs;
  /** Free space that backups leave. */
  readonly reserveBytes: number;
  /** The settings file in use; undefined where there is none. */
  readonly settingsFile: string | undefined;
  /** Why another settings file must not take its place; undefined: it may. */
  whyNot(this: void, file: string): string | undefined;
  /** Ends this life of the server and begins another. */
  restart(this: void, reason: string): void;
}

interface Outcome {
  readonly message: string;
  /** There was nothing to do. */
  readonly nothing?: boolean;
}

/** What a schedule does; see ScheduledWork. */
interface Scheduled {
  readonly schedule_id: string;
  readonly title: string;
  readonly cron: string;
  run(this: void, signal: AbortSignal, job: JobRun): Promise<Outcome>;
}

/** A piece of a backup that comes in. */
export interface BackupPiece {
  readonly offset: number;
  readonly bytes: AsyncIterable<Uint8Array>;
}

const INCOMING = 'incoming';
/** More than any house remembers. */
const MOST_BYTES = 4 * 1024 ** 3;
const KIND = 'backup';

/** The backups of a running server: made by the clock and by hand, kept in number, given out, taken in and restored. [BK1] */
export class Backups {
  readonly handlers: Handlers<`backup:${'list' | 'create' | 'take' | 'restore' | 'remove'}`>;
  readonly #parts: BackupsParts;
  readonly #folder: string;
  readonly #crew: Crew;
  readonly #closing = new AbortController();
  #taking = false;
  #restoring = false;

  constructor(parts: BackupsParts) {
    this.#parts = parts;
    this.#folder = backupsIn(parts.dataDir);
    this.#crew = openCrew(parts.log);
    this.handlers = {
      'backup:list': () => this.#list(),
      'backup:create': () => ({ job_id: this.#open('manual') }),
      'backup:take': () => this.#take(),
      'backup:restore': async ({ backup_id }) => {
        await this.#alone(await fileOf(this.#folder, backup_id));
        return {};
      },
      'backup:remove': async ({ backup_id }) => {
        await removeFiles(this.#folder, [await fileOf(this.#folder, backup_id)]);
        return {};
      },
    };
    parts.jobs.onRetry(KIND, () => this.#open('manual'));
  }

  /** What comes by the clock: a backup each night, and all of the database read each week. */
  get schedules(): Scheduled[] {
    return [
      {
        schedule_id: KIND,
        title: 'Back up what this house remembers',
        cron: '37 2 * * *',
        run: (signal, job) => this.#make('scheduled', signal, job),
      },
      {
        schedule_id: 'database-check',
        title: 'Read the whole database',
        cron: '7 2 * * 0',
        run: (signal, job) => this.#check(signal, job),
      },
    ];
  }

  /** Reads a database that was too long to be read at the start. One that is damaged has the server begin anew, which mends it. */
  async start(): Promise<void> {
    const { dataDir, log } = this.#parts;
    if (!(await isUnread(dataDir))) return;
    try {
      await this.#read(false);
    } catch (error) {
      if (!this.#closing.signal.aborted)
        log.warn({ error: toError(error).message }, 'the database was not read whole');
    }
  }

  /** The file of a backup, for who may have it. Throws ERR_NOT_FOUND. */
  async file(
    backupId: string,
  ): Promise<{ readonly path: string; readonly mime: string; readonly etag: string }> {
    const { file, backup_id, size_bytes } = await fileOf(this.#folder, backupId);
    return { path: file, mime: 'application/gzip', etag: `${backup_id}-${size_bytes}` };
  }

  /** Takes a piece of a backup from elsewhere to disk; gives how much of it is there. The first begins anew. Throws ERR_CONFLICT for a gap. */
  async upload({ offset, bytes }: BackupPiece): Promise<number> {
    if (this.#taking) throw new AppError('ERR_BUSY', 'Another backup is coming in', { retryable: true });
    this.#taking = true;
    try {
      return await this.#append(offset, bytes);
    } finally {
      this.#taking = false;
    }
  }

  close(): void {
    this.#closing.abort();
    this.#crew.close();
  }

  async #list(): Promise<{ backups: Backup[]; free_bytes: number }> {
    const backups = await describedIn(this.#folder);
    // It may be a link to another disk; before the first backup there is none.
    const free = await freeIn(this.#folder).catch(() => freeIn(this.#parts.dataDir));
    const free_bytes = Math.max(0, free - this.#parts.reserveBytes);
    return { backups, free_bytes };
  }

  #open(kind: BackupKind): string {
    const { jobs } = this.#parts;
    return jobs.run({ kind: KIND, title: 'Backup' }, (job) => this.#make(kind, job.signal, job)).job_id;
  }

  async #make(kind: BackupKind | 'scheduled', signal: AbortSignal, job: JobRun): Promise<Outcome> {
    const { dataDir, version, clock, reserveBytes, settingsFile } = this.#parts;
    const next = await nextBackup(this.#folder, kind, clock.wallMs());
    const made = await underFirst([signal, this.#closing.signal], (stop) =>
      this.#crew.do(
        {
          do: 'make',
          ...next,
          dataDir,
          version,
          reserveBytes,
          settingsFile,
          unlessSame: kind === 'scheduled',
        },
        (percent, stage) => job.progress({ current: percent, total: 100, stage }),
        stop,
      ),
    );
    if (made.same_of !== undefined) {
      const message = `Nothing has changed since the backup of ${minutes(made.same_of)}, which was read back and is in order`;
      return { nothing: true, message };
    }
    const old = outdated(await listFiles(this.#folder));
    await removeFiles(this.#folder, old);
    const gone = old.length === 0 ? '' : `, ${old.length} old removed`;
    const without = made.without === undefined ? '' : `, ${made.without}`;
    return { message: `${sizeWords(made.size_bytes ?? 0)}, read back and in order${without}${gone}` };
  }

  async #check(signal: AbortSignal, job: JobRun): Promise<{ message: string }> {
    await underFirst([signal, this.#closing.signal], (stop) => this.#read(true, stop));
    const files = await listFiles(this.#folder);
    for (const [index, { file, made_at }] of files.slice(-3).entries()) {
      job.progress({ current: index, total: 3, stage: 'verify' });
      await this.#crew.do({ do: 'verify', file }, undefined, signal).catch((error: unknown) => {
        throw new AppError(
          'ERR_CONFLICT',
          `The backup of ${made_at.slice(0, 10)}: ${toError(error).message}`,
        );
      });
    }
    return { message: 'The database and its newest backups are in order' };
  }

  /** Reads the live database; when it is damaged the next start mends it, and comes at once. */
  async #read(deep: boolean, signal = this.#closing.signal): Promise<void> {
    const { dataDir, log, restart } = this.#parts;
    const { faults } = await this.#crew.do(
      { do: 'read', file: join(dataDir, DATABASE), deep },
      undefined,
      signal,
    );
    if (faults === undefined) return;
    log.error({ faults }, 'the database is damaged');
    await writeFile(doubtfulIn(dataDir), faults, { mode: 0o600 });
    restart('The database is damaged');
    throw new AppError('ERR_CONFLICT', `The database is damaged: ${faults}`);
  }

  /** One after another would undo what the first has been promised. */
  async #alone(file: BackupFile): Promise<void> {
    if (this.#restoring) throw new AppError('ERR_BUSY', 'A backup is being restored already');
    this.#restoring = true;
    try {
      await this.#restore(file);
    } catch (error) {
      this.#restoring = false;
      throw error;
    }
  }

  async #restore({ file, backup_id }: BackupFile): Promise<void> {
    const { dataDir, clock, log, restart, settingsFile, whyNot } = this.#parts;
    const aside = asideName(clock.wallMs(), 'restored');
    const task = { do: 'stage', dataDir, file, aside, held: true } as const;
    await this.#crew.do(task, undefined, this.#closing.signal);
    const staged = stagedSettings(dataDir);
    const why = staged === undefined ? undefined : whyNot(staged);
    const to = why === undefined ? settingsFile : unplacedIn(dataDir);
    await armRestore({ dataDir, aside, ...(to !== undefined && { settingsTo: to }) });
    log.warn({ backup_id, aside, why }, 'a backup is restored');
    restart('A backup is restored');
  }

  async #append(offset: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    await makeFolder(this.#folder);
    const path = join(this.#folder, INCOMING);
    const there = offset === 0 ? 0 : ((await stat(path).catch(() => undefined))?.size ?? 0);
    if (there !== offset)
      throw new AppError('ERR_CONFLICT', 'This is not the next piece', { params: { offset: there } });
    if (offset > MOST_BYTES) throw new AppError('ERR_TOO_LARGE', 'No backup is as long as this');
    if ((await freeIn(this.#folder)) < this.#parts.reserveBytes)
      throw new AppError('ERR_SPACE', 'The disk has not enough room');
    const out = createWriteStream(path, { flags: offset === 0 ? 'w' : 'a', mode: 0o600 });
    try {
      for await (const chunk of bytes)
        await written(out, Uint8Array.from(chunk)).catch((error: unknown) => {
          throw diskFault(error);
        });
    } finally {
      await new Promise<void>((resolve) => out.close(() => resolve()));
    }
    return (await stat(path)).size;
  }

  /** Checks what came in, and gives it a name. */
  async #take(): Promise<{ backup_id: string }> {
    const path = join(this.#folder, INCOMING);
    const handle = await open(path, 'r+').catch(() => undefined);
    if (!handle) throw new AppError('ERR_NOT_FOUND', 'No file has been uploaded');
    await handle.sync();
    await handle.close();
    try {
      await this.#crew.do({ do: 'verify', file: path }, undefined, this.#closing.signal);
      const madeMs = Date.parse((await manifestOf(path)).made_at);
      const known =
        Number.isFinite(madeMs) && madeMs > 0 && madeMs < 4e12 ? madeMs : this.#parts.clock.wallMs();
      const next = await nextBackup(this.#folder, 'uploaded', known);
      await rename(path, next.file);
      return { backup_id: next.backup_id };
    } finally {
      await rm(path, { force: true });
    }
  }
}

/** `2026-11-20 02:37 UTC` */
const minutes = (iso: string): string => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

const diskFault = (cause: unknown): AppError =>
  new AppError('ERR_DISK', 'The disk is full or cannot be written', { cause });
