import * as z from 'zod';
import { Id } from './common.js';

/** `notice`: worth knowing, or it could not be measured. `problem`: something does not work. [DR1] */
export const Severity = z.enum(['ok', 'notice', 'warning', 'problem']);
export type Severity = z.infer<typeof Severity>;

/** What a check looks after. */
export const CheckPart = z.enum(['network', 'audio', 'disk', 'permissions', 'time', 'versions', 'machine']);
export type CheckPart = z.infer<typeof CheckPart>;

/** One number, or a word where there is no number. */
export const Figure = z.object({
  name: z.string(),
  value: z.union([z.number(), z.string()]),
  /** `ms`, `MB`, `°C`; absent = a count or a word. */
  unit: z.string().optional(),
});
export type Figure = z.infer<typeof Figure>;

/** One thing the doctor looks at, and what was found. [DR1] */
export const Check = z.object({
  check_id: Id,
  title: z.string(),
  part: CheckPart,
  state: z.enum(['waiting', 'running', 'done']),
  severity: Severity,
  /** False: it could not be measured, and `found` says why. */
  measured: z.boolean(),
  /** For people. Empty until it is done. */
  found: z.string(),
  figures: z.array(Figure),
  /** What it is good for: why anybody should care. */
  why: z.string(),
  /** The command to type or the setting to change. Warnings and problems always have one. */
  fix: z.string().optional(),
  duration_ms: z.int().optional(),
  checked_at: z.string().optional(),
});
export type Check = z.infer<typeof Check>;

/** What is told while the doctor looks. */
export const DOCTOR_EVENTS = {
  'check:updated': { data: Check, state: true },
  'check:removed': { data: z.object({ check_id: Id }), state: true },
} as const;
