import { describe, expect, it } from 'vitest';
import { AppError, deferred, silentLogger } from '../../base/index.js';
import { Jobs } from '../../jobs/index.js';
import type { Schedule } from '../../protocol/index.js';
import { emptyState, sqliteKeeper, Store } from '../../state/index.js';
import { migrate, openDb, type Db } from '../../storage/index.js';
import { ManualClock } from '../../../test/fakes/manual-clock.js';
import { openSchedules, type ScheduledWork, type Schedules } from './index.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;
/** The wall clock is looked at this often. */
const LOOK = 20_000;
const caller = { connection_id: 'test', role: 'admin' } as const;

type Run = ScheduledWork['run'];

/** One life of a server with one schedule, every day at three; `again` is the next one. */
class Life {
  readonly clock: ManualClock;
  readonly db: Db;
  readonly runs: string[];
  readonly store: Store;
  readonly jobs: Jobs;
  readonly schedules: Schedules;

  constructor(
    readonly options: { readonly cron?: string; readonly run?: Run } = {},
    last?: Life,
    afterMs = 0,
  ) {
    this.clock = new ManualClock((last?.clock.wallMs() ?? Date.UTC(2026, 10, 20, 9)) + afterMs);
    this.db = last?.db ?? openDb(':memory:');
    migrate(this.db);
    this.runs = last?.runs ?? [];
    this.store = new Store({ state: emptyState('0'), epoch: 'e', keeper: sqliteKeeper(this.db) });
    const { db, store, clock } = this;
    this.jobs = new Jobs({ db, store, clock, log: silentLogger });
    const run: Run = async (signal, job) => {
      this.runs.push(new Date(clock.wallMs()).toISOString());
      return options.run?.(signal, job) ?? { message: 'all is well' };
    };
    const list = [{ schedule_id: 'look', title: 'Look', cron: options.cron ?? '0 3 * * *', run }];
    const parts = { db, store, jobs: this.jobs, clock, log: silentLogger, random: () => 0, list };
    this.schedules = openSchedules(parts);
    this.schedules.start();
  }

  get item(): Schedule {
    const [item] = this.store.state.lists.schedules.values();
    if (!item) throw new Error('there is no schedule');
    return item;
  }

  /** Lets time go by, looking at the clock every hour only: a day has thousands of looks. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= HOUR) {
      this.clock.set(this.clock.wallMs() + Math.min(left, HOUR) - LOOK);
      await this.clock.advance(LOOK);
    }
  }

  /** A restart after so long; `dies` is `kill -9`. */
  async again(afterMs: number, dies = false, options = this.options): Promise<Life> {
    if (!dies) {
      await this.schedules.close();
      this.jobs.close();
    }
    return new Life(options, this, afterMs);
  }
}

describe('[SD1] a schedule', () => {
  it('runs at its time, and says when, with what result, and when next', async () => {
    const life = new Life();
    expect(life.item).toMatchObject({ enabled: true, running: false, cron: '0 3 * * *' });
    expect(life.item.last_run_at).toBeUndefined();
    await life.pass(DAY);
    expect(life.runs).toHaveLength(1);
    expect(new Date(life.runs[0]!).getHours()).toBe(3);
    expect(life.item).toMatchObject({
      last_result: 'completed',
      last_message: 'all is well',
      running: false,
    });
    expect(Date.parse(life.item.next_run_at!) - Date.parse(life.runs[0]!)).toBeCloseTo(DAY, -5);
    expect(life.jobs.list(5)).toMatchObject([{ kind: 'look', title: 'Look', state: 'completed' }]);
  });
  it('does not run at the first start', async () => {
    const life = new Life();
    await life.clock.advance(HOUR);
    expect(life.runs).toEqual([]);
  });
  it('runs once a day for a week', async () => {
    const life = new Life();
    for (let n = 0; n < 7; n++) await life.pass(DAY);
    expect(life.runs).toHaveLength(7);
  });
  it('makes up once what fell due in days of downtime', async () => {
    const life = new Life();
    await life.pass(DAY);
    const next = await life.again(5 * DAY);
    await next.clock.advance(MINUTE);
    expect(next.runs).toHaveLength(2);
    await next.clock.advance(HOUR);
    expect(next.runs).toHaveLength(2);
  });
  it('does not run again after a restart when nothing fell due', async () => {
    const life = new Life();
    await life.pass(DAY);
    const next = await life.again(HOUR);
    await next.clock.advance(HOUR);
    expect(next.runs).toHaveLength(1);
  });
  it('tells what failed, and tries again at its next time', async () => {
    const run: Run = async () => {
      throw new AppError('ERR_DISK', 'the disk is away');
    };
    const life = new Life({ run });
    await life.pass(DAY);
    expect(life.item).toMatchObject({ last_result: 'failed', last_message: 'the disk is away' });
    await life.clock.advance(HOUR);
    expect(life.runs).toHaveLength(1);
    await life.pass(DAY);
    expect(life.runs).toHaveLength(2);
  });
  it('says that it had nothing to do it with', async () => {
    const life = new Life({ run: async () => ({ skipped: true, message: 'no folder is set' }) });
    await life.pass(DAY);
    expect(life.item).toMatchObject({ last_result: 'skipped', last_message: 'no folder is set' });
  });
});

