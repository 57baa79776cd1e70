import { AppError, toError, within, type Clock } from '../../base/index.js';

export type Level = 'ok' | 'warn' | 'fail';

/** What one check has found. What is not well has the command that mends it. */
export type Finding =
  | { readonly level: 'ok'; readonly found: string }
  | { readonly level: 'warn' | 'fail'; readonly found: string; readonly fix: string };

export type Row = Finding & { readonly check: string };

export interface Check {
  readonly name: string;
  run(this: void, signal: AbortSignal): Promise<Finding>;
}

export const ok = (found: string): Finding => ({ level: 'ok', found });
export const warn = (found: string, fix: string): Finding => ({ level: 'warn', found, fix });
export const fail = (found: string, fix: string): Finding => ({ level: 'fail', found, fix });

const CHECK_MS = 15_000;

/** Runs them one after the other, so that none measures another. A check that breaks says so, and the others go on. */
export async function examine(checks: readonly Check[], clock: Clock): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, run } of checks) {
    try {
      const limit = { clock, what: `the check of ${name}`, ms: CHECK_MS, code: 'ERR_BUSY' } as const;
      rows.push({ check: name, ...(await within(limit, run)) });
    } catch (thrown) {
      const found = `could not be checked: ${toError(thrown).message}`;
      rows.push({ check: name, ...warn(found, 'tutti doctor') });
    }
  }
  return rows;
}

/** As people read it: one line each, and below it the command that mends it. */
export function lines(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ check }) => check.length));
  return rows
    .flatMap((row) => {
      const line = `${row.level.padEnd(4)}  ${row.check.padEnd(width)}  ${row.found}`;
      return row.level === 'ok' ? [line] : [line, `${' '.repeat(width + 8)}fix: ${row.fix}`];
    })
    .join('\n');
}

/** Throws when something failed, so that the exit code says it too. */
export function demandHealth(rows: readonly Row[]): void {
  const failed = rows.filter(({ level }) => level === 'fail').map(({ check }) => check);
  if (failed.length > 0) throw new AppError('ERR_CONFLICT', `not well: ${failed.join(', ')}`);
}
