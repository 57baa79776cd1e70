import * as z from 'zod';

const Text = z.union([z.string(), z.number()]).transform(String);
const Flag = z
  .union([z.boolean(), z.number(), z.string()])
  .transform((flag) => /^(true|1)$/.test(String(flag)));
const Songs = z
  .array(z.object({ url: z.string().optional() }))
  .max(10_000)
  .default([]);

/** Answers of all the requests there are; what is absent was not asked for. */
export const LmsAnswer = z.object({
  result: z.object({
    version: Text.optional(),
    /** A scan is going on. */
    rescan: Flag.default(false),
    lastscan: Text.optional(),
    lastscanfailed: z.string().optional(),
    /** The value of a preference: one folder or several. */
    _p2: z.union([z.string(), z.array(z.string()).max(1000)]).nullish(),
    titles_loop: Songs,
    songinfo_loop: Songs,
  }),
});
export type LmsAnswer = z.infer<typeof LmsAnswer>['result'];

/** `/music/a b` -> `file:///music/a%20b`; `C:\a` -> `file:///C:/a`. */
export function fileUrl(path: string): string {
  const parts = path.split(/[\\/]/).map((part) => encodeURIComponent(part));
  const joined = parts.join('/').replace(/^\/?([A-Za-z])%3A(?=\/|$)/, '/$1:');
  return `file://${joined}`;
}

/** The path in a `file:` address, however it is escaped; undefined for other addresses. */
export function pathOf(url: string): string | undefined {
  const match = /^file:\/\/\/?(.*)$/s.exec(url);
  if (match?.[1] === undefined) return undefined;
  try {
    const path = decodeURIComponent(match[1]);
    return /^[A-Za-z]:/.test(path) ? path : `/${path}`;
  } catch {
    return undefined;
  }
}
