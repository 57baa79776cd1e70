import * as z from 'zod';
import { AppError, type Clock } from '../../base/index.js';
import type { AlbumChange, Intake, Looked } from '../../library/index.js';
import type { Db } from '../../storage/index.js';
import type { Imported } from '../contract.js';
import type { TrashEntries } from '../trash/entries.js';
import type { Disk } from './disk.js';
import type { ImportedFile, Operation } from './journal.js';

/** Notes, in the transaction that is open, that other servers have to look at a folder below the music folder. */
export type Outbox = (
  db: Db,
  folder: string,
  reason: 'imported' | 'upgraded' | 'deleted' | 'restored',
) => void;

export interface RecordParts {
  readonly db: Db;
  readonly intake: Intake;
  readonly entries: TrashEntries;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly outbox: Outbox;
}

const Result = z.object({
  album_id: z.string(),
  folder: z.string(),
  track_ids: z.array(z.string().nullable()),
  upgraded: z.array(z.object({ track_id: z.string(), old_quality: z.string(), new_quality: z.string() })),
});

/** Writes what an operation came to: library, sums, trash, what others have to be told, and that it is done. All or nothing, through a power cut. */
export class Record {
  readonly #parts: RecordParts;

  constructor(parts: RecordParts) {
    this.#parts = parts;
  }

  isDone(opId: string): boolean {
    return this.#parts.db.prepare('SELECT 1 FROM operations WHERE op_id = ?').get(opId) !== undefined;
  }

  /** What an import came to; undefined when it is not done. */
  imported(opId: string): Imported | undefined {
    const row = this.#parts.db
      .prepare("SELECT result FROM operations WHERE op_id = ? AND kind = 'import'")
      .get(opId);
    if (!row) return undefined;
    const { track_ids, ...rest } = Result.parse(JSON.parse(String(row['result'])));
    return { ...rest, track_ids: track_ids.map((id) => id ?? undefined) };
  }

  async write(operation: Operation, signal: AbortSignal): Promise<void> {
    const { intake, disk, db } = this.#parts;
    const { adopt } = operation.change;
    const looked = adopt.length === 0 ? undefined : await intake.look(adopt, signal);
    const changes = disk.transacted('transaction', () =>
      db.transaction(() => {
        const found = this.#change(operation, looked);
        disk.inside('transaction');
        return found;
      }),
    );
    intake.tell(changes, looked);
  }

  #change(operation: Operation, looked: Looked | undefined): AlbumChange[] {
    const { intake, entries, db, outbox } = this.#parts;
    const { change } = operation;
    const changes = [...intake.dismiss(change.dismiss)];
    let result = '{}';
    if (looked) {
      const tracks = new Map(change.keep.tracks.map(({ path, ...kept }) => [path, kept]));
      const adopted = intake.adopt(looked, { album_id: change.keep.album_id, tracks });
      changes.push(...adopted.changes);
      if (change.imported)
        result = this.#imported(operation, change.imported, adopted.album_id, adopted.track_ids);
    }
    for (const id of change.dismiss)
      if (!intake.track(id)) db.prepare('DELETE FROM file_sums WHERE track_id = ?').run(id);
    entries.add(operation);
    if (change.untrash !== undefined) entries.remove(change.untrash);
    for (const folder of change.told) outbox(db, folder, reasonOf(operation));
    db.prepare('INSERT OR REPLACE INTO operations VALUES (?, ?, ?, ?)').run(
      operation.op_id,
      operation.kind,
      result,
      this.#parts.clock.wallMs(),
    );
    return changes;
  }

  #imported(
    { files }: Operation,
    imported: NonNullable<Operation['change']['imported']>,
    albumId: string | undefined,
    trackIds: ReadonlyMap<string, string>,
  ): string {
    const { db, clock } = this.#parts;
    const track_ids = new Array<string | null>(imported.count).fill(null);
    const upgraded: Imported['upgraded'][number][] = [];
    for (const file of files) {
      if (file.track === undefined) continue;
      const id = trackIds.get(file.path);
      if (id === undefined)
        throw new AppError('ERR_UNPLAYABLE', 'The library cannot read a file of this album');
      track_ids[file.track] = id;
      if (file.upgraded) upgraded.push({ track_id: id, ...file.upgraded });
      this.#keepSums(id, file);
    }
    if (albumId === undefined) throw new AppError('ERR_UNPLAYABLE', 'There is no music in this album');
    db.prepare('INSERT OR REPLACE INTO album_origins VALUES (?, ?, ?, ?)').run(
      albumId,
      imported.release_id ?? null,
      imported.release_group_id ?? null,
      clock.wallMs(),
    );
    return JSON.stringify({ album_id: albumId, folder: imported.folder, track_ids, upgraded });
  }

  #keepSums(trackId: string, file: ImportedFile): void {
    const { db, intake, clock } = this.#parts;
    const mtimeUs = intake.track(trackId)?.mtime_us ?? 0;
    db.prepare(
      `INSERT OR REPLACE INTO file_sums (track_id, size, mtime_us, sha256, checked_ms, path, audio_md5, found) VALUES (?,?,?,?,?,?,?,NULL)`,
    ).run(trackId, file.size, mtimeUs, file.sha256, clock.wallMs(), file.path, file.audio_md5 ?? null);
    db.prepare('INSERT OR REPLACE INTO track_origins VALUES (?, ?, ?, ?)').run(
      trackId,
      file.recording_id ?? null,
      file.channels ?? null,
      file.bitrate_kbps ?? null,
    );
  }
}

function reasonOf({ kind, change }: Operation): Parameters<Outbox>[2] {
  if (kind === 'import') return change.trashed ? 'upgraded' : 'imported';
  return kind === 'restore' ? 'restored' : 'deleted';
}
