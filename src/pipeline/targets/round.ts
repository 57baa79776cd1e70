import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place, Proof, ScanTarget } from './contract.js';
import type { OutboxRow } from './outbox.js';
import { bundle } from './paths.js';
import { nearestFolder, ownFiles } from './proofs.js';

export interface LibraryParts {
  /** Absolute. */
  readonly musicDir: string;
  /** What the library calls a file, given below the music folder; by its name otherwise. */
  titleOf?(this: void, path: string): string | undefined;
}

/** What one scan is about. */
export interface Round {
  readonly places: readonly Place[];
  /** Rows that this scan settles. */
  readonly rows: readonly OutboxRow[];
  /** Rows of folders that no mapping leads to. */
  readonly unmapped: readonly OutboxRow[];
  /** Rows of folders that should be there and are not: whoever scanned them would forget their music. */
  readonly absent: readonly OutboxRow[];
}

const MOST_PROOFS = 12;
/** We took it away ourselves, or put something better in another folder. */
const mayBeGone = (reason: string): boolean => reason === 'removed' || reason === 'upgraded';

/** The next scan for these rows: as many folders as the target takes at once. */
export async function planRound(
  rows: readonly OutboxRow[],
  target: ScanTarget,
  library: LibraryParts,
): Promise<Round> {
  const { musicDir } = library;
  const isMapped = (folder: string): boolean => target.map(join(musicDir, folder)) !== undefined;
  const unmapped = rows.filter(({ folder }) => !isMapped(folder));
  const mapped = rows.filter((row) => !unmapped.includes(row));
  const there = await Promise.all(
    mapped.map(async ({ folder, reason }) => mayBeGone(reason) || isFolder(join(musicDir, folder))),
  );
  const present = mapped.filter((_, at) => there[at]);
  const absent = mapped.filter((_, at) => !there[at]);
  const bundles = bundle(
    present.map(({ folder }) => folder),
    isMapped,
  ).slice(0, target.most);
  const places = await Promise.all(
    bundles.map(({ folder, noted }) =>
      placeOf(
        folder,
        present.filter((row) => noted.includes(row.folder)),
        target,
        library,
      ),
    ),
  );
  const taken = bundles.flatMap(({ noted }) => noted);
  return { places, rows: present.filter(({ folder }) => taken.includes(folder)), unmapped, absent };
}

async function placeOf(
  folder: string,
  rows: readonly OutboxRow[],
  target: ScanTarget,
  { musicDir, titleOf }: LibraryParts,
): Promise<Place> {
  const nearest = await nearestFolder(musicDir, folder);
  const found = target.map(join(musicDir, nearest)) ?? target.map(join(musicDir, folder)) ?? '';
  const proofs: Proof[] = [];
  for (const row of rows) {
    if (row.reason === 'removed' || proofs.length >= MOST_PROOFS) continue;
    for (const { path, title, size_bytes } of await ownFiles(musicDir, row.folder, titleOf)) {
      const file = target.map(join(musicDir, path));
      if (file !== undefined) proofs.push({ file, title, size_bytes });
    }
  }
  return { folder: found, proofs };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
