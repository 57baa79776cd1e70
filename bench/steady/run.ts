import { runCase, type BenchCase } from '../case.js';
import { startCase } from '../case-start.js';
import { Ground } from '../ground.js';
import { machine } from '../machine.js';
import { keep, table } from '../report.js';
import { Shelf } from '../shelf.js';
import { needPrograms } from '../sync/programs.js';
import { limited, quota, quotaForAll } from './case-limited.js';
import { playing } from './case-playing.js';
import { soak } from './case-soak.js';
import { paceOf, type Pace } from './pace.js';

type Print = (line: string) => void;

function casesOf(pace: Pace): BenchCase[] {
  const { library, starts, measureSeconds } = pace;
  const tracks = library === 'large' ? '100,000' : '10,000';
  const start = startCase({
    key: '1-start',
    title: `Start, memory and idle CPU with ${tracks} tracks`,
    library,
    starts,
    idleCpuMs: measureSeconds * 1000,
  });
  return [start, playing(pace), limited(pace), quota(pace), quotaForAll(pace), soak(pace)];
}

/** All cases, or those named; `--quick` and `--minutes` say how long. What was quick is kept apart. */
export async function runSteady(words: readonly string[], print: Print): Promise<void> {
  const pace = paceOf(words);
  const cases = casesOf(pace);
  const wanted = words.filter((word, at) => !word.startsWith('--') && words[at - 1] !== '--minutes');
  const unknown = wanted.filter((key) => !cases.some((one) => one.key === key));
  if (unknown.length > 0) {
    print(`There is no case ${unknown.join(', ')}. Cases:`);
    for (const { key, title } of cases) print(`  ${key}  ${title}`);
    return;
  }
  await needPrograms(print);
  const here = await machine();
  const shelf = await Shelf.open();
  const quick = words.includes('--quick');
  const paper = quick ? undefined : { name: 'steady', title: 'Small and steady' };
  try {
    for (const one of cases.filter(({ key }) => wanted.length === 0 || wanted.includes(key))) {
      print(`(${one.key}) ${one.title} ...`);
      const result = await runCase(one, { ground: await Ground.open(), shelf }, here.commit);
      if (paper) await keep(here, [result], paper);
      const lines = table({ machine: here, cases: [result] }).split('\n');
      print(lines.slice(3).join('\n'));
    }
  } finally {
    await shelf.close();
  }
  print(quick ? 'Quick: nothing was kept.' : 'Kept in bench/results/steady.md and .json.');
}
