import { createHash } from 'node:crypto';
import * as z from 'zod';
import { randomId } from '../../base/index.js';

const Text = z.union([z.string(), z.number()]).transform(String);

export const SubsonicAnswer = z.object({
  'subsonic-response': z.object({
    status: z.string(),
    /** `navidrome`, `gonic` ... */
    type: z.string().max(100).optional(),
    serverVersion: z.string().max(100).optional(),
    version: z.string().max(100).optional(),
    error: z.object({ code: z.number(), message: z.string().default('') }).optional(),
    scanStatus: z
      .object({
        scanning: z.boolean().default(false),
        /** When the last scan ended. */
        lastScan: Text.optional(),
        error: z.string().optional(),
      })
      .optional(),
    musicFolders: z
      .object({
        musicFolder: z
          .array(z.object({ id: Text, name: z.string().default('') }))
          .max(1000)
          .default([]),
      })
      .optional(),
    searchResult3: z
      .object({
        song: z
          .array(
            z.object({
              title: z.string().default(''),
              path: z.string().optional(),
              size: z.number().optional(),
            }),
          )
          .max(1000)
          .default([]),
      })
      .optional(),
  }),
});
export type SubsonicAnswer = z.infer<typeof SubsonicAnswer>['subsonic-response'];

const ABOUT = { v: '1.16.1', c: 'tutti', f: 'json' };

/**
 * Who asks. With a user: the MD5 of password and a fresh salt, so that the password itself is never sent. Without: the secret is an API key
 * (OpenSubsonic), which stands for its user.
 */
export function identity(user: string | undefined, secret: string): Record<string, string> {
  if (user === undefined) return { ...ABOUT, apiKey: secret };
  const salt = randomId(16);
  return {
    ...ABOUT,
    u: user,
    s: salt,
    t: createHash('md5')
      .update(secret + salt, 'utf8')
      .digest('hex'),
  };
}

const WRONG_USER = [40, 41, 42, 43, 44];
const NOT_ADMIN = 50;

/** What a code means for people; undefined = nothing that an admin could mend. */
export function remedy(code: number, byKey: boolean): string | undefined {
  if (code === 41)
    return 'It does not take passwords in this way. Make an API key there and enter it without a user.';
  if (WRONG_USER.includes(code))
    return byKey
      ? 'It does not accept the API key. Enter it again, or a user and a password.'
      : 'It does not accept the user or the password. Enter them again.';
  if (code === NOT_ADMIN) return 'This user may not start scans there. Use one that is an admin.';
  return undefined;
}
