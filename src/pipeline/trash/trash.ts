import { lstat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { AppError, type Clock, type Logger, randomId } from '../../base/index.js';
import type { Intake } from '../../library/index.js';
import type { Handlers } from '../../protocol/index.js';
import type { Anchor } from '../import/anchor.js';
import { type Disk, isThere } from '../import/disk.js';
import { type Journal, NO_CHANGE, type Operation, TRASH, type Trashed } from '../import/journal.js';
import { keptPaths, listFiles, wayOut } from '../import/moves-out.js';
import { removeEmptyAbove } from '../import/moves.js';
import type { Operations } from '../import/operations.js';
import type { TrashEntries, TrashRow } from './entries.js';

export interface TrashParts {
  readonly entries: TrashEntries;
  readonly intake: Intake;
  readonly operations: Operations;
  readonly anchor: Anchor;
  readonly disk: Disk;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly workspaceDir: string;
  readonly settings: { readonly trash_days: number };
}

export interface Rejected {
  readonly candidate_id: string;
  /** Absolute. */
  readonly folder: string;
  readonly title: string;
  readonly artist: string;
  readonly username?: string | undefined;
}

type EntryText = Pick<Trashed, 'title' | 'artist' | 'reason' | 'files'>;

const DAY_MS = 86_400_000;
/** What began is brought to its end: somebody who hangs up must not leave an album between two places. */
const STEADY = new AbortController().signal;

/** What was taken out lies in `.trash` beside what stayed, on the same disk, and can come back as it was. */
export class Trash {
  readonly #parts: TrashParts;

  constructor(parts: TrashParts) {
    this.#parts = parts;
  }

  readonly handlers = {
    'library:delete': async ({ album_id }, caller) => ({
      trash_id: await this.delete(album_id, caller.name),
    }),
    'trash:list': ({ offset, limit }) => this.#parts.entries.list(offset, limit),
    'trash:restore': async ({ trash_id }) => {
      await this.restore(trash_id);
      return {};
    },
    'trash:remove': async ({ trash_id }) => {
      await this.remove(trash_id);
      return {};
    },
  } satisfies Handlers<'library:delete' | 'trash:list' | 'trash:restore' | 'trash:remove'>;

  /** Takes an album out of the library; the id of its entry. Throws ERR_ALBUM_NOT_FOUND, and ERR_NOT_FOUND when none of its files is there. */
  async delete(albumId: string, username?: string): Promise<string> {
    const { intake, anchor, operations } = this.#parts;
    const album = intake.album(albumId);
    if (!album) throw new AppError('ERR_ALBUM_NOT_FOUND', 'The library has no such album');
    const { root } = await anchor.demand();
    const trashId = this.#newId();
    const { moves, files } = await wayOut(root, intake, album, trashId);
    const { title, artist } = album;
    const entry: EntryText = { title, artist, reason: 'deleted', files: [...files] };
    await operations.perform(
      {
        ...this.#operation('delete', trashId),
        moves: [...moves],
        change: {
          ...NO_CHANGE,
          dismiss: album.tracks.map((track) => track.track_id),
          trashed: {
            ...this.#entry(trashId, entry, username),
            album_id: albumId,
            tracks: keptPaths(album.tracks),
          },
          told: foldersOf(moves.map(({ from }) => from)),
        },
      },
      STEADY,
    );
    return trashId;
  }

  /** Puts the folder of a candidate into the trash of its workspace, or beside it where it lies elsewhere. */
  async reject({ candidate_id, folder, title, artist, username }: Rejected): Promise<string> {
    const { workspaceDir, operations } = this.#parts;
    const inWorkspace = resolve(folder).startsWith(resolve(workspaceDir) + sep);
    const root = inWorkspace ? resolve(workspaceDir) : dirname(resolve(folder));
    const from = relative(root, resolve(folder));
    if (!(await isThere(folder))) throw new AppError('ERR_NOT_FOUND', 'The folder of this candidate is gone');
    const trashId = this.#newId();
    const files = await listFiles(root, from);
    const entry: EntryText = { title, artist, reason: 'rejected', files };
    await operations.perform(
      {
        ...this.#operation('reject', trashId),
        root,
        moves: [{ from, to: `${TRASH}/${trashId}/${from}` }],
        change: { ...NO_CHANGE, trashed: { ...this.#entry(trashId, entry, username), candidate_id } },
      },
      STEADY,
    );
    return trashId;
  }

  /** Puts it back where it was. What replaced it goes to the trash in its turn. Throws ERR_CONFLICT when something else stands there. */
  async restore(trashId: string): Promise<void> {
    const { operation } = this.#demand(trashId);
    const { change, moves, root } = operation;
    const trashed = change.trashed!;
    const back = moves
      .filter(({ to }) => to.startsWith(`${TRASH}/${trashId}/`))
      .map(({ from, to }) => ({ from: to, to: from }));
    const { root: ground } = await this.#parts.operations.places({ root });
    for (const { from } of back)
      if (!(await isThere(join(ground, from))))
        throw new AppError('ERR_NOT_FOUND', 'What lay in the trash is not there any more');
    const opId = this.#newId();
    const successor = root === undefined ? await this.#successor(trashed, ground, opId) : undefined;
    const paths = back.map(({ to }) => to);
    const returning = new Set(trashed.tracks.map((track) => track.track_id));
    await this.#parts.operations.perform(
      {
        ...this.#operation('restore', opId),
        root,
        moves: [...(successor?.moves ?? []), ...back],
        change: {
          ...NO_CHANGE,
          ...(root === undefined && {
            adopt: paths,
            told: foldersOf([...paths, ...(successor?.folders ?? [])]),
          }),
          keep: this.#keep(trashed, successor !== undefined),
          dismiss: successor?.trackIds.filter((id) => !returning.has(id)) ?? [],
          trashed: successor?.trashed,
          untrash: trashId,
          candidate_id: trashed.candidate_id,
        },
      },
      STEADY,
    );
  }

  /** Ids go on with what comes back, unless others have them by now. */
  #keep({ album_id, tracks }: Trashed, takesOver: boolean): Operation['change']['keep'] {
    const { intake } = this.#parts;
    const isFree = (id: string): boolean => takesOver || intake.track(id) === undefined;
    const isAlbumFree = album_id !== undefined && (takesOver || intake.album(album_id) === undefined);
    return { ...(isAlbumFree && { album_id }), tracks: tracks.filter(({ track_id }) => isFree(track_id)) };
  }

  /** The album that took the place and the ids of what comes back. */
  async #successor(
    trashed: Trashed,
    root: string,
    trashId: string,
  ): Promise<
    { moves: Operation['moves']; folders: string[]; trackIds: string[]; trashed: Trashed } | undefined
  > {
    const { intake } = this.#parts;
    const album =
      trashed.reason === 'replaced' && trashed.album_id ? intake.album(trashed.album_id) : undefined;
    if (!album) return undefined;
    const { moves, files } = await wayOut(root, intake, album, trashId);
    const { title, artist } = album;
    const entry = this.#entry(trashId, { title, artist, reason: 'replaced', files: [...files] });
    return {
      moves: [...moves],
      folders: moves.map(({ from }) => from),
      trackIds: album.tracks.map((track) => track.track_id),
      trashed: { ...entry, album_id: album.album_id, tracks: keptPaths(album.tracks) },
    };
  }

  /** For good. Only what was put there goes; what somebody else laid beside it stays. */
  async remove(trashId: string): Promise<void> {
    const row = this.#demand(trashId);
    this.#parts.entries.setGoing(trashId);
    await this.#purge(row);
  }

  /** Removes what has lain there long enough, and what a removal that was stopped left over. How many. */
  async purge(): Promise<number> {
    const { entries, clock, log, operations } = this.#parts;
    let count = 0;
    for (const row of entries.due(clock.wallMs())) {
      try {
        await operations.places(row.operation);
        entries.setGoing(row.entry.trash_id);
        await this.#purge(row);
        count++;
      } catch (error) {
        log.warn({ trash_id: row.entry.trash_id, error }, 'cannot be removed from the trash now');
      }
    }
    return count;
  }

  async #purge({ operation, entry: { trash_id } }: TrashRow): Promise<void> {
    const { disk, entries, journal, operations, log } = this.#parts;
    const { root } = await operations.places(operation);
    const folder = join(TRASH, trash_id);
    await journal.strikeTrashed(root, trash_id);
    for (const { path, size } of operation.change.trashed?.files ?? []) {
      const below = join(folder, path);
      const found = (await isThere(join(root, below))) ? await lstat(join(root, below)) : undefined;
      if (!found) continue;
      if (found.isDirectory() || found.size !== size)
        log.warn({ trash_id, path }, 'not what was put there, it stays');
      else await disk.remove(join(root, below), 'what lay in the trash');
    }
    const folders = new Set(
      (operation.change.trashed?.files ?? []).map(({ path }) => dirname(join(folder, path))),
    );
    for (const each of [...folders].sort((a, b) => b.length - a.length)) {
      await disk.removeEmpty(join(root, each), 'folder of the trash');
      await removeEmptyAbove(disk, root, each);
    }
    entries.remove(trash_id);
  }

  #demand(trashId: string): TrashRow {
    const row = this.#parts.entries.get(trashId);
    if (!row) throw new AppError('ERR_NOT_FOUND', 'The trash has no such entry');
    return row;
  }

  #newId(): string {
    return `tr-${randomId()}`;
  }

  #operation(kind: Operation['kind'], opId: string): Omit<Operation, 'moves' | 'change'> {
    return { version: 1, op_id: opId, kind, ready: true, files: [], created_ms: this.#parts.clock.wallMs() };
  }

  #entry(trashId: string, entry: EntryText, username?: string): Trashed {
    const { clock, settings } = this.#parts;
    const trashed_ms = clock.wallMs();
    const expires = settings.trash_days > 0 ? { expires_ms: trashed_ms + settings.trash_days * DAY_MS } : {};
    const by = username === undefined ? {} : { username };
    return { ...entry, ...by, trash_id: trashId, trashed_ms, ...expires, tracks: [] };
  }
}

/** Of files that went one by one, the folder they were in. */
const foldersOf = (paths: readonly string[]): string[] => [
  ...new Set(
    paths.map((path) => (/\.[a-z0-9]{2,5}$/i.test(path) ? dirname(path).replace(/^\.$/, '') : path)),
  ),
];
