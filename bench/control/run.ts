import { runCase, type BenchCase } from '../case.js';
import { busHop } from '../case-bus.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { keep, table } from '../report.js';
import type { CaseResult } from '../result.js';
import { Shelf } from '../shelf.js';
import { signedInCost } from './case-cost.js';
import { hostile } from './case-hostile.js';
import { memory } from './case-memory.js';
import { resumeBytes } from './case-resume.js';
import { slider } from './case-slider.js';
import { stalled } from './case-stalled.js';
import { storm } from './case-storm.js';
import { oneWrite } from './case-ticks.js';
import { waits } from './case-waits.js';

/** In the order in which they run, and are shown. */
const CASES: readonly BenchCase[] = [
  signedInCost,
  oneWrite,
  memory,
  storm,
  stalled,
  resumeBytes,
  { ...busHop, key: '7-bus' },
  hostile,
  slider,
  waits,
];

type Print = (line: string) => void;

/** All cases of the control plane, or those named. */
export async function runControl(wanted: readonly string[], print: Print): Promise<void> {
  const unknown = wanted.filter((key) => !CASES.some((one) => one.key === key));
  if (unknown.length > 0) {
    print(`There is no case ${unknown.join(', ')}. Cases:`);
    for (const { key, title } of CASES) print(`  ${key}  ${title}`);
    return;
  }
  const here = await machine();
  const shelf = await Shelf.open();
  const results: CaseResult[] = [];
  try {
    for (const one of CASES.filter(({ key }) => wanted.length === 0 || wanted.includes(key))) {
      print(`(${one.key}) ${one.title} ...`);
      const result = await runCase(one, { ground: await Ground.open(), shelf }, here.commit);
      results.push(result);
      await keep(here, [result], { name: 'control', title: 'The control plane, beside bare sockets' });
      print(
        table({ machine: here, cases: [result] })
          .split('\n')
          .slice(3)
          .join('\n'),
      );
    }
  } finally {
    await shelf.close();
  }
  print(`Kept in bench/results/control.md and .json.`);
}
