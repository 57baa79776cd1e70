import * as z from 'zod';
import { Backup } from './backup.js';
import { Nothing, type CommandSpec } from './command-spec.js';
import { Id } from './common.js';

const backup = { backup_id: Id };

export const backupCommands = {
  'backup:list': {
    request: z.strictObject({}),
    reply: z.object({
      /** The newest first. */
      backups: z.array(Backup),
      /** Room that is left where they are. */
      free_bytes: z.int(),
    }),
    access: 'manage',
    http: 'GET /backups',
    summary: 'Backups of what this house remembers',
  },
  'backup:create': {
    cost: 10,
    request: z.strictObject({}),
    reply: z.object({ job_id: Id }),
    access: 'manage',
    http: 'POST /backups',
    summary: 'Make a backup now',
  },
  'backup:take': {
    cost: 10,
    request: z.strictObject({}),
    reply: z.object(backup),
    access: 'manage',
    http: 'POST /backups/incoming/take',
    summary: 'Check the file that was uploaded, and keep it among the backups',
  },
  'backup:restore': {
    cost: 10,
    request: z.strictObject(backup),
    reply: Nothing,
    access: 'manage',
    http: 'POST /backups/{backup_id}/restore',
    summary: 'Check a backup, then start the server anew with it; what it replaces is kept aside',
  },
  'backup:remove': {
    request: z.strictObject(backup),
    reply: Nothing,
    access: 'manage',
    http: 'DELETE /backups/{backup_id}',
    summary: 'Remove a backup for good',
  },
} as const satisfies Record<string, CommandSpec>;
