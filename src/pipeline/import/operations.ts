import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Logger, Serial } from '../../base/index.js';
import type { TrashEntries } from '../trash/entries.js';
import type { Anchor } from './anchor.js';
import { cleanSources } from './clean.js';
import { type Disk, diskError, isThere } from './disk.js';
import { type Journal, type Operation, STAGING, TRASH } from './journal.js';
import { hasMore, moveBack, moveOn, type Proofs, progressOf, removeEmptyAbove, stands } from './moves.js';
import type { Record } from './record.js';

export interface OperationsParts {
  readonly anchor: Anchor;
  readonly disk: Disk;
  readonly journal: Journal;
  readonly record: Record;
  readonly entries: TrashEntries;
  /** Of downloads and candidates; has the journals of what concerns no library. */
  readonly workspaceDir: string;
  readonly log: Logger;
  /** A rejected candidate is back in its folder. Perhaps told twice. */
  readonly restored: (candidateId: string, folder: string) => void;
}

/** What became of something that was under way when the last life of the server ended. */
export interface Recovered {
  readonly op_id: string;
  readonly kind: Operation['kind'];
  /** `blocked`: something else stands in its place; nothing of it was touched, and the old is in the trash. */
  readonly outcome: 'finished' | 'undone' | 'blocked';
}

/**
 * Carries out operations one after the other: journal, moves, a look whether all stands there, one transaction, cleaning. Until the moves
 * begin everything can be dropped, and after the first one there is enough on the disk to go on or to go back.
 */
export class Operations {
  readonly #parts: OperationsParts;
  readonly #serial = new Serial();
  /** Under way in this life: nothing to recover. */
  readonly #claimed = new Set<string>();

  constructor(parts: OperationsParts) {
    this.#parts = parts;
  }

  /** Between `claim` and `release` recovery leaves it alone. */
  claim(opId: string): void {
    this.#claimed.add(opId);
  }

  release(opId: string): void {
    this.#claimed.delete(opId);
  }

  /** Where the journal of an operation is, and what its paths are below. Throws ERR_DISK while the music folder is not there. */
  async places(operation: Pick<Operation, 'root'>): Promise<{ home: string; root: string }> {
    const { anchor, workspaceDir } = this.#parts;
    if (operation.root !== undefined) return { home: workspaceDir, root: operation.root };
    const { root } = await anchor.demand();
    return { home: root, root };
  }

