import { AppError } from '../../src/base/index.js';
import type { Backup } from '../../src/protocol/index.js';
import type { FakeHandlers } from './fake-commands.js';
import type { FakeJobs } from './fake-jobs.js';

export const aBackup = (more: Partial<Backup> = {}): Backup => ({
  backup_id: 'tutti-20261119T0237Z-000007-daily',
  kind: 'daily',
  made_at: '2026-11-19T02:37:00.000Z',
  size_bytes: 1_840_000,
  version: '0.1.0',
  ...more,
});

/** Backups of a made-up house: they are lines in a list, and one that is made is there when a test says so. */
export class FakeBackups {
  backups: readonly Backup[] = [];
  /** What came in, all of it. */
  incoming = Buffer.alloc(0);
  readonly restored: string[] = [];
  readonly handlers: FakeHandlers;

  constructor(jobs: FakeJobs) {
    const demand = (id: string): void => {
      if (!this.backups.some(({ backup_id }) => backup_id === id))
        throw new AppError('ERR_NOT_FOUND', 'No backup has this id');
    };
    this.handlers = {
      'backup:list': () => ({ backups: [...this.backups], free_bytes: 12_500_000_000 }),
      'backup:create': () => ({ job_id: jobs.begin('backup', 'Backup') }),
      'backup:take': () => {
        if (this.incoming.length < 10)
          throw new AppError('ERR_INVALID', 'This is no backup of Tutti, or it is damaged');
        const backup_id = 'tutti-20261120T1200Z-000009-uploaded';
        this.backups = [aBackup({ backup_id, kind: 'uploaded' }), ...this.backups];
        return { backup_id };
      },
      'backup:restore': ({ backup_id }) => {
        demand(backup_id);
        this.restored.push(backup_id);
        return {};
      },
      'backup:remove': ({ backup_id }) => {
        demand(backup_id);
        this.backups = this.backups.filter((one) => one.backup_id !== backup_id);
        return {};
      },
    };
  }

  receive(offset: number, bytes: Buffer): void {
    this.incoming = Buffer.concat([this.incoming.subarray(0, offset), bytes]);
  }
}
