import * as z from 'zod';
import { WishedTags } from './wished-tags.js';

/** Parent -> process. */
export const TagTask = z.object({ path: z.string(), wishes: WishedTags });
export type TagTask = z.infer<typeof TagTask>;

/** The first word of the process: from now on its time counts. */
export const TagReady = z.object({ ready: z.literal(true) });
export type TagReady = z.infer<typeof TagReady>;

/** Process -> parent, one for each task, in their order. */
export const TagTaskResult = z.union([
  z.object({ ok: z.literal(true) }),
  z.object({ ok: z.literal(false), reason: z.string() }),
]);
export type TagTaskResult = z.infer<typeof TagTaskResult>;
