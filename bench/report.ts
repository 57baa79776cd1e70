import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../src/package-root.js';
import { short, type Spread } from './figures.js';
import { Results, type CaseResult, type Machine, type Row } from './result.js';

const FOLDER = join(packageRoot, 'bench', 'results');
const COLUMNS = ['measure', 'Tutti', 'beside it', 'ratio', 'target', ''] as const;

export interface Paper {
  /** Of the files in bench/results. */
  readonly name: string;
  readonly title: string;
}

const LATEST: Paper = { name: 'latest', title: 'The last run of `npm run bench`' };

/**
 * Writes bench/results/latest.json and latest.md, or those of another name. Cases that did not run now stay as they were when they ran on the same machine.
 */
export async function keep(
  machine: Machine,
  cases: readonly CaseResult[],
  { name, title }: Paper = LATEST,
): Promise<Results> {
  const path = join(FOLDER, `${name}.json`);
  const before = existsSync(path)
    ? Results.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
    : undefined;
  const isSame = before?.machine.cpu === machine.cpu && before.machine.cores === machine.cores;
  const fresh = new Set(cases.map(({ key }) => key));
  const old = isSame ? before.cases.filter(({ key }) => !fresh.has(key)) : [];
  const all = [...old, ...cases].sort((a, b) => (a.key < b.key ? -1 : 1));
  const results: Results = { machine, cases: all };
  await mkdir(FOLDER, { recursive: true });
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  const head = `# ${title}\n\nWhat is measured, and beside what: see ../README.md.\n\n`;
  await writeFile(join(FOLDER, `${name}.md`), `${head}${table(results)}`);
  return results;
}

/** The results as a Markdown table that also reads well in a terminal. */
export function table({ machine, cases }: Results): string {
  const lines = [
    `${minute(machine.date)}, commit ${machine.commit}`,
    `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.system}, Node ${machine.node}, ${machine.mpd}`,
    `Load average before the run: ${machine.load_before}. Figures are medians (lowest .. highest) of the repetitions.`,
    '',
  ];
  const rows = cases.flatMap(({ rows: found }) => found.map(cells));
  const widths = COLUMNS.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  for (const one of cases) {
    const { key, title, rows: found, notes, failure, seconds } = one;
    lines.push(`## (${key}) ${title}`, '');
    if (one.commit !== machine.commit)
      lines.push(`From a run at ${minute(one.date)}, commit ${one.commit}.`, '');
    if (failure !== undefined) lines.push(`FAILED after ${seconds} s: ${failure}`, '');
    else
      lines.push(
        line(COLUMNS),
        line(widths.map((width) => '-'.repeat(width))),
        ...found.map((row) => line(cells(row))),
        '',
      );
    if (notes.length > 0) lines.push(...notes.map((note) => `- ${note}`), '');
  }
  return lines.join('\n');
}

function cells({ measure, unit, ours, never, peer, target, ratio }: Row): string[] {
  const times = peer && !never ? `${short(ratio ?? ours.median / peer.figure.median)}x` : '';
  const beside = peer ? `${peer.name} ${figure(peer.figure)} ${unit}` : '';
  return [
    measure,
    never ? 'never' : `${figure(ours)} ${unit}`,
    beside,
    times,
    target?.text ?? '',
    target ? (target.met ? 'met' : 'MISSED') : '',
  ];
}

function figure({ median, low, high, repetitions }: Spread): string {
  return repetitions === 1 ? short(median) : `${short(median)} (${short(low)} .. ${short(high)})`;
}

function minute(date: string): string {
  return `${date.slice(0, 16).replace('T', ' ')} UTC`;
}
