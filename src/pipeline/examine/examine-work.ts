import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { Work } from '../../jobs/index.js';
import { defaultTags } from '../../library/index.js';
import { examine } from './examine.js';
import { ExaminedSchema } from './examined.js';

export const ExamineParams = z.strictObject({
  folder: z.string().max(4096).refine(isAbsolute),
  /** The program fpcalc, where fingerprints are wanted. */
  fpcalc: z.string().optional(),
});
export type ExamineParams = z.infer<typeof ExamineParams>;

/** `examine` in whatever process of the house has time. It only reads: twice does no harm. */
export const examineWork: Work<ExamineParams, z.infer<typeof ExaminedSchema>> = {
  kind: 'examine',
  params: ExamineParams,
  result: ExaminedSchema,
  retry: { attempts: 3, delay_ms: 300_000 },
  async run({ folder, fpcalc }, context) {
    const { signal, clock, log } = context;
    const tags = defaultTags({ clock, log });
    try {
      const { files, gates } = await examine(folder, {
        clock,
        signal,
        tags,
        fpcalc,
        progress: (current, total) => context.progress({ current, total, stage: 'examining' }),
      });
      return { folder, files: [...files], gates: [...gates] };
    } finally {
      await tags.close();
    }
  },
};
