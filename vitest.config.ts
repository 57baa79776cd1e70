import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The page in Chromium, on a server that is made up. */
const PAGES = ['test/e2e/page*.test.ts', 'test/e2e/docs.test.ts'];

/** Tests that listen to what is played need the machine for themselves: they run after the others, one file at a time. */
const SOUND = [
  'test/e2e/house*.test.ts',
  'test/e2e/listen.test.ts',
  'test/e2e/survival.test.ts',
  'test/integration/*-sound.test.ts',
  'test/fakes/**/*.test.ts',
];

/** The files that take longest, in order: one that begins last keeps a core waiting. */
const LONG = [
  'integration/mpd-contract',
  'integration/snapserver-contract',
  'integration/full-disk',
  'integration/local-real',
  'integration/chromecast-contract',
  'integration/backup-cli',
  'integration/mpd-faults',
  'integration/snapcast-contract',
  'integration/pipeline-kill',
  'integration/mpd-timing',
  'integration/null-contract',
  'integration/mpd-real',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number =>
      [...LONG.entries()].find(([, end]) => moduleId.endsWith(end))?.[0] ?? LONG.length;
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // Beyond the deadlines of test/until.ts: what did not come is then named.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'logic',
          include: ['src/**/*.test.ts', 'drivers/**/*.test.ts', 'web/**/*.test.ts', 'test/*.test.ts'],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: ['test/integration/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          exclude: [...PAGES, ...SOUND],
          // Most of them wait for other programs most of the time.
          maxWorkers: 3,
          // Other programs and their clocks take part, on a machine that may stall; the report says which test needed its second chance.
          retry: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'pages',
          include: PAGES,
          maxWorkers: 2,
          testTimeout: 120_000,
          // Two browsers may starve each other for a moment; the report says which test needed its second chance.
          retry: 1,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'sound',
          include: SOUND,
          maxWorkers: 1,
          fileParallelism: false,
          testTimeout: 120_000,
          // A machine that stalls for a moment breaks real sound; the report says which test needed its second chance.
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
