import * as z from 'zod';

const Flag = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((flag) => /^(true|1)$/.test(String(flag)));
const Text = z.union([z.string(), z.number()]).transform(String);
const inContainer = <T extends z.ZodRawShape>(shape: T) => z.object({ MediaContainer: z.object(shape) });
const many = <T extends z.ZodType>(item: T) => z.array(item).max(10_000).default([]);

export const PlexSection = z.object({
  key: Text,
  title: z.string().default(''),
  /** `artist` for music. */
  type: z.string().default(''),
  Location: many(z.object({ path: z.string() })),
  refreshing: Flag.default(false),
  /** Moves only when a scan changed something; `scannedAt` moves with every scan. */
  contentChangedAt: Text.optional(),
});
export type PlexSection = z.infer<typeof PlexSection>;

export const PlexSections = inContainer({ Directory: many(PlexSection) });
export const PlexIdentity = inContainer({ version: z.string().max(100).optional() });
export const PlexActivities = inContainer({
  Activity: many(
    z.object({
      type: z.string().default(''),
      title: z.string().default(''),
      subtitle: z.string().default(''),
    }),
  ),
});
export const PlexTracks = inContainer({
  totalSize: z.number().optional(),
  Metadata: many(
    z.object({ Media: many(z.object({ Part: many(z.object({ file: z.string().optional() })) })) }),
  ),
});
export type PlexTracks = z.infer<typeof PlexTracks>;
