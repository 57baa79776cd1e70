import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Work } from '../../jobs/index.js';
import type { TagReader } from '../../library/index.js';
import { examine } from './examine.js';
import { ExaminedSchema } from './examined.js';

/** Not strict: what an older house has put into the queue says more. */
export const ExamineParams = z.object({ folder: z.string().max(4096).refine(isAbsolute) });
export type ExamineParams = z.infer<typeof ExamineParams>;

/** `examine` in whatever process of the house has time. It only reads: twice does no harm. `tags` is of others, who close it. */
export const examineWork = (tags: TagReader): Work<ExamineParams, z.infer<typeof ExaminedSchema>> => ({
  kind: 'examine',
  params: ExamineParams,
  result: ExaminedSchema,
  retry: { attempts: 3, delay_ms: 300_000 },
  async run({ folder }, context) {
    const { signal, clock } = context;
    const { files, gates } = await examine(folder, {
      clock,
      signal,
      tags,
      progress: (current, total) => context.progress({ current, total, stage: 'examining' }),
    });
    return { folder, files: [...files], gates: [...gates] };
  },
});
