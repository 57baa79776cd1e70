import * as z from 'zod';

/** In the file a list; in the environment with commas. */
export const List = z.union([
  z.array(z.string()),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
]);

export const Switch = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', 'on', 'off']).transform((text) => ['true', '1', 'on'].includes(text)),
]);

/** What `.meta()` of a key says besides its description. */
export const Marks = z.object({
  description: z.string().default(''),
  /** A running server goes by the new value at once; else it counts from the next start. */
  live: z.boolean().default(false),
  /** Never shown, written or logged. */
  secret: z.boolean().default(false),
  /** Set by who owns the machine, in the config file or the environment: a wrong one would shut everybody out, or opens the machine. */
  only_file: z.boolean().default(false),
  /** Names a folder of this machine. */
  folder: z.boolean().default(false),
  /** What one may write, as in the config file. */
  example: z.string().optional(),
});
