import type { ActivityLog } from '../activity/index.js';
import type { Jobs } from '../jobs/index.js';
import type { FileMark } from '../library/index.js';
import {
  Integrity,
  openSchedules,
  statistics,
  type Downloads,
  type Flow,
  type Importer,
  type ScheduledWork,
  type Schedules,
} from '../pipeline/index.js';
import type { Store } from '../state/index.js';
import type { Db } from '../storage/index.js';
import { systemRandom as random } from '../base/index.js';
import type { Base } from './base.js';
import type { Identifying } from './open-identify.js';
import type { OpenedLibrary } from './open-library.js';

export interface HouseSchedules {
  readonly db: Db;
  readonly store: Store;
  readonly jobs: Jobs;
  readonly activity: ActivityLog;
  readonly flow: Flow;
  readonly downloads: Downloads;
  readonly importer: Importer;
  readonly identifying: Identifying;
  readonly music: OpenedLibrary;
  /** Of parts that are opened elsewhere. */
  readonly others: readonly ScheduledWork[];
}

/** Records of what is over are kept so long; files of people never go by age, but from the trash. */
const KEEP_DAYS = 30;
const DAY_MS = 86_400_000;

/** Everything that this house does by the clock. [SD1] */
export function openHouseSchedules(base: Base, parts: HouseSchedules): Schedules {
  const { config, clock, local, log, closers } = base;
  const { db, store, jobs } = parts;
  const list = [
    ...intake(parts),
    ...upkeep(parts, config, () => clock.wallMs()),
    ...watch(base, parts),
    ...parts.others,
  ];
  const schedules = openSchedules({ db, store, jobs, clock, offsetAt: local.offsetAt, log, random, list });
  closers.add(() => schedules.close());
  return schedules;
}

function intake({ flow, downloads }: HouseSchedules): ScheduledWork[] {
  return [
    {
      schedule_id: 'pending-scan',
      title: 'Look at what waits',
      cron: '*/5 * * * *',
      async run() {
        await downloads.lookAtImports();
        const count = flow.pendingScan();
        const nothing = count === 0;
        return { nothing, message: nothing ? 'Nothing waited' : `${count} tried again` };
      },
    },
    {
      schedule_id: 'feeds',
      title: 'Look for new episodes',
      cron: '17 * * * *',
      run: () => downloads.checkFeeds(),
    },
  ];
}

function upkeep(
  { flow, downloads, importer, identifying, jobs, activity, music }: HouseSchedules,
  settings: Pick<Base['config'], 'trash_days'>,
  nowMs: () => number,
): ScheduledWork[] {
  return [
    {
      schedule_id: 'clean-up',
      title: 'Forget what is long over',
      cron: '47 * * * *',
      async run() {
        const before = nowMs() - KEEP_DAYS * DAY_MS;
        const records =
          (await flow.forgetBefore(new Date(before).toISOString())) +
          (await downloads.desk.forgetOld(KEEP_DAYS)) +
          jobs.forgetBefore(before);
        const hearts = activity.cleanUp(settings.trash_days);
        const plays = music.library.forgetPlays(settings.trash_days);
        await identifying.sweep();
        const gone = `${hearts} hearts and ${plays} play counts of what is gone`;
        return {
          nothing: records + hearts + plays === 0,
          message: `${records} records, ${gone} were forgotten`,
        };
      },
    },
    {
      schedule_id: 'trash',
      title: 'Empty the trash of what is old',
      cron: '27 4 * * *',
      run: async () => {
        const count = await importer.trash.purge();
        return { nothing: count === 0, message: `${count} removed for good` };
      },
    },
  ];
}

function watch({ clock, log }: Base, { music, store, importer }: HouseSchedules): ScheduledWork[] {
  const { db, musicDir, library } = music;
  const fileOf = (trackId: string): FileMark | undefined => library.sources([trackId])[0];
  const libraryThere = (): Promise<boolean> => importer.libraryThere();
  const integrity = new Integrity({ db, store, clock, log, musicDir, fileOf, libraryThere });
  return [
    {
      schedule_id: 'integrity',
      title: 'Check that files are as they were',
      cron: '0 3 * * *',
      run: (signal, job) => integrity.run(signal, job),
    },
    {
      schedule_id: 'stats',
      title: 'Count the library',
      cron: '11 5 * * 0',
      run: async () => statistics(db, clock),
    },
  ];
}
