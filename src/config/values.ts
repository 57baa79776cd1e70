import * as z from 'zod';

/** In the file a list, of numbers too; in the environment with commas. */
export const List = z.union([
  z.array(z.union([z.string(), z.number().transform(String)])),
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  ),
  z.number().transform((number) => [String(number)]),
]);

/** As people say it, and as other programs write it. */
export const Switch = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(true|false|yes|no|on|off|1|0)$/i)
    .transform((text) => /^(true|yes|on|1)$/i.test(text)),
  z.literal([0, 1]).transform((number) => number === 1),
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
  /** What form it has besides its type: `forms.ts` knows these. */
  form: z.enum(['host', 'path', 'paths', 'lines', 'names', 'origin']).optional(),
  /** What one may write, as in the config file. */
  example: z.string().optional(),
});
