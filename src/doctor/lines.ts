import { AppError } from '../base/index.js';
import type { Check } from '../protocol/index.js';

type Row = Pick<Check, 'check_id' | 'severity' | 'found' | 'fix'>;

/** As people read it in a terminal: one line each, and below it the command that mends it. */
export function lines(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ check_id }) => check_id.length));
  return rows
    .flatMap(({ severity, check_id, found, fix }) => {
      const line = `${severity.padEnd(7)}  ${check_id.padEnd(width)}  ${found}`;
      return fix === undefined ? [line] : [line, `${' '.repeat(width + 11)}fix: ${fix}`];
    })
    .join('\n');
}

/** Throws when something does not work, so that the exit code says it too. */
export function demandHealth(rows: readonly Row[]): void {
  const failed = rows.filter(({ severity }) => severity === 'problem').map(({ check_id }) => check_id);
  if (failed.length > 0) throw new AppError('ERR_CONFLICT', `not well: ${failed.join(', ')}`);
}
