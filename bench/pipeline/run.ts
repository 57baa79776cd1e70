import { runCase, type BenchCase } from '../case.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { keep, type Paper, table } from '../report.js';
import { Shelf } from '../shelf.js';
import { identifyCase } from './case-identify.js';
import { BESIDE_FULL, BESIDE_SMALL, besideCase } from './case-beside.js';
import { killsCase } from './case-kills.js';
import { RATE_FULL, RATE_SMALL, rateCase } from './case-rate.js';

interface PipelineCase {
  readonly bench: BenchCase;
  /** Where its result is kept. */
  readonly paper: Paper;
}

/** In the order in which they run; `small` ones only show that they work. */
const cases = (small: boolean): readonly PipelineCase[] => [
  { bench: identifyCase, paper: { name: 'identify', title: 'What albums are taken for, beside beets' } },
  { bench: killsCase, paper: { name: 'import-kills', title: 'Imports that are killed' } },
  {
    bench: rateCase(small ? RATE_SMALL : RATE_FULL),
    paper: { name: 'import-rate', title: 'Imports beside beets' },
  },
  {
    bench: besideCase(small ? BESIDE_SMALL : BESIDE_FULL),
    paper: { name: 'import-beside', title: 'Imports beside music that plays' },
  },
];

type Print = (line: string) => void;

/** All cases of the pipeline, or those named. With `--small` little is done, and nothing is kept. */
export async function runPipeline(words: readonly string[], print: Print): Promise<void> {
  const small = words.includes('--small');
  const wanted = words.filter((word) => word !== '--small');
  const all = cases(small);
  const unknown = wanted.filter((key) => !all.some(({ bench }) => bench.key === key));
  if (unknown.length > 0) {
    print(`There is no case ${unknown.join(', ')}. Cases:`);
    for (const { bench } of all) print(`  ${bench.key}  ${bench.title}`);
    return;
  }
  const here = await machine();
  const shelf = await Shelf.open();
  try {
    for (const { bench, paper } of all.filter(
      ({ bench: { key } }) => wanted.length === 0 || wanted.includes(key),
    )) {
      print(`(${bench.key}) ${bench.title} ...`);
      const result = await runCase(bench, { ground: await Ground.open(), shelf }, here.commit);
      if (!small) await keep(here, [result], paper);
      print(
        table({ machine: here, cases: [result] })
          .split('\n')
          .slice(3)
          .join('\n'),
      );
      if (!small) print(`Kept in bench/results/${paper.name}.md and .json.`);
    }
  } finally {
    await shelf.close();
  }
}
