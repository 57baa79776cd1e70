import { runCase, type BenchCase } from './case.js';
import { busHop } from './case-bus.js';
import { tap } from './case-tap.js';
import { progress } from './case-progress.js';
import { mpdRoundTrip } from './case-mpd.js';
import { libraryCase } from './case-library.js';
import { startUp } from './case-start.js';
import { queueEdits } from './case-queue.js';
import { runControl } from './control/run.js';
import { Ground } from './ground.js';
import { machine } from './machine.js';
import { runPipeline } from './pipeline/run.js';
import { keep, table } from './report.js';
import type { CaseResult } from './result.js';
import { Shelf } from './shelf.js';
import { runSteady } from './steady/run.js';
import { runSync } from './sync/run.js';
import { runNights } from './writes/nights.js';
import { runWrites } from './writes/run.js';

const CASES: readonly BenchCase[] = [tap, progress, mpdRoundTrip, libraryCase, startUp, queueEdits, busHop];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(wanted: readonly string[]): Promise<void> {
  if (wanted[0] === 'sync') return runSync(wanted.slice(1), print);
  if (wanted[0] === 'control') return runControl(wanted.slice(1), print);
  if (wanted[0] === 'pipeline') return runPipeline(wanted.slice(1), print);
  if (wanted[0] === 'steady') return runSteady(wanted.slice(1), print);
  if (wanted[0] === 'writes') return runWrites(wanted.slice(1), print);
  if (wanted[0] === 'nights') return runNights(print);
  const unknown = wanted.filter((key) => !CASES.some((one) => one.key === key));
  if (unknown.length > 0) {
    print(`There is no case ${unknown.join(', ')}. Cases:`);
    for (const { key, title } of CASES) print(`  ${key}  ${title}`);
    print('  control  sign-in, back-pressure, resume and hostile input, beside bare sockets');
    print('  pipeline  albums on their way in, beside beets');
    print('  steady  what it takes of the machine: at rest, playing, on a small machine, for an hour');
    print('  writes  what wears a card out: kB per hour at rest and playing');
    print('  nights  what the backup of a night writes, with 100,000 tracks');
    print('  sync  rooms against each other, as they are heard');
    return;
  }
  const here = await machine();
  const shelf = await Shelf.open();
  let ground: Ground | undefined;
  let stopped = false;
  const stop = (): void => {
    stopped = true;
    void ground?.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const results: CaseResult[] = [];
  try {
    for (const one of CASES.filter(({ key }) => wanted.length === 0 || wanted.includes(key))) {
      if (stopped) break;
      print(`(${one.key}) ${one.title} ...`);
      ground = await Ground.open();
      results.push(await runCase(one, { ground, shelf }, here.commit));
      print(`    ${results.at(-1)?.failure ?? `${results.at(-1)?.seconds} s`}`);
    }
  } finally {
    await shelf.close();
  }
  if (stopped) return;
  const all = await keep(here, results);
  print(`\n${table({ machine: here, cases: results })}`);
  print(`Kept with ${all.cases.length - results.length} earlier cases in bench/results/.`);
}

await main(process.argv.slice(2));
process.exit(0);
