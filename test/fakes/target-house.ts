import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '../../src/base/index.js';
import { Jobs } from '../../src/jobs/index.js';
import { openTargets, type NoteReason, type Targets } from '../../src/pipeline/targets/index.js';
import type { CommandRequest, Job, Target, TopicEvent } from '../../src/protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { SteppingClock } from './stepping-clock.js';

const admin = { connection_id: 'test', role: 'admin' } as const;

/** A music folder and the targets that hear of it; `again` is the next life of the server after a kill. */
export class TargetHouse {
  readonly events: TopicEvent[] = [];
  /** What was logged. */
  readonly said: string[] = [];
  readonly targets: Targets;
  readonly jobs: Jobs;
  readonly store: Store;

  private constructor(
    readonly dir: string,
    readonly clock: SteppingClock,
    readonly db: Db,
    /** Whether the disk of the library is there. */
    readonly disk: { there: boolean },
  ) {
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
    this.store.subscribe((events) => this.events.push(...events));
    const log = logInto(this.said);
    this.jobs = new Jobs({ db, store: this.store, clock, log });
    this.targets = openTargets({
      db,
      store: this.store,
      clock,
      log,
      random: () => 0.5,
      jobs: this.jobs,
      musicDir: this.musicDir,
      libraryThere: () => disk.there,
      albumFolder: (id) => (id === 'gone' ? undefined : id.replaceAll('.', '/')),
      answerMs: SteppingClock.LIMIT_MS,
    });
    this.targets.start();
  }

  static async open(clock = new SteppingClock()): Promise<TargetHouse> {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-targets-'));
    await mkdir(join(dir, 'music'));
    const db = openDb(join(dir, 'tutti.db'));
    migrate(db);
    return new TargetHouse(dir, clock, db, { there: true });
  }

  get musicDir(): string {
    return join(this.dir, 'music');
  }

  /** What a kill leaves is what is on the disk: nothing of this life is closed before the next begins. */
  again(): TargetHouse {
    return new TargetHouse(this.dir, this.clock, openDb(join(this.dir, 'tutti.db')), this.disk);
  }

  async close(): Promise<void> {
    await this.targets.close();
    this.jobs.close();
    this.db.close();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Files of an album, and the note of its import. */
  async bring(folder: string, ...titles: string[]): Promise<void> {
    await this.files(folder, ...titles);
    this.note(folder, 'imported');
  }

  async files(folder: string, ...titles: string[]): Promise<void> {
    for (const [at, title] of titles.entries()) {
      const path = join(this.musicDir, folder, `0${at + 1} - ${title}.flac`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, `sound of ${title}`);
    }
  }

  note(folder: string, reason: NoteReason): void {
    this.db.transaction(() => this.targets.outbox.note(this.db, folder, reason));
  }

  async add(fields: Partial<CommandRequest<'target:add'>> & { url: string }): Promise<string> {
    const { target_id } = await this.targets.handlers['target:add'](
      { kind: 'plex', name: 'Attic', enabled: true, mappings: [], ...fields },
      admin,
    );
    return target_id;
  }

  async update(request: CommandRequest<'target:update'>): Promise<void> {
    await this.targets.handlers['target:update'](request, admin);
  }

  async remove(target_id: string): Promise<void> {
    await this.targets.handlers['target:remove']({ target_id }, admin);
  }

  test(target_id: string) {
    return this.clock.through(Promise.resolve(this.targets.handlers['target:test']({ target_id }, admin)));
  }

  async scan(target_id: string, album_id?: string): Promise<string> {
    const request = { target_id, ...(album_id !== undefined && { album_id }) };
    return (await this.targets.handlers['target:scan'](request, admin)).job_id;
  }

  target(targetId: string): Target {
    const target = this.store.state.lists.targets.get(targetId);
    if (!target) throw new Error('no such target');
    return target;
  }

  allJobs(): Job[] {
    return this.jobs.list(100);
  }

  /** Folders in the outbox, whatever the target. */
  outbox(): string[] {
    return this.db
      .prepare('SELECT folder FROM scan_outbox ORDER BY serial')
      .all()
      .map((row) => String(row['folder']));
  }

  /** What admins were told. */
  told(): string[] {
    return this.events.flatMap((event) => (event.type === 'notification' ? [event.data.message] : []));
  }

  empty(): Promise<void> {
    return this.clock.until('the outbox is empty', () => this.outbox().length === 0);
  }
}

function logInto(said: string[]): Logger {
  const write = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err } = fields;
    said.push(JSON.stringify([message, fields, err instanceof Error ? [err.stack, String(err.cause)] : '']));
  };
  const log: Logger = {
    trace: write,
    debug: write,
    info: write,
    warn: write,
    error: write,
    child: () => log,
  };
  return log;
}
