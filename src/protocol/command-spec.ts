import * as z from 'zod';
import { Outcome } from './room.js';

/** Who may send a command at the least. Everybody is `admin` while `auth: open`. */
export type Role = 'guest' | 'user' | 'admin';

export interface CommandSpec {
  /** Fields of `data`; unknown fields are refused. [CM2] */
  readonly request: z.ZodType;
  readonly reply: z.ZodType;
  readonly role: Role;
  /** REST twin under /api/v1; `{field}` is taken from the path, the rest from the body (or the query of a GET). */
  readonly http: `${'GET' | 'POST' | 'PUT' | 'DELETE'} /${string}`;
  readonly summary: string;
}

/** A reply that says no more than that it was done. */
export const Nothing = z.object({});
export const Outcomes = z.object({ outcomes: z.array(Outcome) });
