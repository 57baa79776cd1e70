import { loadavg } from 'node:os';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { keep, table } from '../report.js';
import type { CaseResult } from '../result.js';
import { needPrograms, realTime } from './programs.js';
import { SCENARIOS } from './scenarios.js';
import { checkBus, checkCards, type RigError } from './self-check.js';
import { row, type Anchor, type Scenario, type SyncStage } from './stage.js';
import { StallMeter } from './stalls.js';
import { stockSnapcast } from './stock.js';

const STEADY_SECONDS = 60;
const QUICK_SECONDS = 15;
/** What the rig may be wrong by, in microseconds. */
const RIG_US = 20;

type Print = (line: string) => void;

/** What the rig says of itself, at the head of every table. */
const selfCheck: Scenario = {
  key: '0-rig',
  title: "the rig's own error: programs whose difference is known",
  async run({ ground }) {
    const rows = (where: string, { windows, p50Us, p95Us, maxUs }: RigError) => [
      row(`${where}, p95 of ${windows} windows`, 'us', p95Us, RIG_US),
      row(`${where}, median`, 'us', p50Us),
      row(`${where}, max`, 'us', maxUs),
    ];
    const cards = rows('two aplay on two cards, 0 and +60 ppm', await checkCards(ground));
    return { rows: [...cards, ...rows('one stream into both rooms of PulseAudio', await checkBus(ground))] };
  },
};

/** All scenarios, or those named; `--quick` measures a quarter as long, `--show` prints the windows around every event. The rig itself and the anchor always run. */
export async function runSync(words: readonly string[], print: Print): Promise<void> {
  const wanted = words.filter((word) => !word.startsWith('--'));
  const unknown = wanted.filter((key) => !SCENARIOS.some((one) => one.key === key));
  if (unknown.length > 0) {
    print(`There is no scenario ${unknown.join(', ')}. Scenarios:`);
    for (const { key, title } of SCENARIOS) print(`  ${key}  ${title}`);
    return;
  }
  await needPrograms(print);
  const before = await realTime();
  const here = await machine();
  const steadySeconds = words.includes('--quick') ? QUICK_SECONDS : STEADY_SECONDS;
  const results: CaseResult[] = [];
  let anchor: Anchor | undefined;
  const chosen = SCENARIOS.filter(({ key }) => wanted.length === 0 || wanted.includes(key));
  for (const one of [selfCheck, stockSnapcast, ...chosen]) {
    print(`(${one.key}) ${one.title} ...`);
    const show = words.includes('--show') && { show: print };
    const stage = { before: one.ordinary ? [] : before, steadySeconds, ...(anchor && { anchor }), ...show };
    const done = await measured(one, stage, here.commit);
    anchor ??= done.anchor;
    results.push(done.result);
    print(`    ${done.result.failure ?? `${done.result.seconds} s`}`);
    print(
      table({ machine: here, cases: [done.result] })
        .split('\n')
        .slice(6)
        .join('\n'),
    );
  }
  const paper = { name: 'sync', title: 'The last run of `npm run bench -- sync`' };
  await keep(here, results, paper);
  print('Kept in bench/results/sync.md and sync.json.');
}

async function measured(
  one: Scenario,
  stage: Omit<SyncStage, 'ground'>,
  commit: string,
): Promise<{ result: CaseResult; anchor: Anchor | undefined }> {
  const begun = performance.now();
  const { key, title } = one;
  const ground = await Ground.open();
  const head = { key, title, commit, date: new Date().toISOString() };
  const seconds = (): number => Math.round((performance.now() - begun) / 100) / 10;
  try {
    const meter = new StallMeter(ground, stage.before);
    const { rows, notes = [], anchor } = await one.run({ ...stage, ground });
    const { above10Ms, above50Ms, longestMs } = await meter.stop();
    const beside = [
      stage.before.length > 0
        ? 'Everything that plays, stock programs and ours, ran at real-time priority (chrt -r 10).'
        : 'Everything ran at ordinary priority.',
      `Stalls at that priority: ${above10Ms} above 10 ms, ${above50Ms} above 50 ms, the longest ${longestMs} ms. ` +
        `Load average ${(loadavg()[0] ?? 0).toFixed(1)}.`,
    ];
    const result = { ...head, seconds: seconds(), rows: [...rows], notes: [...notes, ...beside] };
    return { result, anchor };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    return { result: { ...head, seconds: seconds(), rows: [], notes: [], failure }, anchor: undefined };
  } finally {
    await ground.close();
  }
}
