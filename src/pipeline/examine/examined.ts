import * as z from 'zod';
import { CandidateFile, Gate } from '../../protocol/index.js';

/** What goes over the bus when a folder was examined in another process. */
export const ExaminedSchema = z.object({
  folder: z.string(),
  files: z.array(
    CandidateFile.extend({
      sha256: z.string(),
      mtime_ns: z.string(),
      header_seconds: z.number().optional(),
    }),
  ),
  gates: z.array(Gate),
});
