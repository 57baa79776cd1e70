import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ManualClock } from '../../../test/fakes/manual-clock.js';
import { until } from '../../../test/until.js';
import { AppError, silentLogger } from '../../base/index.js';
import { Jobs, openQueue, type JobQueue, type Work } from '../../jobs/index.js';
import type { Candidate, Duplicate, Match, TopicEvent } from '../../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../state/index.js';
import { migrate, openDb, type Db } from '../../storage/index.js';
import type { Examined, Identified, Imported, ImportPlan } from '../contract.js';
import { ExaminedSchema, type ExamineParams } from '../examine/index.js';
import { walkFolder } from '../examine/walk-folder.js';
import { reviewHandlers } from '../review/handlers.js';
import { Candidates } from './candidates.js';
import { Flow, type Arrival } from './flow.js';
import { Imports } from './imports.js';
import { News } from './news.js';
import { WorkspaceNews } from './workspace-news.js';

const admin = { connection_id: 'c', role: 'admin', name: 'Ann' } as const;

const examine: Work<ExamineParams, Examined> = {
  kind: 'examine',
  params: z.object({ folder: z.string(), fpcalc: z.string().optional() }),
  result: ExaminedSchema,
  retry: { attempts: 1, delay_ms: 0 },
  async run({ folder }, { signal }) {
    const { files, gates } = await walkFolder(folder, signal);
    const found = files.map(({ path, stat }) => ({
      path,
      size_bytes: Number(stat.size),
      kind: 'audio' as const,
      sha256: '',
      mtime_ns: '0',
    }));
    return { folder, files: found, gates: [...gates] };
  },
};

function matchOf({ files }: Examined, album: string): Match {
  const tracks = files.map((file, at) => ({
    disc_number: 1,
    track_number: at + 1,
    title: file.path,
    artist: 'Artist',
  }));
  return {
    release: { release_id: `r-${album}`, album, album_artist: 'Artist', compilation: false, tracks },
    confidence: 1,
    evidence: ['tags'],
    penalties: [],
    files: files.map(({ path }) => path),
    gates: [],
  };
}

/** The pipeline over a folder and a database, which a next life takes over as a process that was killed left them. */
class Life {
  readonly clock = new ManualClock();
  readonly events: TopicEvent[] = [];
  readonly store: Store;
  readonly candidates: Candidates;
  readonly jobs: Jobs;
  readonly imports: Imports;
  readonly library: string[] = [];
  readonly rejected: string[] = [];
  flow!: Flow;
  queue!: JobQueue;
  /** What identify says; by default nothing speaks against it. */
  decide: (examined: Examined, name: string) => Promise<Identified> = (examined, name) =>
    Promise.resolve({
      by: 'tags',
      matches: [matchOf(examined, name)],
      decision: 'import',
      gates: [],
      confidence: 1,
    });
  duplicates: (album: string) => readonly Duplicate[] = () => [];
  import: (plan: ImportPlan) => Promise<Imported> = (plan) => {
    if (!this.library.includes(plan.import_id)) this.library.push(plan.import_id);
    return Promise.resolve({
      album_id: `al-${plan.release.album}`,
      folder: plan.release.album,
      track_ids: plan.tracks.map((path) => path ?? undefined),
      upgraded: [],
    });
  };

  constructor(
    readonly db: Db,
    readonly dir: string,
  ) {
    const { clock } = this;
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
    this.store.subscribe((told) => this.events.push(...told));
    this.jobs = new Jobs({ db, store: this.store, clock, log: silentLogger });
    this.candidates = new Candidates({ db, store: this.store, clock, workspace: join(dir, 'workspace') });
    const news = new News({
      store: this.store,
      files: new WorkspaceNews(this.store, clock),
      happened: () => undefined,
      notify: () => undefined,
    });
    this.imports = new Imports({
      candidates: this.candidates,
      jobs: this.jobs,
      clock,
      log: silentLogger,
      news,
      duplicates: (_examined, { release }) => this.duplicates(release.album),
      import: (plan) => this.import(plan),
    });
    this.news = news;
  }
  readonly news: News;

  async open(): Promise<this> {
    const { db, store, clock, jobs, candidates, imports, news } = this;
    await mkdir(join(this.dir, 'workspace', 'details'), { recursive: true });
    this.queue = await openQueue({ db, jobs, clock, log: silentLogger, random: () => 0.5 });
    this.flow = new Flow({
      db,
      store,
      clock,
      workspace: join(this.dir, 'workspace'),
      log: silentLogger,
      queue: this.queue,
      jobs,
      candidates,
      imports,
      news,
      examine,
      identify: (examined, name) => this.decide(examined, name),
    });
    this.handlers = this.#handlers();
    return this;
  }

