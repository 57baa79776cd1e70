import { constants, existsSync, readFileSync } from 'node:fs';
import { chmod, chown, copyFile, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { quoted } from '../base/index.js';
import { settle } from './archive.js';
import { copyAside, setAside } from './aside.js';

/** In the data folder: the settings file of a backup that was restored and is not gone by. */
const UNPLACED = 'restored-tutti.yaml';
export const unplacedIn = (dataDir: string): string => join(dataDir, UNPLACED);

export interface PlaceTask {
  readonly dataDir: string;
  /** Is not there any more when it has a place. */
  readonly staged: string;
  /** Outside of the data folder, or `unplacedIn` it. */
  readonly to: string;
  /** The folder below `aside` for what it replaces. */
  readonly aside: string;
}

/** Puts the settings file of a backup where this server reads its own, with the rights of that; where Tutti may not write, beside its state. */
export async function placeSettings({ dataDir, staged, to, aside }: PlaceTask): Promise<void> {
  await setAside(dataDir, aside, UNPLACED);
  const unplaced = unplacedIn(dataDir);
  if (to !== unplaced) {
    const bytes = await readFile(staged);
    const isSame = await readFile(to).then(
      (there) => there.equals(bytes),
      () => false,
    );
    if (isSame || (await replaced({ dataDir, staged, to, aside }))) return rm(staged, { force: true });
  }
  await rename(staged, unplaced);
  await settle(dataDir);
}

/** False when the file may not be written, for whatever reason: then it is as it was. */
async function replaced({ dataDir, staged, to, aside }: PlaceTask): Promise<boolean> {
  const real = await realpath(to).catch(() => to);
  const fresh = `${real}.restored`;
  try {
    const old = await stat(real).catch(() => undefined);
    await rm(fresh, { force: true });
    await copyFile(staged, fresh, constants.COPYFILE_EXCL);
    if (old) {
      const { uid, gid } = await stat(fresh);
      if (uid !== old.uid || gid !== old.gid) await chown(fresh, old.uid, old.gid);
      await chmod(fresh, old.mode & 0o777);
      await copyAside(dataDir, aside, real);
    }
    await settle(fresh);
    await rename(fresh, real);
    await settle(dirname(real));
    return true;
  } catch {
    await rm(fresh, { force: true }).catch(() => undefined);
    return false;
  }
}

export interface Unplaced {
  /** Where it is kept. */
  readonly kept: string;
  /** The one in use. */
  readonly file: string;
}

/** The settings file of a restored backup, as long as it lies there and the one in use has something else. */
export function unplacedSettings(dataDir: string, file: string): Unplaced | undefined {
  const kept = unplacedIn(dataDir);
  if (!existsSync(kept)) return undefined;
  try {
    if (readFileSync(kept).equals(readFileSync(file))) return undefined;
  } catch {
    // One of them cannot be read, or there is none in use.
  }
  return { kept, file };
}

/** What to do about it, for people; `why` it is not gone by, absent: Tutti may not write there. */
export function unplacedWords({ kept, file }: Unplaced, why: string | undefined): string {
  const what = `The settings file of the restored backup is not in use: ${why ?? `Tutti may not write ${file}`}.`;
  const all = why === undefined ? `, or all of it (sudo cp ${quoted(kept)} ${quoted(file)})` : '';
  return `${what} It is kept as ${kept}. Take over from it into ${file} what is missing there${all}, remove ${kept}, and restart Tutti.`;
}
