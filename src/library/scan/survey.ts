import { setImmediate } from 'node:timers/promises';
import type { Db } from '../../storage/index.js';
import { type Bytes, bytes, insideRange, joinBytes } from '../file-names.js';
import type { FoundFile, LostTrack } from './catalog.js';
import type { Listing } from './walk.js';

/** What differs between the disk and the library. */
export interface Differences {
  readonly changed: FoundFile[];
  readonly lost: LostTrack[];
  readonly goneFolders: Bytes[];
  /** Folders with files that still grow: to be looked at again. */
  readonly unsettled: Bytes[];
  readonly keptMounts: Bytes[];
}

export interface SurveyOptions {
  readonly db: Db;
  readonly full: boolean;
  readonly settleMs: number;
  readonly wallMs: () => number;
  /** Files seen growing: path -> what was seen, and when. Kept between scans. */
  readonly growing: Map<string, { readonly mark: string; readonly atMs: number }>;
}

const PAGE = 256;
const mark = (file: FoundFile): string => `${file.size}:${file.mtimeUs}`;

/** Compares listings with the library, folder by folder, a page of rows at a time. */
export class Survey implements Differences {
  readonly changed: FoundFile[] = [];
  readonly lost: LostTrack[] = [];
  readonly goneFolders: Bytes[] = [];
  readonly unsettled: Bytes[] = [];
  readonly keptMounts: Bytes[] = [];
  #options: SurveyOptions;

  constructor(options: SurveyOptions) {
    this.#options = options;
  }

  async compare(listing: Listing): Promise<void> {
    const known = await this.#compareFiles(listing);
    const { db } = this.#options;
    const count = Number(
      db.prepare('SELECT count(*) AS n FROM tracks WHERE folder = ?').get(listing.folder)?.['n'] ?? 0,
    );
    if (count > known) await this.#findLost(listing);
    this.#forgetProblems(listing);
    await this.#findGoneFolders(listing);
  }

  /** How many of the files have a row. */
  async #compareFiles(listing: Listing): Promise<number> {
    const { db, full } = this.#options;
    let known = 0;
    let settled = true;
    for (const [at, file] of listing.audio.entries()) {
      if (at % PAGE === PAGE - 1) await setImmediate();
      const row = db
        .prepare('SELECT size, mtime_us FROM tracks WHERE folder = ? AND name = ?')
        .get(file.folder, file.name);
      if (row) known++;
      const seen =
        row ??
        db
          .prepare('SELECT size, mtime_us FROM library_problems WHERE folder = ? AND name = ?')
          .get(file.folder, file.name);
      const same = seen?.['size'] === file.size && seen['mtime_us'] === file.mtimeUs;
      if (same && !full) continue;
      if (this.#isSettled(file)) this.changed.push(file);
      else settled = false;
    }
    if (!settled) this.unsettled.push(listing.folder);
    return known;
  }

  /** A file changed a moment ago is taken when it is the same after the settle time. */
  #isSettled(file: FoundFile): boolean {
    const { growing, settleMs, wallMs } = this.#options;
    const key = joinBytes(file.folder, file.name).toString('latin1');
    const now = wallMs();
    const age = now - file.mtimeUs / 1000;
    const before = growing.get(key);
    const same = before?.mark === mark(file);
    if (age >= settleMs || (same && now - before.atMs >= settleMs)) {
      growing.delete(key);
      return true;
    }
    if (!same) growing.set(key, { mark: mark(file), atMs: now });
    return false;
  }

  async #findLost(listing: Listing): Promise<void> {
    const there = new Set(listing.audio.map((file) => file.name.toString('latin1')));
    let after: Bytes = Buffer.alloc(0);
    for (;;) {
      const rows = this.#options.db
        .prepare(
          'SELECT row, name, size, mtime_us FROM tracks WHERE folder = ? AND name > ? ORDER BY name LIMIT ?',
        )
        .all(listing.folder, after, PAGE);
      for (const row of rows) {
        if (!there.has(bytes(row['name']).toString('latin1')))
          this.lost.push({
            row: Number(row['row']),
            size: Number(row['size']),
            mtimeUs: Number(row['mtime_us']),
          });
      }
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = bytes(last['name']);
      await setImmediate();
    }
  }

  #forgetProblems(listing: Listing): void {
    const { db } = this.#options;
    const rows = db.prepare('SELECT name FROM library_problems WHERE folder = ?').all(listing.folder);
    if (rows.length === 0) return;
    const there = new Set([...listing.audio, ...listing.notes].map(({ name }) => name.toString('latin1')));
    for (const row of rows) {
      const name = bytes(row['name']);
      if (!there.has(name.toString('latin1')))
        db.prepare('DELETE FROM library_problems WHERE folder = ? AND name = ?').run(listing.folder, name);
    }
  }

  /** Known folders below this one whose way down is no longer there, with their tracks. */
  async #findGoneFolders(listing: Listing): Promise<void> {
    const { from, to } = insideRange(listing.folder);
    const rows = this.#options.db
      .prepare('SELECT folder, mounted FROM folders WHERE folder > ? AND folder < ?')
      .all(from, to);
    const there = new Set(listing.subfolders.map((name) => name.toString('latin1')));
    const skip = listing.folder.length === 0 ? 0 : listing.folder.length + 1;
    let kept: Bytes | undefined;
    for (const [at, row] of rows.entries()) {
      if (at % PAGE === PAGE - 1) await setImmediate();
      const folder = bytes(row['folder']);
      if (kept && isWithin(folder, kept)) continue;
      const slash = folder.indexOf(0x2f, skip);
      const child = folder.toString('latin1', skip, slash < 0 ? folder.length : slash);
      if (there.has(child)) continue;
      if (row['mounted'] === 1 && !this.#options.full) {
        this.keptMounts.push((kept = Buffer.from(folder)));
        continue;
      }
      this.goneFolders.push(Buffer.from(folder));
      await this.#findLost({ ...listing, folder, audio: [] });
    }
  }

  /** A disk was mounted here and now the folder is empty: it is unplugged, not emptied, and what it held is kept until a full scan. */
  isUnplugged(listing: Listing): boolean {
    if (listing.mounted || listing.entries > 0 || this.#options.full) return false;
    const row = this.#options.db.prepare('SELECT mounted FROM folders WHERE folder = ?').get(listing.folder);
    if (row?.['mounted'] !== 1) return false;
    this.keptMounts.push(listing.folder);
    return true;
  }
}

function isWithin(folder: Bytes, above: Bytes): boolean {
  return folder[above.length] === 0x2f && folder.subarray(0, above.length).equals(above);
}
