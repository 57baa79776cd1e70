import { statSync } from 'node:fs';
import { judgesHere } from '../app/index.js';
import { AppError } from '../base/index.js';
import {
  GROUP_NAMES,
  loadSettings,
  problemText,
  SPECS,
  type Env,
  type Loaded,
  type Problem,
} from '../config/index.js';
import type { Arguments } from './arguments.js';

/** `tutti config check [file]` and `tutti config show`. Rejects with everything that is wrong, so that the program fails. */
export function runConfig({ rest: [what, file, ...more], json }: Arguments, env: Env): string {
  if ((what !== 'check' && what !== 'show') || more.length > 0)
    throw new AppError('ERR_INVALID', 'tutti config what? There are: check [file], show');
  const loaded = loadSettings({ env, judges: judgesHere(), ...(file !== undefined && { file }) });
  if (json) return JSON.stringify(rowsOf(loaded), undefined, 2);
  const notes = [...loaded.notes, ...missingFolders(loaded)].map((note) => `  Note: ${problemText(note)}`);
  if (what === 'show') return [...textOf(loaded, () => true), ...notes].join('\n');
  const source = loaded.file_used ? loaded.file : `no config file (${loaded.file} is not there)`;
  const set = textOf(loaded, ({ from }) => from !== 'default');
  const nothing = ['  Everything is as by default.'];
  return [`Nothing is wrong: ${source}`, ...(set.length > 0 ? set : nothing), ...notes].join('\n');
}

/** Folders may come later, with a stick or a share: that they are not there now is no fault. */
function missingFolders({ config, origins }: Loaded): Problem[] {
  return SPECS.filter(({ folder }) => folder).flatMap(({ key }) => {
    const { from = 'default', where = key } = origins.get(key) ?? {};
    const path = config[key];
    if (from === 'default' || typeof path !== 'string') return [];
    const reason = folderFault(path);
    if (reason === undefined) return [];
    return [{ where: from === 'page' ? 'set on the page' : where, reason: `${key}: ${path} ${reason}.` }];
  });
}

function folderFault(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'is no folder';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'may not be looked at' : 'is not there now';
  }
}

interface Row {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
  readonly where?: string | undefined;
}

function rowsOf({ config, origins }: Loaded): (Row & { readonly group: string })[] {
  return SPECS.map(({ key, group, secret }) => {
    const { from = 'default', where } = origins.get(key) ?? {};
    const value = config[key];
    return { key, group, value: secret && value !== undefined ? '***' : withoutSecrets(value), from, where };
  });
}

function textOf(loaded: Loaded, wanted: (row: Row) => boolean): string[] {
  const rows = rowsOf(loaded).filter(wanted);
  const width = Math.max(0, ...rows.map(({ key }) => key.length));
  return GROUP_NAMES.flatMap((group) => {
    const own = rows.filter((row) => row.group === group);
    if (own.length === 0) return [];
    return [
      `  ${group}`,
      ...own.map(
        ({ key, value, from, where }) =>
          `    ${key.padEnd(width)}  ${JSON.stringify(value) ?? 'none'}  (${where ?? FROM[from] ?? from})`,
      ),
    ];
  });
}

const FROM: Readonly<Record<string, string>> = { page: 'set on the page', default: 'by default' };

/** Options of players may be passwords. */
function withoutSecrets(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('options' in entry)) return entry;
    const options = Object.entries(entry.options as Record<string, unknown>);
    const shown = options.map(([key, option]) => [key, /pass|secret|token/i.test(key) ? '***' : option]);
    return { ...entry, options: Object.fromEntries(shown) as unknown };
  });
}
