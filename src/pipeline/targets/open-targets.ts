import { join } from 'node:path';
import { AppError, uuid, type Clock, type Logger, type Timer } from '../../base/index.js';
import type { Jobs } from '../../jobs/index.js';
import type { CommandRequest, Handlers, Target } from '../../protocol/index.js';
import { KeptList, type Store } from '../../state/index.js';
import type { Db } from '../../storage/index.js';
import type { ScanTarget } from './contract.js';
import { checkAddress, makeTarget } from './kinds.js';
import { Outbox, type ScanOutbox } from './outbox.js';
import { TargetRunner, type RunnerParts } from './runner.js';
import { TargetSecret } from './target-secret.js';
import { tryTarget } from './try-target.js';

export interface TargetsParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  random(this: void): number;
  readonly jobs: Pick<Jobs, 'open' | 'onRetry'>;
  /** Absolute. */
  readonly musicDir: string;
  /** Whether the library is where it should be, its disk and all. */
  libraryThere(this: void): Promise<boolean> | boolean;
  /** Below the music folder; undefined when there is no such album. */
  albumFolder(this: void, albumId: string): string | undefined;
  /** What the library calls a file, given below the music folder; by its name otherwise. */
  titleOf?(this: void, path: string): string | undefined;
  /** How long one answer of a target may take; 15 s by default. */
  readonly answerMs?: number;
}

type TargetCommand = `target:${'list' | 'add' | 'update' | 'remove' | 'test' | 'scan'}`;

export interface Targets {
  readonly handlers: Handlers<TargetCommand>;
  /** For imports, inside their transactions. */
  readonly outbox: ScanOutbox;
  /** Tells what is left from before, and from now on what is new. Nothing is sent before. */
  start(): void;
  close(): Promise<void>;
}

const ANSWER_MS = 15_000;
/** After a note its transaction ends. */
const NOTED_MS = 50;
const MOST_TARGETS = 50;

/** Other music servers that are told what changes in the library. A failure of theirs is theirs alone. */
export function openTargets(parts: TargetsParts): Targets {
  return new OpenTargets(parts);
}

class OpenTargets implements Targets {
  readonly outbox: Outbox;
  readonly handlers: Handlers<TargetCommand>;
  readonly #parts: TargetsParts;
  readonly #list: KeptList<'targets', TargetSecret>;
  readonly #runners = new Map<string, TargetRunner>();
  readonly #stop = new AbortController();
  #noted: Timer | undefined;
  #started = false;