  /** From a whole plan to its end. On a failure everything is as before, as far as the disk lets it be; the rest is done at the next start. `proofs`: of what was staged. */
  perform(operation: Operation, signal: AbortSignal, proofs?: Proofs): Promise<void> {
    return this.#serial.run(async () => {
      const { home, root } = await this.places(operation);
      const { journal, disk, record } = this.#parts;
      try {
        signal.throwIfAborted();
        await journal.note(home, operation);
        await journal.noteTrashed(root, operation);
        await moveOn(disk, root, operation.moves, 0);
        if (!(await stands(root, operation, true, proofs)))
          throw new AppError('ERR_DISK', 'What was put in its place is not all there');
        await record.write(operation, new AbortController().signal);
      } catch (error) {
        if (!record.isDone(operation.op_id)) {
          await this.#takeBack(operation, home, root);
          throw diskError(error, 'The music folder cannot be changed');
        }
        this.#parts.log.error({ op_id: operation.op_id, error }, 'done, but not everybody could be told');
      }
      await this.#clean(operation, home, root);
    });
  }

  async #takeBack(operation: Operation, home: string, root: string): Promise<void> {
    try {
      await this.#retreat(operation, home, root);
    } catch (error) {
      this.#parts.log.error(
        { op_id: operation.op_id, error },
        'could not be taken back, it waits for the next start',
      );
    }
  }

  /** Nothing was moved, or nothing is any more: no trace stays. */
  async #drop(operation: Operation, home: string, root: string): Promise<void> {
    const { disk, journal } = this.#parts;
    const trashId = operation.change.trashed?.trash_id;
    if (trashId !== undefined) {
      await journal.strikeTrashed(root, trashId);
      for (const { to } of operation.moves)
        if (to.startsWith(`${TRASH}/`)) await removeEmptyAbove(disk, root, to);
    }
    await this.#dropStaged(operation, home);
  }

  /** The journal goes first: what is half dropped must not be taken for what was published. Staging without a journal is swept out. */
  async #dropStaged(operation: Operation, home: string): Promise<void> {
    const { disk, journal } = this.#parts;
    await journal.strike(home, operation.op_id);
    await disk.removeAll(join(home, STAGING, operation.op_id), 'what was staged');
  }

  /** Drops an import that is not ready, with what it staged. */
  discard(operation: Operation): Promise<void> {
    return this.#serial.run(async () => {
      const { home, root } = await this.places(operation);
      await this.#drop(operation, home, root);
    });
  }

  async #clean(operation: Operation, home: string, root: string): Promise<void> {
    const { disk, journal, log, restored } = this.#parts;
    const { change, sources } = operation;
    try {
      for (const { from } of operation.moves)
        if (operation.root === undefined || from.startsWith(`${TRASH}/`))
          await removeEmptyAbove(disk, root, from);
      if (change.untrash !== undefined) await journal.strikeTrashed(root, change.untrash);
      if (sources) await cleanSources(disk, sources, log);
      await journal.strike(home, operation.op_id);
    } catch (error) {
      log.warn({ op_id: operation.op_id, error }, 'could not be tidied, that is done at the next start');
    }
    if (change.candidate_id !== undefined && operation.moves[0])
      restored(change.candidate_id, join(root, operation.moves[0].to));
  }

  /** Goes on with, or takes back, what was under way. The disk says how far it came. Passes over what is not there now. */
  recover(): Promise<Recovered[]> {
    return this.#serial.run(async () => {
      const found: Recovered[] = [];
      const ground = await this.#parts.anchor.find();
      if (ground) found.push(...(await this.#recoverIn(ground.root)));
      if (await isThere(this.#parts.workspaceDir))
        found.push(...(await this.#recoverIn(this.#parts.workspaceDir)));
      return found;
    });
  }

  async #recoverIn(home: string): Promise<Recovered[]> {
    const found: Recovered[] = [];
    for (const operation of await this.#parts.journal.all(home)) {
      if (this.#claimed.has(operation.op_id)) continue;
      const root = operation.root ?? home;
      const outcome = await this.#recoverOne(operation, home, root);
      this.#parts.log.info({ op_id: operation.op_id, kind: operation.kind, outcome }, 'went on after a stop');
      found.push({ op_id: operation.op_id, kind: operation.kind, outcome });
    }
    await this.#sweep(home);
    for (const operation of await this.#parts.journal.allTrashed(home)) await this.#readopt(operation, home);
    return found;
  }

  async #recoverOne(operation: Operation, home: string, root: string): Promise<Recovered['outcome']> {
    const { record, disk } = this.#parts;
    if (record.isDone(operation.op_id)) {
      await this.#clean(operation, home, root);
      return 'finished';
    }
    const made = operation.ready ? await progressOf(root, operation) : 0;
    if (made !== undefined && made > 0) {
      await moveOn(disk, root, operation.moves, made);
      if (await stands(root, operation, true)) {
        await record.write(operation, new AbortController().signal);
        await this.#clean(operation, home, root);
        return 'finished';
      }
    }
    return await this.#retreat(operation, home, root);
  }

  /** Back to what was before. What cannot go back, because something else stands in its place, stays in the trash, where people find it. */
  async #retreat(operation: Operation, home: string, root: string): Promise<Recovered['outcome']> {
    const { disk, entries } = this.#parts;
    const made = operation.ready ? await progressOf(root, operation) : 0;
    if (made === operation.moves.length && (await hasMore(root, operation)))
      this.#parts.log.warn(
        { op_id: operation.op_id },
        'others put files into an album that is not done, it stays',
      );
    else await moveBack(disk, root, operation.moves, made ?? 0);
    if (made === undefined) await this.#fetchBack(operation, root);
    if (!(await isTrashed(root, operation))) {
      await this.#drop(operation, home, root);
      return 'undone';
    }
    entries.add(operation);
    await this.#dropStaged(operation, home);
    return 'blocked';
  }

  /** Where nobody can tell what happened: only we put things into this folder of the trash, and only into empty places they go back. */
  async #fetchBack({ moves, change }: Operation, root: string): Promise<void> {
    const trash = `${TRASH}/${change.trashed?.trash_id ?? ''}/`;
    for (const move of moves.toReversed())
      if (move.to.startsWith(trash) && (await isThere(join(root, move.to))))
        await moveBack(this.#parts.disk, root, [move], 1);
  }

  /** Staging is ours alone; what has no whole journal was not ready. */
  async #sweep(home: string): Promise<void> {
    const { disk, journal } = this.#parts;
    for (const name of await journal.orphans(home)) {
      if (this.#claimed.has(name.replace(/\.json(\.tmp)?$/, ''))) continue;
      const path = join(home, STAGING, name);
      if ((await lstat(path)).isDirectory()) await disk.removeAll(path, 'an orphan');
      else await disk.remove(path, 'an orphan');
    }
  }

  /** The trash knows of an operation that the database does not: an older database was put back. Where the disk is as it left it, it is noted again. */
  async #readopt(operation: Operation, root: string): Promise<void> {
    const { record, entries, log, journal } = this.#parts;
    const trashId = operation.change.trashed?.trash_id ?? '';
    if (entries.has(trashId)) return;
    if (!(await isTrashed(root, operation))) {
      await journal.strikeTrashed(root, trashId);
      return;
    }
    const made = await progressOf(root, operation);
    const isAsLeft = made === operation.moves.length && (await stands(root, operation, true));
    log.info({ trash_id: trashId, isAsLeft }, 'the trash knows more than the database');
    if (isAsLeft && !record.isDone(operation.op_id))
      await record.write(operation, new AbortController().signal);
    else entries.add(operation);
  }

  async close(): Promise<void> {
    await this.#serial.idle();
  }
}

/** Whether anything that it put into the trash is there. */
async function isTrashed(root: string, { change, moves }: Operation): Promise<boolean> {
  const into = moves.filter(({ to }) => to.startsWith(`${TRASH}/${change.trashed?.trash_id ?? ''}/`));
  for (const { to } of into) if (await isThere(join(root, to))) return true;
  return false;
}
