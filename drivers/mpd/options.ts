import * as z from 'zod';

export const MpdOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .default('127.0.0.1')
    .describe('Name or address of the machine MPD runs on'),
  port: z.int().min(1).max(65535).default(6600),
  socket: z
    .string()
    .startsWith('/')
    .max(107)
    .optional()
    .describe("Path of MPD's unix socket, instead of host and port"),
  password: z.string().max(256).optional(),
  shares_music: z
    .union([z.boolean(), z.literal('auto')])
    .default('auto')
    .describe('Whether MPD has the same music folder; `auto` compares file by file'),
  output_latency_ms: z
    .int()
    .min(0)
    .max(5000)
    .optional()
    .describe(
      "How far MPD's position runs ahead of what is heard; without it, what starts in rooms have shown",
    ),
});
export type MpdOptions = z.infer<typeof MpdOptions>;
