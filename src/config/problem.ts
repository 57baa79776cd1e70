import { AppError } from '../base/index.js';

/** Something that somebody wrote and that cannot be. */
export interface Problem {
  /** `/etc/tutti/tutti.yaml:3:7`, or the environment variable. */
  readonly where: string;
  /** A sentence that begins with the key. */
  readonly reason: string;
  /** What to write instead; a sentence too. */
  readonly suggestion?: string | undefined;
}

/** A fault in a value: `path` leads to the part of it that is meant. */
export interface Fault extends Omit<Problem, 'where'> {
  readonly path: readonly PropertyKey[];
}

export function problemText({ where, reason, suggestion }: Problem): string {
  return `${where}: ${reason}${suggestion === undefined ? '' : ` ${suggestion}`}`;
}

/** More faults than these are counted, not told: somebody took another file for the settings. */
const MAX_TOLD = 30;

/** Settings that the program cannot run with: all that is wrong with them, not only the first. */
export class BadSettings extends AppError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const told = problems.slice(0, MAX_TOLD);
    const others = problems.length - told.length;
    const last = told.at(-1);
    if (others > 0 && last) told.push({ where: last.where, reason: `and ${others} more faults behind it.` });
    const lines = told.map((problem) => `\n  ${problemText(problem)}`);
    super('ERR_INVALID', `the settings cannot be used:${lines.join('')}`);
    this.problems = told;
  }
}
