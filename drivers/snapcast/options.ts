import * as z from 'zod';

export const SnapcastOptions = z.strictObject({
  /** What the snapclient calls itself: its MAC address, or what `--hostID` says. */
  client_id: z.string().min(1).max(128),
});
export type SnapcastOptions = z.infer<typeof SnapcastOptions>;
