import * as z from 'zod';
import { AppError, toError } from '../base/index.js';
import { BackupKind, ERROR_CODES } from '../protocol/index.js';
import { openDb } from '../storage/index.js';
import { verify } from './archive.js';
import { faultsOf, makeBackup } from './make.js';
import { stageRestore } from './restore.js';

/** Heavy work on whole databases, which a server has done by a process of its own: it would stand still meanwhile. */
export const BackupTask = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('make'),
    backup_id: z.string(),
    file: z.string(),
    kind: BackupKind,
    made_at: z.string(),
    dataDir: z.string(),
    version: z.string(),
    reserveBytes: z.number(),
    unlessSame: z.boolean().optional(),
    settingsFile: z.string().optional(),
  }),
  z.object({ do: z.literal('verify'), file: z.string() }),
  z.object({
    do: z.literal('stage'),
    dataDir: z.string(),
    file: z.string(),
    aside: z.string(),
    held: z.boolean().optional(),
  }),
  /** Reads a live database whole; `deep` also its indexes. */
  z.object({ do: z.literal('read'), file: z.string(), deep: z.boolean() }),
]);
export type BackupTask = z.infer<typeof BackupTask>;

export const BackupAnswer = z.discriminatedUnion('said', [
  z.object({ said: z.literal('progress'), percent: z.number(), stage: z.string() }),
  z.object({
    said: z.literal('done'),
    size_bytes: z.number().optional(),
    /** When the backup was made that is as good as a new one would be. */
    same_of: z.string().optional(),
    /** Why the settings file is not in a backup that was made. */
    without: z.string().optional(),
    /** What is wrong with a database that was read. */
    faults: z.string().optional(),
  }),
  z.object({ said: z.literal('failed'), code: z.enum(ERROR_CODES), message: z.string() }),
]);
export type BackupAnswer = z.infer<typeof BackupAnswer>;

export type TaskResult = Omit<Extract<BackupAnswer, { said: 'done' }>, 'said'>;
export type TaskTold = (percent: number, stage: string) => void;

/** Does a task in this process. */
export async function doHere(task: BackupTask, told: TaskTold): Promise<TaskResult> {
  switch (task.do) {
    case 'make': {
      const made = await makeBackup(task, (share, stage) => told(Math.round(share * 100), stage));
      const { size_bytes, same, without } = made;
      return {
        size_bytes,
        ...(same && { same_of: same.made_at }),
        ...(without !== undefined && { without }),
      };
    }
    case 'verify':
      await verify(task.file);
      return {};
    case 'stage':
      await stageRestore(task);
      return {};
    case 'read': {
      const db = openDb(task.file);
      try {
        const faults = faultsOf(db, task.deep ? 'integrity_check' : 'quick_check');
        return faults === undefined ? {} : { faults };
      } finally {
        db.close();
      }
    }
    default:
      return task satisfies never;
  }
}

/** What an error becomes on its way between processes. */
export function failed(thrown: unknown): BackupAnswer {
  const known = thrown instanceof AppError;
  const message = toError(thrown).message.slice(0, 1000);
  return { said: 'failed', code: known ? thrown.code : codeOf(thrown), message };
}

function codeOf(thrown: unknown): 'ERR_DISK' | 'ERR_INTERNAL' {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  return ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES', 'EPERM', 'EFBIG'].includes(code)
    ? 'ERR_DISK'
    : 'ERR_INTERNAL';
}