  constructor(parts: TargetsParts) {
    const { db, store, clock } = parts;
    this.#parts = parts;
    this.#list = new KeptList({ db, store, list: 'targets', own: TargetSecret });
    this.outbox = new Outbox({
      db,
      clock,
      targets: () => this.#enabled(),
      noted: () => this.#soon(),
    });
    for (const { item } of this.#list.all()) this.#follow(item.target_id);
    parts.jobs.onRetry('target-scan', ({ target_id, folder }) =>
      this.#scan(String(target_id), String(folder)),
    );
    this.handlers = this.#handlers();
  }

  start(): void {
    this.#started = true;
    for (const runner of this.#runners.values()) runner.wake();
  }

  async close(): Promise<void> {
    this.#noted?.cancel();
    this.#stop.abort(new AppError('ERR_BUSY', 'The server is stopping'));
    await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
  }

  #handlers(): Handlers<TargetCommand> {
    return {
      'target:list': () => ({
        targets: this.#list
          .all()
          .map(({ item }) => item)
          .reverse(),
      }),
      'target:add': ({ kind, secret, section, ...fields }) => {
        checkAddress(kind, fields.url);
        if (this.#list.all().length >= MOST_TARGETS)
          throw new AppError('ERR_CONFLICT', 'There are too many already');
        const target_id = uuid();
        this.#list.put(
          { target_id, kind, ...fields, ...sectionOf(section), waiting: 0 },
          secret === undefined ? {} : { secret },
        );
        this.#follow(target_id);
        return { target_id };
      },
      'target:update': (request) => this.#update(request),
      'target:remove': async ({ target_id }) => {
        this.#get(target_id);
        const runner = this.#runners.get(target_id);
        this.#runners.delete(target_id);
        this.#list.remove([target_id]);
        await runner?.close('The target was removed');
        this.outbox.forget(target_id);
        return {};
      },
      'target:test': async ({ target_id }) => {
        const { item, own } = this.#get(target_id);
        const { musicDir, libraryThere, titleOf } = this.#parts;
        const library = { musicDir, ...(titleOf && { titleOf }) };
        const starts = item.mappings.map(({ ours }) => ours);
        const tryParts = { library, starts, libraryThere };
        const tried = await tryTarget(this.#make(item, own), tryParts, this.#stop.signal);
        if (tried.ok) this.#runners.get(target_id)?.again();
        return tried;
      },
      'target:scan': ({ target_id, album_id }) => {
        if (album_id === undefined) return { job_id: this.#scan(target_id, '') };
        const folder = this.#parts.albumFolder(album_id);
        if (folder === undefined)
          throw new AppError('ERR_ALBUM_NOT_FOUND', 'The library has no album with this id');
        return { job_id: this.#scan(target_id, folder) };
      },
    };
  }

  async #update({
    target_id,
    secret,
    section,
    ...fields
  }: CommandRequest<'target:update'>): Promise<Record<string, never>> {
    const { item, own } = this.#get(target_id);
    const { section: before, ...others } = item;
    const changed: Target = {
      ...others,
      name: fields.name ?? item.name,
      url: fields.url ?? item.url,
      enabled: fields.enabled ?? item.enabled,
      mappings: fields.mappings ?? item.mappings,
      ...sectionOf(section ?? before),
    };
    checkAddress(item.kind, changed.url);
    this.#list.put(changed, secret === undefined ? own : { secret });
    // What happened while it was off is not in the outbox: it looks at everything once.
    if (changed.enabled && !item.enabled) this.outbox.noteFor(target_id, '', 'asked');
    await this.#runners.get(target_id)?.changed();
    return {};
  }

  #scan(targetId: string, folder: string): string {
    const { item } = this.#get(targetId);
    if (!item.enabled) throw new AppError('ERR_CONFLICT', 'This target is switched off');
    const params = { target_id: targetId, folder };
    const job = this.#parts.jobs.open({ kind: 'target-scan', title: `Scan by ${item.name}`, params });
    this.outbox.noteFor(targetId, folder, 'asked');
    this.#runners.get(targetId)?.ask(folder, job);
    return job.job_id;
  }

  #get(targetId: string): { readonly item: Target; readonly own: TargetSecret } {
    const entry = this.#list.get(targetId);
    if (!entry)
      throw new AppError('ERR_NOT_FOUND', 'No target has this id', { params: { target_id: targetId } });
    return entry;
  }

  #enabled(): string[] {
    return this.#list.all().flatMap(({ item }) => (item.enabled ? [item.target_id] : []));
  }

  #follow(targetId: string): void {
    const { clock, log, random, jobs, store, musicDir, titleOf, libraryThere } = this.#parts;
    const runner: RunnerParts = {
      targets: this.#list,
      outbox: this.outbox,
      clock,
      log,
      random,
      library: { musicDir, ...(titleOf && { titleOf }) },
      libraryThere,
      openJob: (spec) => jobs.open(spec),
      make: (item, own) => this.#make(item, own),
      tell: (title, message) =>
        store.tell({
          type: 'notification',
          topic: 'toasts',
          data: { level: 'error', title, message },
          audience: { role: 'admin' },
        }),
    };
    const fresh = new TargetRunner(runner, targetId);
    this.#runners.set(targetId, fresh);
    fresh.count();
    if (this.#started) fresh.wake();
  }

  #make({ kind, url, section, mappings }: Target, { secret }: TargetSecret): ScanTarget {
    const { musicDir, clock, answerMs = ANSWER_MS } = this.#parts;
    const whole = join(musicDir, '/').slice(0, -1);
    return makeTarget(kind, { url, section, secret, mappings, musicDir: whole, clock, answerMs });
  }

  /** The transaction of the note has to end first; it may fail, too. */
  #soon(): void {
    if (this.#stop.signal.aborted) return;
    this.#noted ??= this.#parts.clock.after(NOTED_MS, () => {
      this.#noted = undefined;
      for (const runner of this.#runners.values()) {
        runner.count();
        if (this.#started) runner.wake();
      }
    });
  }
}

/** An empty section is none. */
const sectionOf = (section: string | undefined): { readonly section?: string } =>
  section === undefined || section === '' ? {} : { section };
