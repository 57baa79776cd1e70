import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { toError } from '../base/index.js';

const Kept = z.record(
  z.string().max(64),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]),
);
/** What was set on the page, by key. */
export type KeptValues = z.infer<typeof Kept>;

export const keptFileIn = (dataDir: string): string => join(dataDir, 'settings.json');

/** What the page has set. A file that cannot be read never keeps the server from starting: the problem is told, and nothing is set. */
export function readKept(file: string): { readonly values: KeptValues; readonly problem?: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { values: {} };
    return { values: {}, problem: toError(error).message };
  }
  try {
    return { values: Kept.parse(JSON.parse(text)) };
  } catch {
    return { values: {}, problem: 'it does not hold settings' };
  }
}
