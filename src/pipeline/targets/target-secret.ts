import * as z from 'zod';

/** What is kept of a target beside what people see. */
export const TargetSecret = z.object({ secret: z.string().optional() });
export type TargetSecret = z.infer<typeof TargetSecret>;