  start(): void {
    this.flow.start();
    this.queue.start();
  }

  readonly #handlers = (): ReturnType<typeof reviewHandlers> =>
    reviewHandlers({
      candidates: this.candidates,
      flow: this.flow,
      imports: this.imports,
      search: (examined) => Promise.resolve([matchOf(examined, 'Found')]),
      trash: (candidate) => Promise.resolve(this.rejected.push(candidate.candidate_id)),
      hasAlbum: (id) => id === 'al-old',
    });
  /** As a person does, by the commands. */
  handlers!: ReturnType<typeof reviewHandlers>;

  of(title: RegExp | string): Candidate | undefined {
    return this.candidates.all().find(({ item }) => item.title.match(title) || item.path.match(title))?.item;
  }

  async reached(title: string, state: Candidate['state']): Promise<Candidate> {
    await until(`${title} is ${state}`, async () => {
      await this.clock.advance(50);
      return this.of(title)?.state === state;
    });
    return this.of(title)!;
  }

  async close(): Promise<void> {
    await this.queue.close();
    await this.flow.close();
    await this.imports.close();
    this.news.files.close();
  }
}

let dir: string;
let db: Db;
let life: Life;
const lives: Life[] = [];

async function nextLife(prepare: (life: Life) => void = () => undefined): Promise<Life> {
  life = await new Life(db, dir).open();
  lives.push(life);
  prepare(life);
  return life;
}

async function delivery(...paths: string[]): Promise<Arrival> {
  for (const path of paths) {
    await mkdir(dirname(join(dir, 'incoming', path)), { recursive: true });
    await writeFile(join(dir, 'incoming', path), path);
  }
  return {
    arrival_id: 'd1',
    folder: join(dir, 'incoming'),
    title: 'Delivery',
    source: 'http',
    download_id: 'd1',
  };
}

const review =
  (gate: string): Life['decide'] =>
  (examined, name) =>
    Promise.resolve({
      by: 'source',
      matches: [matchOf(examined, name)],
      decision: 'review',
      gates: [{ gate: 'missing_tracks', sentence: gate }],
      confidence: 0.9,
    });

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-flow-'));
  db = openDb(':memory:');
  migrate(db);
});
afterEach(async () => {
  for (const one of lives.splice(0)) await one.close();
  await rm(dir, { recursive: true, force: true });
});

describe('[IM1] the life of a candidate', () => {
  it('goes from a folder to the shelf, and what it brought is told', async () => {
    await nextLife();
    life.start();
    await life.flow.arrived(await delivery('1.flac', '2.flac'));
    const done = await life.reached('Delivery', 'imported');
    expect(done).toMatchObject({ album_id: 'al-Delivery', album: 'Delivery', file_count: 2, confidence: 1 });
    await life.clock.advance(1000);
    const told = life.events.map(({ type }) => type);
    for (const type of [
      'candidate:created',
      'candidate:updated',
      'file:changed',
      'workspace:changed',
      'import:complete',
    ])
      expect(told).toContain(type);
  });

  it('takes several albums of one delivery apart', async () => {
    await nextLife();
    life.start();
    const ids = await life.flow.arrived(
      await delivery('One/1.flac', 'Two/CD1/1.flac', 'Two/CD2/1.flac', 'x.flac'),
    );
    expect(ids).toHaveLength(3);
    await Promise.all(['One', 'Two', 'Delivery'].map((title) => life.reached(title, 'imported')));
    expect(life.library).toHaveLength(3);
  });

  it('is the same one however often it is handed on', async () => {
    await nextLife();
    life.start();
    const arrival = await delivery('1.flac');
    const first = await life.flow.arrived(arrival);
    expect(await life.flow.arrived(arrival)).toEqual(first);
    await life.reached('Delivery', 'imported');
    expect(life.library).toHaveLength(1);
  });

  it('makes the second of two that are the same album a duplicate, never a mix', async () => {
    await nextLife((one) => {
      one.duplicates = () =>
        one.library.length === 0
          ? []
          : [{ album_id: 'al', title: 'A', artist: 'Artist', by: 'release', quality: 'same' }];
    });
    await life.flow.arrived(await delivery('A/1.flac', 'B/1.flac'));
    life.start();
    await until('one is in and one waits', async () => {
      await life.clock.advance(50);
      const states = life.candidates.all().map(({ item }) => item.state);
      return states.includes('imported') && states.includes('review');
    });
    const waits = life.candidates.all().find(({ item }) => item.state === 'review');
    expect(waits?.item).toMatchObject({
      reason: expect.stringMatching(/already/),
      gates: [{ gate: 'duplicate' }],
    });
    expect(life.library).toHaveLength(1);
  });

  it('replaces what it is better than, by itself', async () => {
    const plans: ImportPlan[] = [];
    await nextLife((one) => {
      one.duplicates = () => [
        { album_id: 'al-old', title: 'A', artist: 'Artist', by: 'audio', quality: 'better' },
      ];
      const simple = one.import;
      one.import = (plan) => {
        plans.push(plan);
        return simple(plan);
      };
    });
    life.start();
    await life.flow.arrived(await delivery('1.flac'));
    await life.reached('Delivery', 'imported');
    expect(plans.map(({ replace_album_id }) => replace_album_id)).toEqual(['al-old']);
  });

  it('asks a source that is down again: twice by itself, then by the scan of what is pending', async () => {
    let asked = 0;
    await nextLife((one) => {
      const simple = one.decide;
      one.decide = (examined, name) => {
        if (++asked > 3) return simple(examined, name);
        return Promise.reject(new AppError('ERR_SOURCE', 'it does not answer', { retryable: true }));
      };
    });
    life.start();
    await life.flow.arrived(await delivery('1.flac'));
    await life.reached('Delivery', 'waiting');
    await life.clock.advance(299_000);
    expect(asked).toBe(1);
    await until('it gave up asking by itself', async () => {
      await life.clock.advance(10_000);
      return asked === 3 && life.of('Delivery')?.state === 'waiting';
    });
    expect(life.flow.pendingScan()).toBe(1);
    await life.reached('Delivery', 'imported');
  });

  it('tries an import that the disk refused again after five minutes', async () => {
    let tries = 0;
    await nextLife((one) => {
      const simple = one.import;
      one.import = (plan) =>
        ++tries < 3 ? Promise.reject(new AppError('ERR_SPACE', 'The disk is full')) : simple(plan);
    });
    life.start();
    await life.flow.arrived(await delivery('1.flac'));
    await until('it is imported', async () => {
      await life.clock.advance(100_000);
      return life.of('Delivery')?.state === 'imported';
    });
    expect(tries).toBe(3);
  });
});

