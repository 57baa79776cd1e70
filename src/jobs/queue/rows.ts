import * as z from 'zod';
import type { Db, Row } from '../../storage/index.js';

/** Where queued work is. `sent`: somebody has a ticket for it. `ended`: its outcome is known and not settled yet. */
export const WORK_STATES = ['waiting', 'paused', 'sent', 'ended'] as const;
export type WorkState = (typeof WORK_STATES)[number];

/** One job of the queue on disk. */
export interface WorkRow {
  readonly job_id: string;
  readonly serial: number;
  readonly kind: string;
  readonly title: string;
  readonly params: unknown;
  readonly priority: number;
  readonly state: WorkState;
  /** Attempts that have failed. */
  readonly attempt: number;
  /** Tickets that were sent. */
  readonly dispatch: number;
  /** Whether the last of them may not have ended. */
  readonly is_out: boolean;
  /** Tickets whose holder died. */
  readonly lost: number;
  /** Wall clock when `not_before_ms` was set: how long it is to wait, should the clock be turned back. */
  readonly set_at_ms: number;
  readonly not_before_ms: number;
  readonly outcome?: StoredOutcome | undefined;
}

export const StoredOutcome = z.union([
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({
      message: z.string(),
      retryable: z.boolean(),
      cancelled: z.literal(true).exactOptional(),
    }),
  }),
]);
export type StoredOutcome = z.infer<typeof StoredOutcome>;

const State = z.enum(WORK_STATES);

/** The queue on disk. A new job survives a power cut; what happens to it then survives `kill -9`, and is found out again otherwise. */
export class WorkRows {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
  }

  /** The oldest first. */
  all(): WorkRow[] {
    return this.#db.prepare('SELECT * FROM queued_work ORDER BY serial').all().flatMap(readRow);
  }

  has(jobId: string): boolean {
    return this.#db.prepare('SELECT 1 FROM queued_work WHERE job_id = ?').get(jobId) !== undefined;
  }

  add(row: Omit<WorkRow, 'serial' | 'is_out' | 'outcome'>): WorkRow {
    const insert = this.#db.prepare(
      'INSERT INTO queued_work (job_id, kind, title, params, priority, state, attempt, dispatch, is_out, lost, set_at_ms, not_before_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?)',
    );
    const { job_id, kind, title, params, priority, state, attempt, dispatch, lost } = row;
    const { lastId } = insert.run(
      job_id,
      kind,
      title,
      JSON.stringify(params ?? null),
      priority,
      state,
      attempt,
      dispatch,
      lost,
      row.set_at_ms,
      row.not_before_ms,
    );
    return { ...row, serial: lastId, is_out: false };
  }

  put(row: WorkRow): void {
    const update = this.#db.prepare(
      'UPDATE queued_work SET state = ?, attempt = ?, dispatch = ?, is_out = ?, lost = ?, set_at_ms = ?, not_before_ms = ?, outcome = ? WHERE job_id = ?',
    );
    const outcome = row.outcome === undefined ? null : JSON.stringify(row.outcome);
    const { state, attempt, dispatch, lost, set_at_ms, not_before_ms, job_id } = row;
    this.#db.transaction(
      () =>
        update.run(
          state,
          attempt,
          dispatch,
          Number(row.is_out),
          lost,
          set_at_ms,
          not_before_ms,
          outcome,
          job_id,
        ),
      'normal',
    );
  }

  remove(jobId: string): void {
    this.#db.transaction(
      () => this.#db.prepare('DELETE FROM queued_work WHERE job_id = ?').run(jobId),
      'normal',
    );
  }
}

/** Nothing for a row that another version wrote and this one cannot read: it is left alone. */
function readRow(row: Row): WorkRow[] {
  const state = State.safeParse(row['state']);
  const stored = row['outcome'];
  const outcome =
    typeof stored === 'string'
      ? StoredOutcome.safeParse(JSON.parse(stored))
      : { success: true, data: undefined };
  if (!state.success || !outcome.success) return [];
  const number = (name: string): number => Number(row[name]);
  const params = z.unknown().parse(JSON.parse(String(row['params'])));
  return [
    {
      job_id: String(row['job_id']),
      serial: number('serial'),
      kind: String(row['kind']),
      title: String(row['title']),
      params,
      priority: number('priority'),
      state: state.data,
      attempt: number('attempt'),
      dispatch: number('dispatch'),
      is_out: row['is_out'] === 1,
      lost: number('lost'),
      set_at_ms: number('set_at_ms'),
      not_before_ms: number('not_before_ms'),
      ...(outcome.data !== undefined && { outcome: outcome.data }),
    },
  ];
}
