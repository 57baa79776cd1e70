import * as z from 'zod';
import { LEARNT_OUTPUTS, LearntOutput } from './learnt.js';

/** What outlives mpv: how loud it was, and where. And what an adopted mpv cannot be asked: the refs of entries that have not begun. */
const Memory = z.object({
  pid: z.int(),
  entries: z.array(z.tuple([z.int(), z.string().max(512), z.boolean()])).max(8),
  volume: z.number().min(0).max(100).optional(),
  muted: z.boolean().optional(),
  output: z.string().min(1).max(256).optional(),
  /** The socket of its card, where there are several of one make. */
  seat: z.string().max(100).optional(),
  /** The configured output when `output` was chosen: a new configuration wins over an old choice. */
  configured: z.string().optional(),
  /** Since when the output is not plugged in, wall clock ms. */
  missing_since: z.number().optional(),
  /** What outputs taught about their clocks. */
  learnt: z.array(LearntOutput).max(LEARNT_OUTPUTS).optional(),
});
export type Memory = z.infer<typeof Memory>;

export const MEMORY_ENTRIES = 3;

export function readMemory(value: unknown): Memory | undefined {
  const parsed = Memory.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** How loud it was when its output was pulled out; undefined when that is not why it was away. */
export function beforePulledOut(
  memory: Memory | undefined,
): { readonly volume: number; readonly muted: boolean } | undefined {
  if (memory?.missing_since === undefined || memory.volume === undefined) return undefined;
  return { volume: memory.volume, muted: memory.muted === true };
}
