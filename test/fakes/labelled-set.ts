import { join } from 'node:path';
import type { StubRelease } from './fake-musicbrainz.js';
import { type Labelled, makeLabelled, released, invent } from './labelled-albums.js';
import { brokenAlbums } from './labelled-broken.js';
import { cleanAlbums } from './labelled-clean.js';
import { damagedAlbums } from './labelled-damaged.js';
import { reviewAlbums } from './labelled-review.js';

export type { Label, Labelled } from './labelled-albums.js';

/** All cases, with names that are names of folders too. The same each time it is called, in the same process or another. */
export function labelledSet(): readonly Labelled[] {
  made ??= [...cleanAlbums(), ...damagedAlbums(), ...reviewAlbums(), ...brokenAlbums()];
  return made;
}
let made: readonly Labelled[] | undefined;

/** What the source knows: the releases of all cases, and some that nobody has. */
export function labelledReleases(cases: readonly Labelled[] = labelledSet()): readonly StubRelease[] {
  const strangers = Array.from({ length: 20 }, (_, n) => released(invent(300 + n)));
  return [...cases.flatMap(({ releases }) => releases), ...strangers];
}

/** The folder that a case lies in: its own name counts only where it is evidence. */
export const folderOf = (root: string, { name, folder }: Labelled): string =>
  join(root, name.replace(/[^a-z0-9]+/gi, '-'), folder ?? 'xk3v9q2m7t5w');

/** Makes the folders of the cases, two at a time. */
export async function makeLabelledSet(root: string, cases: readonly Labelled[]): Promise<void> {
  const waiting = [...cases];
  const worker = async (): Promise<void> => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await makeLabelled(folderOf(root, one), one);
  };
  await Promise.all([worker(), worker()]);
}