describe('[IM1] a server that is killed', () => {
  const arrive = async (): Promise<void> =>
    void (await life.flow.arrived(await delivery('A/1.flac', 'B/1.flac')));

  it('between the list and the moving: everything is brought by the next', async () => {
    await nextLife();
    const arrival = await delivery('A/1.flac', 'B/1.flac');
    const kept = life.candidates.add.bind(life.candidates);
    life.candidates.add = (entries) => {
      kept(entries);
      throw new Error('killed');
    };
    await expect(life.flow.arrived(arrival)).rejects.toThrow('killed');
    await nextLife();
    life.start();
    await Promise.all([life.reached('A', 'imported'), life.reached('B', 'imported')]);
    expect(await readdir(join(dir, 'workspace', 'candidates'))).toHaveLength(2);
  });

  it('while it examines: the next does', async () => {
    await nextLife();
    await arrive();
    await nextLife();
    life.start();
    await Promise.all([life.reached('A', 'imported'), life.reached('B', 'imported')]);
  });

  it('while it identifies: the next does', async () => {
    await nextLife((one) => (one.decide = () => new Promise(() => undefined)));
    await arrive();
    life.start();
    await life.reached('A', 'identifying');
    const [before] = lives.splice(0);
    await before?.queue.close();
    await nextLife();
    life.start();
    await Promise.all([life.reached('A', 'imported'), life.reached('B', 'imported')]);
  });

  it('while it waits for a source: the next asks after five minutes at most, whatever was done to the clock', async () => {
    const down = new AppError('ERR_SOURCE', 'it does not answer', { retryable: true });
    await nextLife((one) => (one.decide = () => Promise.reject(down)));
    life.start();
    await life.flow.arrived(await delivery('1.flac'));
    await life.reached('Delivery', 'waiting');
    await nextLife();
    life.clock.set(life.clock.wallMs() - 30 * 24 * 3_600_000);
    life.start();
    await life.clock.advance(301_000);
    await life.reached('Delivery', 'imported');
  });

  it('while it imports: the next imports the same once more, under the same id', async () => {
    const begun: string[] = [];
    await nextLife((one) => {
      one.import = (plan) => {
        begun.push(plan.import_id);
        return new Promise(() => undefined);
      };
    });
    life.start();
    await life.flow.arrived(await delivery('1.flac'));
    await until('it imports', async () => {
      await life.clock.advance(50);
      return begun.length === 1;
    });
    const [before] = lives.splice(0);
    await before?.queue.close();
    await nextLife();
    life.start();
    await life.reached('Delivery', 'imported');
    expect(life.library).toEqual(begun);
  });
});

