import type { StoredTrack } from '../../library/index.js';
import type { ExaminedFile } from '../contract.js';
import { isTelling, similarity } from '../examine/index.js';

/** The fingerprint of a file in a folder; undefined where nobody can tell. Made when it is asked for: few albums have to be compared by ear. */
export type PrintOf = (folder: string, path: string) => Promise<string | undefined>;

export interface Heard {
  readonly old: StoredTrack;
  readonly source: ExaminedFile;
}

/** Fingerprints of both sides. */
export interface Prints {
  ofLibrary(this: void, path: string): Promise<string | undefined>;
  ofCandidate(this: void, path: string): Promise<string | undefined>;
}

/** Both sides, no file of them twice. */
export function printsOf(printOf: PrintOf, musicDir: string, folder: string): Prints {
  const once = (of: string): Prints['ofLibrary'] => {
    const known = new Map<string, Promise<string | undefined>>();
    return (path) => {
      const print = known.get(path) ?? printOf(of, path);
      known.set(path, print);
      return print;
    };
  };
  return { ofLibrary: once(musicDir), ofCandidate: once(folder) };
}

/** Between recordings that only sound alike and the same one in another codec; unrelated music has 0.5. */
const SAME = 0.8;
/** So many tracks of an album are listened to. */
const MOST_HEARD = 3;

/** Whether both are one recording, whatever their codecs; undefined when a fingerprint is missing or says too little. */
async function isSame({ old, source }: Heard, prints: Prints): Promise<boolean | undefined> {
  if (old.path === undefined) return undefined;
  const print = await prints.ofCandidate(source.path);
  if (print === undefined || !isTelling(print)) return undefined;
  const other = await prints.ofLibrary(old.path);
  if (other === undefined || !isTelling(other)) return undefined;
  return similarity(print, other) >= SAME;
}

/** What some tracks of an album say, its first and last among them: all the same recording, one that is not, or nobody knows. */
export async function heardAlike(
  pairs: readonly Heard[],
  prints: Prints,
): Promise<'same' | 'other' | 'unknown'> {
  const step = Math.max(1, (pairs.length - 1) / (MOST_HEARD - 1));
  const chosen = [...new Set(Array.from({ length: MOST_HEARD }, (_, n) => pairs[Math.round(n * step)]))];
  let same = 0;
  for (const pair of chosen) {
    const is = pair && (await isSame(pair, prints));
    if (is === false) return 'other';
    if (is) same++;
  }
  return same >= Math.min(2, pairs.length) && same > 0 ? 'same' : 'unknown';
}
