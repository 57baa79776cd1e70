import * as z from 'zod';
import { AppError, type Logger } from '../base/index.js';
import { Job } from '../protocol/index.js';
import type { Db } from '../storage/index.js';

/** What a kind needs to do its work again. */
export const Params = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
export type Params = z.infer<typeof Params>;

/** What the disk has refused waits here, the newest of it. */
const MOST_DUE = 500;
/** Rows read at the start: more than are ever kept. */
const MOST_ROWS = 1000;

/**
 * Jobs on disk. A write survives `kill -9`, not a power cut: what a job did counts, not what is told of it. So work goes on when the disk refuses,
 * and the rows come with the next write that it takes.
 */
export class JobRows {
  readonly #db: Db;
  readonly #log: Logger;
  #due: (() => void)[] = [];

  constructor(db: Db, log: Logger) {
    this.#db = db;
    this.#log = log;
  }

  /** The oldest first. Rows that another version wrote and this one cannot read are left alone. */
  all(): Job[] {
    const rows = this.#db
      .prepare('SELECT value FROM jobs ORDER BY serial DESC LIMIT ?')
      .all(MOST_ROWS)
      .reverse();
    return rows.flatMap((row) => {
      const job = Job.safeParse(JSON.parse(String(row['value'])));
      return job.success ? [job.data] : [];
    });
  }

  /** Jobs that a queue looks after: they go on in the next life of the server. */
  held(): Set<string> {
    const rows = this.#db.prepare('SELECT job_id FROM queued_work').all();
    return new Set(rows.map((row) => String(row['job_id'])));
  }

  add(job: Job, params: Params): void {
    const insert = this.#db.prepare('INSERT OR REPLACE INTO jobs (job_id, params, value) VALUES (?, ?, ?)');
    this.#write(() => insert.run(job.job_id, JSON.stringify(params), JSON.stringify(job)));
  }

  put(jobs: readonly Job[]): void {
    const update = this.#db.prepare('UPDATE jobs SET value = ? WHERE job_id = ?');
    this.#write(() => jobs.forEach((job) => update.run(JSON.stringify(job), job.job_id)));
  }

  params(jobId: string): Params {
    const row = this.#db.prepare('SELECT params FROM jobs WHERE job_id = ?').get(jobId);
    return row ? Params.parse(JSON.parse(String(row['params']))) : {};
  }

  forget(jobIds: readonly string[]): void {
    const remove = this.#db.prepare('DELETE FROM jobs WHERE job_id = ?');
    this.#write(() => jobIds.forEach((id) => remove.run(id)));
  }

  #write(work: () => void): void {
    const due = [...this.#due, work];
    try {
      this.#db.transaction(() => due.forEach((each) => each()), 'normal');
      this.#due = [];
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'ERR_DISK') throw error;
      if (this.#due.length === 0) this.#log.warn({ error: error.message }, 'jobs could not be written down');
      this.#due = due.slice(-MOST_DUE);
    }
  }
}
