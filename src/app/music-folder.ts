import { constants } from 'node:fs';
import { access, opendir, stat } from 'node:fs/promises';
import { codeOf, isForbidden, Serial, whoAmI, type Logger } from '../base/index.js';
import type { Setting } from '../protocol/index.js';
import type { Store } from '../state/index.js';
import { MUSIC_FOLDER, replaceNotices } from './notices.js';

/** What is found where the music should be; anything else is the code of what the system says. */
export type Found = 'missing' | 'no-folder' | 'forbidden' | 'empty' | 'filled' | { readonly code: string };

export interface MusicFolderParts {
  readonly store: Store;
  readonly log: Logger;
  /** Undefined where demo tracks play. */
  readonly musicDir: string | undefined;
  /** Who has set it. */
  setBy(this: void): Pick<Setting, 'from' | 'where'> | undefined;
  /** Whether the library knows any track. */
  holdsMusic(this: void): boolean;
}

/**
 * Says what is wrong with the music folder: that it is not there, is none, may not be read, or holds no music. Somebody who mistyped it would else see a
 * house without music and no reason.
 */
export class MusicFolder {
  readonly #parts: MusicFolderParts;
  readonly #turn = new Serial();
  #said: string | undefined;

  constructor(parts: MusicFolderParts) {
    this.#parts = parts;
  }

  /** Looks again, and tells; `scanned`: all of it has been looked through. As long as a dead disk takes. */
  look(scanned: boolean): Promise<void> {
    const { musicDir } = this.#parts;
    if (musicDir === undefined) return Promise.resolve();
    return this.#turn.run(async () => this.#tell(musicDir, await foundAt(musicDir), scanned));
  }

  #tell(musicDir: string, found: Found, scanned: boolean): void {
    const { store, log, holdsMusic, setBy } = this.#parts;
    const wrong = wordsOf(musicDir, found, { known: holdsMusic(), scanned });
    const message = wrong && `${wrong.what} ${wrong.todo ?? ''}${elsewhere(setBy())}`;
    replaceNotices(
      store,
      MUSIC_FOLDER,
      wrong && message !== undefined ? [{ notice_id: MUSIC_FOLDER, level: wrong.level, message }] : [],
    );
    if (message !== undefined && message !== this.#said)
      log.warn({ message }, 'the music folder is not in order');
    if (message === undefined && this.#said !== undefined) log.info({}, 'the music folder is in order');
    this.#said = message;
  }
}

async function foundAt(path: string): Promise<Found> {
  try {
    if (!(await stat(path)).isDirectory()) return 'no-folder';
    await access(path, constants.R_OK | constants.X_OK);
    for await (const { name } of await opendir(path)) if (!name.startsWith('.')) return 'filled';
    return 'empty';
  } catch (error) {
    if (isForbidden(error)) return 'forbidden';
    const code = codeOf(error);
    if (code === 'ENOENT') return 'missing';
    return code === 'ENOTDIR' ? 'no-folder' : { code };
  }
}

interface Wrong {
  readonly level: 'info' | 'warning';
  readonly what: string;
  readonly todo?: string;
}

/** Undefined: nothing is wrong, or it is not known yet. */
function wordsOf(
  path: string,
  found: Found,
  { known, scanned }: { readonly known: boolean; readonly scanned: boolean },
): Wrong | undefined {
  const warning = (what: string, todo?: string): Wrong => ({ level: 'warning', what, ...(todo && { todo }) });
  if (typeof found === 'object')
    return warning(`The music folder ${path} cannot be opened: its disk says ${found.code}.`);
  switch (found) {
    case 'missing':
      return warning(
        `The music folder ${path} is not there.`,
        'Is its disk plugged in and switched on, and its name spelled right? When it is there, its music comes by itself. ',
      );
    case 'no-folder':
      return warning(`What is named as the music folder, ${path}, is no folder.`);
    case 'forbidden':
      return warning(
        `${whoAmI()}, whom this server runs as, may not read the music folder ${path}.`,
        'The command that mends it stands under Settings, Checks (or type: tutti doctor). ',
      );
    case 'empty':
      return known
        ? warning(
            `The music folder ${path} is empty: is its disk not plugged in?`,
            'What the library knows is kept, and plays when it is back. ',
          )
        : { level: 'info', what: `The music folder ${path} is empty.`, todo: FILL };
    case 'filled':
      return scanned && !known
        ? { level: 'info', what: `There is no music in the music folder ${path}.`, todo: FILL }
        : undefined;
    default:
      return found satisfies never;
  }
}

const FILL = 'Put some there: under Library, + and Send a folder. ';

/** Where another folder is chosen. */
function elsewhere(set: Pick<Setting, 'from' | 'where'> | undefined): string {
  if (set?.from === 'environment')
    return `Another folder is named by the variable ${set.where ?? 'TUTTI_MUSIC_DIR'}.`;
  if (set?.from === 'file')
    return `Another folder is named in ${set.where ?? 'the config file'}, as music_dir.`;
  return 'Another folder is chosen under Settings, Server settings, Music folder.';
}
