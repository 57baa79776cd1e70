import * as z from 'zod';

export const ChromecastOptions = z.strictObject({
  host: z.string().min(1).max(255).describe('Name or address of the Chromecast'),
  port: z
    .int()
    .min(1)
    .max(65535)
    .default(8009)
    .describe('8009, except for groups: each has a port of its own, on one of its members'),
  name: z.string().max(200).optional().describe('As Google Home calls it'),
  model: z.string().max(200).optional(),
});
export type ChromecastOptions = z.infer<typeof ChromecastOptions>;
