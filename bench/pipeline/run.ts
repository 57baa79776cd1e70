import { runCase, type BenchCase } from '../case.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { keep, type Paper, table } from '../report.js';
import { Shelf } from '../shelf.js';
import { identifyCase } from './case-identify.js';
import { killsCase } from './case-kills.js';

interface PipelineCase {
  readonly bench: BenchCase;
  /** Where its result is kept. */
  readonly paper: Paper;
}

/** In the order in which they run. */
const CASES: readonly PipelineCase[] = [
  { bench: identifyCase, paper: { name: 'identify', title: 'What albums are taken for, beside beets' } },
  { bench: killsCase, paper: { name: 'import-kills', title: 'Imports that are killed' } },
];

type Print = (line: string) => void;

/** All cases of the pipeline, or those named. */
export async function runPipeline(wanted: readonly string[], print: Print): Promise<void> {
  const unknown = wanted.filter((key) => !CASES.some(({ bench }) => bench.key === key));
  if (unknown.length > 0) {
    print(`There is no case ${unknown.join(', ')}. Cases:`);
    for (const { bench } of CASES) print(`  ${bench.key}  ${bench.title}`);
    return;
  }
  const here = await machine();
  const shelf = await Shelf.open();
  try {
    for (const { bench, paper } of CASES.filter(
      ({ bench: { key } }) => wanted.length === 0 || wanted.includes(key),
    )) {
      print(`(${bench.key}) ${bench.title} ...`);
      const result = await runCase(bench, { ground: await Ground.open(), shelf }, here.commit);
      await keep(here, [result], paper);
      print(
        table({ machine: here, cases: [result] })
          .split('\n')
          .slice(3)
          .join('\n'),
      );
      print(`Kept in bench/results/${paper.name}.md and .json.`);
    }
  } finally {
    await shelf.close();
  }
}