describe('[SD1] a schedule that takes long', () => {
  const stuck: Run = async (signal) => {
    const ended = deferred<void>();
    signal.addEventListener('abort', () => ended.resolve(), { once: true });
    await ended.promise;
    return {};
  };
  it('does not run twice at once, and does not catch up one by one', async () => {
    const gate = deferred<void>();
    const life = new Life({ cron: '*/5 * * * *', run: async () => (await gate.promise, {}) });
    await life.clock.advance(HOUR);
    expect([life.runs.length, life.item.running]).toEqual([1, true]);
    expect(() => life.schedules.run('look')).toThrow(/runs already/);
    gate.resolve();
    await life.clock.advance(MINUTE);
    expect([life.runs.length, life.item.running]).toEqual([1, false]);
    await life.clock.advance(5 * MINUTE);
    expect(life.runs).toHaveLength(2);
  });
  it('is stopped with the server, and made up after the next start', async () => {
    const life = new Life({ run: stuck });
    await life.pass(DAY);
    expect(life.item.running).toBe(true);
    const next = await life.again(MINUTE, false, {});
    expect(next.item).toMatchObject({ running: false, last_result: 'failed' });
    await next.clock.advance(MINUTE);
    expect(next.runs).toHaveLength(2);
    expect(next.item).toMatchObject({ last_result: 'completed' });
  });
  it('is made up once when the server died in it, and not for ever', async () => {
    const life = new Life({ run: stuck });
    await life.pass(DAY);
    const second = await life.again(MINUTE, true);
    await second.clock.advance(MINUTE);
    expect(second.runs).toHaveLength(2);
    const third = await second.again(MINUTE, true);
    await third.clock.advance(HOUR);
    expect(third.runs).toHaveLength(2);
    await third.pass(DAY);
    expect(third.runs).toHaveLength(3);
  });
});

describe('[SD1] a schedule that finds nothing', () => {
  const cron = '*/5 * * * *';
  const found: { nothing: boolean } = { nothing: true };
  const look = { cron, run: async () => ({ nothing: found.nothing, message: 'looked' }) };
  const written = ({ db }: Life): number =>
    Number(db.prepare('SELECT total_changes() AS count').get()?.['count']);

  it('is on disk when it has run first, then each hour, and tells every run', async () => {
    const life = new Life(look);
    await life.clock.advance(10 * MINUTE);
    expect(life.runs).toHaveLength(2);
    const before = written(life);
    await life.clock.advance(3 * HOUR);
    expect(life.runs).toHaveLength(2 + 36);
    expect(written(life) - before).toBe(3);
    expect(life.item.last_run_at).toBe(life.runs.at(-1));
    expect(life.jobs.list(99)).toHaveLength(38);
  });
  it('knows after a stop when it ran, and looks once more after a death', async () => {
    const life = new Life(look);
    await life.clock.advance(32 * MINUTE);
    const next = await life.again(MINUTE);
    expect(next.item).toMatchObject({
      last_run_at: life.runs.at(-1),
      last_result: 'completed',
      running: false,
    });
    await next.clock.advance(MINUTE);
    expect(next.runs).toHaveLength(life.runs.length);
    await next.clock.advance(31 * MINUTE);
    const count = next.runs.length;
    const third = await next.again(0, true);
    await third.clock.advance(MINUTE);
    expect(third.runs).toHaveLength(count + 1);
    expect(third.item).toMatchObject({ last_result: 'completed' });
  });
  it('is on disk at once when it does find something', async () => {
    const life = new Life(look);
    await life.clock.advance(12 * MINUTE);
    found.nothing = false;
    await life.clock.advance(5 * MINUTE);
    found.nothing = true;
    const next = await life.again(0, true);
    expect(next.item.last_run_at).toBe(life.runs.at(-1));
    expect(next.jobs.list(9)).toMatchObject([{ kind: 'look', message: 'looked' }]);
  });
});

