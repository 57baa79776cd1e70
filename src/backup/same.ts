import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { Backup } from '../protocol/index.js';
import { settle, verify, type Manifest } from './archive.js';
import { demandReadable, described, listFiles, type BackupFile } from './folder.js';

/** Beside the backups: which of them was found to be as good as a new one, and when. */
const CONFIRMED = 'confirmed.json';
const Confirmed = z.object({ backup_id: z.string().max(64), at: z.iso.datetime() });
export type Confirmed = z.infer<typeof Confirmed>;

/** The newest backup, when it has everything that one made now would have, and every byte of it is as it was: it is read to its end. */
export async function confirmable(folder: string, manifest: Manifest): Promise<BackupFile | undefined> {
  const newest = (await listFiles(folder)).at(-1);
  if (!newest || manifest.kept_sha256 === undefined) return undefined;
  try {
    return sumsIn(await verify(newest.file)) === sumsIn(manifest) ? newest : undefined;
  } catch {
    // A damaged one is no reason to do without another.
    return undefined;
  }
}

/** Of the database what somebody would miss, of the files beside it everything. */
function sumsIn({ files, kept_sha256, schema }: Manifest): string {
  const beside = files.slice(1).map(({ name, sha256 }) => `${name} ${sha256}`);
  return [schema, kept_sha256, ...beside.sort()].join('\n');
}

/** Writes down that a backup was read back, and that nothing has changed since. */
export async function confirm(folder: string, confirmed: Confirmed): Promise<void> {
  const path = join(folder, CONFIRMED);
  await writeFile(`${path}.part`, JSON.stringify(confirmed), { mode: 0o600 });
  await settle(`${path}.part`);
  await rename(`${path}.part`, path);
}

/** What `confirm` has written last. */
export async function confirmedIn(folder: string): Promise<Confirmed | undefined> {
  try {
    return Confirmed.parse(JSON.parse(await readFile(join(folder, CONFIRMED), 'utf8')));
  } catch {
    return undefined;
  }
}

/** The backups in a folder as people see them, the newest first. */
export async function describedIn(folder: string): Promise<Backup[]> {
  await demandReadable(folder);
  const confirmed = await confirmedIn(folder);
  const backups: Backup[] = [];
  for (const file of (await listFiles(folder)).reverse()) {
    const backup = await described(file);
    const isConfirmed = confirmed?.backup_id === backup.backup_id && backup.problem === undefined;
    backups.push({ ...backup, ...(isConfirmed && { confirmed_at: confirmed.at }) });
  }
  return backups;
}
