import { resolve } from 'node:path';
import { nearest } from '../base/index.js';
import type { Problem } from './problem.js';
import { readSettingsText } from './read-text.js';
import { SPECS, type SettingKey } from './specs.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** Variables of the command line, of satellites and of tests: no settings. */
const OTHERS =
  /^TUTTI_(CONFIG|URL|TOKEN|SATELLITE_TOKEN|SATELLITE_DIR|OUTPUTS|RUN_DIR|SHOTS|BENCH_.*|MODEL_.*|EVERY_STEP)$/;

export interface EnvironmentRead {
  readonly values: ReadonlyMap<SettingKey, unknown>;
  readonly problems: readonly Problem[];
  /** Variables that look like a setting and are none. Other programs may set such, so they are no fault. */
  readonly notes: readonly Problem[];
}

/** What TUTTI_* variables set; an empty one sets nothing. Lists have commas, TUTTI_PLAYERS is written as in the config file. */
export function readEnvironment(env: Env): EnvironmentRead {
  const values = new Map<SettingKey, unknown>();
  const problems: Problem[] = [];
  const variables = SPECS.map(({ variable }) => variable);
  for (const { key, variable, kind, form } of SPECS) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    if (kind !== 'players' && kind !== 'other') {
      // Who starts it by hand means the folder where that is done.
      values.set(key, form === 'path' && !/^(~|[A-Za-z]:)/.test(text) ? resolve(text) : text);
      continue;
    }
    const read = readSettingsText(`${key}: ${text}`, variable);
    const suggestion = 'For example: [{ kind: mpd, name: Kitchen, host: 192.168.1.20 }]';
    problems.push(...read.problems.map((problem) => ({ ...problem, where: variable, suggestion })));
    if (read.values.has(key)) values.set(key, read.values.get(key));
  }
  const notes = Object.keys(env)
    .filter((name) => name.startsWith('TUTTI_') && !variables.includes(name) && !OTHERS.test(name))
    .flatMap((name) => {
      const meant = nearest(
        name.slice('TUTTI_'.length),
        SPECS.map(({ key }) => key),
      );
      return meant === undefined
        ? []
        : {
            where: name,
            reason: `${name} is no setting.`,
            suggestion: `Did you mean TUTTI_${meant.toUpperCase()}?`,
          };
    });
  return { values, problems, notes };
}
