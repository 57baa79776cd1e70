import * as z from 'zod';
import { Spread } from './figures.js';

/** One line of the table. */
export const Row = z.object({
  measure: z.string(),
  unit: z.string(),
  ours: Spread,
  /** What was waited for did not happen; `ours` says nothing then. */
  never: z.literal(true).optional(),
  /** What the same machine did in the same run: a bare control, or another program. */
  peer: z.object({ name: z.string(), figure: Spread }).optional(),
  /** Ours to the peer's, when it is not simply that of the medians. */
  ratio: z.number().optional(),
  target: z.object({ text: z.string(), met: z.boolean() }).optional(),
});
export type Row = z.infer<typeof Row>;

export const CaseResult = z.object({
  key: z.string(),
  title: z.string(),
  date: z.string(),
  commit: z.string(),
  seconds: z.number(),
  rows: z.array(Row),
  notes: z.array(z.string()),
  failure: z.string().optional(),
});
export type CaseResult = z.infer<typeof CaseResult>;

export const Machine = z.object({
  cpu: z.string(),
  cores: z.int(),
  memory_gb: z.number(),
  system: z.string(),
  node: z.string(),
  mpd: z.string(),
  date: z.string(),
  commit: z.string(),
  /** Processes that wanted to run, on average over a minute, before the first case: what neighbours did. */
  load_before: z.number(),
});
export type Machine = z.infer<typeof Machine>;

export const Results = z.object({ machine: Machine, cases: z.array(CaseResult) });
export type Results = z.infer<typeof Results>;
