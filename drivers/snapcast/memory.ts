import * as z from 'zod';

/** How loud a client is: it keeps nothing itself over a restart. */
const Level = z.object({ volume: z.number().min(0).max(1), muted: z.boolean() });
export type Level = z.infer<typeof Level>;

/** Of a client that nobody has set yet. */
export const FIRST_LEVEL: Level = { volume: 0.5, muted: false };

/** What an earlier link left behind, if it can be read. */
export function readLevel(memory: unknown): Level | undefined {
  const parsed = Level.safeParse(memory);
  return parsed.success ? parsed.data : undefined;
}
