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
});
export type MpdOptions = z.infer<typeof MpdOptions>;