describe('[IM1] records of candidates', () => {
  it('go when they are old and over, and never while somebody has to decide', async () => {
    await nextLife((one) => (one.decide = review('Two tracks are missing.')));
    life.start();
    await life.flow.arrived(await delivery('A/1.flac', 'B/1.flac'));
    const { candidate_id } = await life.reached('A', 'review');
    await life.reached('B', 'review');
    await life.handlers['import:reject']({ candidate_id }, admin);
    expect(await life.flow.forgetBefore('2020')).toBe(0);
    expect(await life.flow.forgetBefore('2999')).toBe(1);
    expect(life.candidates.all().map(({ item }) => item.state)).toEqual(['review']);
    expect(await readdir(join(dir, 'workspace', 'details'))).toHaveLength(1);
  });
});

describe('[RV1] a review', () => {
  const waiting = async (): Promise<string> => {
    await nextLife((one) => (one.decide = review('Two tracks are missing.')));
    life.start();
    await life.flow.arrived(await delivery('1.flac', '2.flac'));
    return (await life.reached('Delivery', 'review')).candidate_id;
  };

  it('says why, to admins too, and waits over restarts', async () => {
    const candidate_id = await waiting();
    expect(life.of('Delivery')?.reason).toBe('Two tracks are missing.');
    const told = life.events.find(({ type }) => type === 'import:review');
    expect(told).toMatchObject({ data: { review_id: candidate_id }, audience: { role: 'admin' } });
    await nextLife();
    life.start();
    expect(life.handlers['import:list']({ offset: 0, limit: 10 }, admin)).toMatchObject({ total: 1 });
    expect(await life.handlers['import:review']({ candidate_id }, admin)).toMatchObject({
      candidate: { state: 'review' },
      files: [{ path: '1.flac' }, { path: '2.flac' }],
      matches: [{ release: { album: 'Delivery' } }],
    });
  });

  it('is taken as one of the matches', async () => {
    const candidate_id = await waiting();
    const { job_id } = await life.handlers['import:approve']({ candidate_id, match: 0 }, admin);
    await life.reached('Delivery', 'imported');
    await until('its job is over', () => life.jobs.get(job_id).state === 'completed');
    await expect(life.handlers['import:approve']({ candidate_id, match: 0 }, admin)).rejects.toThrow(
      /cannot be decided/,
    );
  });

  it.each([
    ['a file that is not its own', ['../x.flac', null]],
    ['a file twice', ['1.flac', '1.flac']],
    ['fewer files than tracks', ['1.flac']],
    ['no file at all', [null, null]],
  ])('refuses a verdict with %s', async (_what, files) => {
    const candidate_id = await waiting();
    const { matches } = await life.handlers['import:review']({ candidate_id }, admin);
    const verdict = { release: matches[0]!.release, files };
    await expect(life.handlers['import:approve']({ candidate_id, verdict }, admin)).rejects.toMatchObject({
      code: 'ERR_INVALID',
    });
    expect(life.of('Delivery')?.state).toBe('review');
  });

  it('lets one person decide', async () => {
    const candidate_id = await waiting();
    const both = await Promise.allSettled([
      life.handlers['import:reject']({ candidate_id }, admin),
      life.handlers['import:approve']({ candidate_id, match: 0 }, admin),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(life.rejected).toEqual([candidate_id]);
    expect(life.of('Delivery')?.state).toBe('rejected');
  });

  it('keeps what was searched for, to be taken', async () => {
    const candidate_id = await waiting();
    const { matches } = await life.handlers['import:search']({ candidate_id, album: 'Found' }, admin);
    expect(matches.map(({ release }) => release.album)).toEqual(['Delivery', 'Found']);
    await life.handlers['import:approve']({ candidate_id, match: 1 }, admin);
    expect(await life.reached('Found', 'imported')).toMatchObject({ album: 'Found' });
  });

  it('is looked at anew when somebody asks', async () => {
    const candidate_id = await waiting();
    life.decide = (examined, name) =>
      Promise.resolve({
        by: 'tags',
        matches: [matchOf(examined, name)],
        decision: 'import',
        gates: [],
        confidence: 1,
      });
    await life.handlers['import:retry']({ candidate_id }, admin);
    await life.reached('Delivery', 'imported');
  });

  it('never makes room for another of the same name', async () => {
    await waiting();
    await life.flow.arrived({ ...(await delivery('1.flac')), arrival_id: 'd2' });
    await until('both wait', async () => {
      await life.clock.advance(50);
      return life.candidates.all().filter(({ item }) => item.state === 'review').length === 2;
    });
    expect(await readdir(join(dir, 'workspace', 'candidates'))).toHaveLength(2);
  });
});