describe('[SD1] a clock that is set', () => {
  it('years ahead brings one run, and back again the next at its time', async () => {
    const life = new Life();
    const here = life.clock.wallMs();
    life.clock.set(here + 10 * YEAR);
    await life.clock.advance(MINUTE);
    expect(life.runs).toHaveLength(1);
    life.clock.set(here + 2 * MINUTE);
    await life.clock.advance(HOUR);
    expect(life.runs).toHaveLength(1);
    await life.pass(DAY);
    expect(life.runs).toHaveLength(2);
    expect(Date.parse(life.item.next_run_at!)).toBeLessThan(here + 3 * DAY);
  });
  it('from 1970 to now, as on a machine without one, brings no run that was there already', async () => {
    const life = new Life();
    await life.pass(DAY);
    const now = life.clock.wallMs();
    const next = await life.again(-now);
    await next.clock.advance(MINUTE);
    next.clock.set(now + HOUR);
    await next.clock.advance(HOUR);
    expect(next.runs).toHaveLength(1);
    await next.pass(DAY);
    expect(next.runs).toHaveLength(2);
  });
});

describe('[SD1] a clock that is not believed', () => {
  it('brings nothing that has its hour, until it is; then that once', async () => {
    const life = new Life();
    life.clock.turn(false);
    await life.pass(3 * DAY);
    expect(life.runs).toEqual([]);
    life.clock.turn(true, 2 * HOUR);
    await life.clock.advance(HOUR);
    expect(life.runs).toHaveLength(1);
  });
  it('brings what comes every hour', async () => {
    const life = new Life({ cron: '*/30 * * * *' });
    life.clock.turn(false);
    await life.clock.advance(2 * HOUR);
    expect(life.runs).toHaveLength(4);
  });
});

describe('what people may do with a schedule', () => {
  it('run it now, as a job', async () => {
    const life = new Life();
    const reply = life.schedules.handlers['schedule:run']({ schedule_id: 'look' }, caller);
    await life.clock.advance(0);
    expect(life.runs).toHaveLength(1);
    expect(reply).toEqual({ job_id: life.jobs.list(1)[0]?.job_id });
    expect(() => life.schedules.run('nothing')).toThrow(AppError);
  });
  it('choose another time, which stays after a restart', async () => {
    const life = new Life();
    void life.schedules.handlers['schedule:set']({ schedule_id: 'look', cron: '*/10 * * * *' }, caller);
    await life.clock.advance(HOUR);
    expect(life.runs).toHaveLength(6);
    const next = await life.again(0);
    expect(next.item.cron).toBe('*/10 * * * *');
    const wrong = { schedule_id: 'look', cron: 'now and then' };
    expect(() => next.schedules.handlers['schedule:set'](wrong, caller)).toThrow(AppError);
    expect(next.item.cron).toBe('*/10 * * * *');
  });
  it('switch it off, and on again without making up what fell due meanwhile', async () => {
    const life = new Life();
    const set = life.schedules.handlers['schedule:set'];
    void set({ schedule_id: 'look', enabled: false }, caller);
    expect(life.item.next_run_at).toBeUndefined();
    await life.pass(3 * DAY);
    const next = await life.again(DAY);
    expect(next.item.enabled).toBe(false);
    void next.schedules.handlers['schedule:set']({ schedule_id: 'look', enabled: true }, caller);
    await next.clock.advance(HOUR);
    expect(next.runs).toEqual([]);
    await next.pass(DAY);
    expect(next.runs).toHaveLength(1);
  });
});
