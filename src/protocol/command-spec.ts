import * as z from 'zod';
import type { Access } from './access.js';
import { Outcome } from './room.js';

export interface CommandSpec {
  /** Fields of `data`; unknown fields are refused. [CM2] */
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  /** Who may send it: a row of the matrix in access.ts. Everybody is `admin` while `auth: open`. */
  readonly access: Access;
  /** REST twin under /api/v1; `{field}` is taken from the path, the rest from the body (or the query of a GET). */
  readonly http: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`;
  readonly summary: string;
  /** What it takes from the budget that all people share; absent = nothing. [RA3] */
  readonly cost?: number;
  /** Only the last of these about the same thing counts: the field that names the thing. [RA4] */
  readonly latest_by?: 'room_id' | 'player_id';
}

/** A reply that says no more than that it was done. */
export const Nothing = z.object({});
export const Outcomes = z.object({ outcomes: z.array(Outcome) });
