import * as z from 'zod';
import { Id } from './common.js';

/** `daily` and `weekly` come by the clock and go when newer ones have come; the others stay until somebody removes them. [BK1] */
export const BACKUP_KINDS = ['daily', 'weekly', 'manual', 'migration', 'uploaded'] as const;
export const BackupKind = z.enum(BACKUP_KINDS);
export type BackupKind = z.infer<typeof BackupKind>;

/** Everything that this house remembers, in one file: rooms, queues, playlists, people, settings; neither music nor pictures. [BK1] */
export const Backup = z.object({
  /** Also the name of its file, without `.tar.gz`. */
  backup_id: Id,
  kind: BackupKind,
  made_at: z.string(),
  size_bytes: z.int(),
  /** Of the Tutti that made it. */
  version: z.string().optional(),
  /** Read back whole at that time, when nothing that a new one would keep had changed: so none was made. [BK1] */
  confirmed_at: z.string().optional(),
  /** Why it cannot be restored, for people; absent = it can. */
  problem: z.string().optional(),
});
export type Backup = z.infer<typeof Backup>;
