import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, type Clock } from '../../src/base/index.js';
import { AttemptLedger, Jobs, openQueue, type JobQueue, type SharedHouse } from '../../src/jobs/index.js';
import {
  attemptsOf,
  openDownloads,
  type Arrived,
  type DownloadParts,
  type Downloads,
} from '../../src/pipeline/downloads/index.js';
import type { SourceSettings } from '../../src/pipeline/sources/index.js';
import type { Caller, Download, EventPayload, EventType, TopicEvent } from '../../src/protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../src/state/index.js';
import { migrate, openDb, type Db } from '../../src/storage/index.js';
import { until } from '../until.js';
import { CAPS } from './fetching.js';

export const ANNA: Caller = { connection_id: 'c', role: 'user', subject_id: 'anna', name: 'Anna' };
export const BEN: Caller = { connection_id: 'd', role: 'user', subject_id: 'ben', name: 'Ben' };

export interface DownloadHouseOptions {
  readonly clock: Clock;
  readonly settings?: Partial<SourceSettings>;
  readonly onArrived?: DownloadParts['onArrived'];
  readonly wish?: DownloadParts['wish'];
  /** Work is done by other processes. */
  readonly shared?: SharedHouse;
}

/** Downloads with their queue and database, and what came of them; can be opened again on the same folder. */
export class DownloadHouse {
  readonly arrived: Arrived[] = [];
  readonly events: TopicEvent[] = [];

  private constructor(
    readonly folder: string,
    readonly options: DownloadHouseOptions,
    readonly db: Db,
    readonly store: Store,
    readonly jobs: Jobs,
    readonly queue: JobQueue,
    readonly downloads: Downloads,
  ) {}

  static async open(options: DownloadHouseOptions, folder?: string): Promise<DownloadHouse> {
    const place = folder ?? (await mkdtemp(join(tmpdir(), 'tutti-downloads-')));
    const { clock } = options;
    const db = openDb(join(place, 'tutti.db'));
    migrate(db);
    const store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(db) });
    const jobs = new Jobs({ db, store, clock, log: silentLogger });
    const shared = options.shared && { shared: { ...options.shared, takes: false } };
    const queue = await openQueue({ db, jobs, clock, log: silentLogger, random: () => 0.5, ...shared });
    const arrived: Arrived[] = [];
    const downloads = await openDownloads({
      db,
      store,
      clock,
      log: silentLogger,
      queue,
      attempts: attemptsOf(new AttemptLedger({ db, clock })),
      settings: {
        clock,
        incoming: join(place, 'workspace', 'incoming'),
        allow_private_addresses: [],
        caps: CAPS,
        ...options.settings,
      },
      onArrived:
        options.onArrived ??
        (async (one) => {
          arrived.push(one);
          return { candidate_id: `candidate-${one.download_id}` };
        }),
      ...(options.wish && { wish: options.wish }),
    });
    const house = new DownloadHouse(place, options, db, store, jobs, queue, downloads);
    house.arrived.push(...arrived);
    arrived.push = (...more) => house.arrived.push(...more);
    store.subscribe((told) => house.events.push(...told));
    queue.start();
    return house;
  }

  get handlers(): Downloads['handlers'] {
    return this.downloads.handlers;
  }

  get list(): Download[] {
    return [...this.store.state.lists.downloads.values()];
  }

  one(id: string): Download {
    const found = this.store.state.lists.downloads.get(id);
    if (!found) throw new Error(`no download ${id}`);
    return found;
  }

  async reaches(id: string, state: Download['state']): Promise<Download> {
    await until(`${id} is ${state}`, () => this.store.state.lists.downloads.get(id)?.state === state);
    return this.one(id);
  }

  told<T extends EventType>(type: T): EventPayload<T>[] {
    const told = this.events.flatMap((event) => (event.type === type ? [event.data] : []));
    return told as unknown as EventPayload<T>[];
  }

  /** The server ends and another begins. */
  async again(options: Partial<DownloadHouseOptions> = {}): Promise<DownloadHouse> {
    await this.stop();
    return DownloadHouse.open({ ...this.options, ...options }, this.folder);
  }

  async stop(): Promise<void> {
    await this.downloads.close();
    await this.queue.close();
    this.store.flush();
    this.db.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
