import * as z from 'zod';
import { randomId } from '../../src/base/index.js';

/** What survives a restart of the server. */
export const Memory = z.object({
  /** Beside everything we loaded: what carries it is ours. */
  mark: z.string().min(8).max(64),
  /** What played last. */
  current: z.object({ ref: z.string().max(500), live: z.boolean() }).optional(),
  /** From PLAY to sound, as learnt; absent = not yet. */
  start_ms: z.number().min(0).max(3000).optional(),
  /** From SEEK to sound while it plays. */
  seek_ms: z.number().min(0).max(3000).optional(),
});
export type Memory = z.infer<typeof Memory>;

export function readMemory(value: unknown): Memory {
  const parsed = Memory.safeParse(value);
  return parsed.success ? parsed.data : { mark: randomId(16) };
}
