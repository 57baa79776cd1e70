import { join, resolve } from 'node:path';
import { toError } from '../base/index.js';
import { loadConfig, loadSettings, specFor, usualFolder, type Config } from '../config/index.js';
import { ok, problem, type CheckSpec, type Finding } from './finding.js';
import { waysOf, type Ways } from './ways.js';

type Env = Readonly<Record<string, string | undefined>>;

/** `root` is the folder of the program. Settings that are wrong are one finding; the rest of the machine is looked at with those that everybody begins with. */
export function settings(
  env: Env,
  root: string,
): {
  readonly config: Config;
  readonly ways: Ways;
  readonly finding: Finding;
} {
  const byVariable = (key: string): boolean => env[specFor(key)?.variable ?? ''] !== undefined;
  try {
    const { config, file } = loadSettings({ env });
    return {
      config,
      ways: waysOf({ root, file, byVariable }),
      finding: ok(`data in ${config.data_dir}`),
    };
  } catch (thrown) {
    const data_dir = resolve(usualFolder(env));
    const file = resolve(env['TUTTI_CONFIG'] || join(data_dir, 'tutti.yaml'));
    const ways = waysOf({ root, file, byVariable });
    const wrong = toError(thrown).message;
    return {
      config: { ...loadConfig({ TUTTI_DATA_DIR: NOWHERE }), data_dir },
      ways,
      finding: problem(
        `${wrong}\n  The rest is looked at with the defaults.`,
        `${ways.edit}   then ${ways.tutti('config check')}`,
      ),
    };
  }
}

/** A folder without settings. */
const NOWHERE = '/nonexistent/tutti';

export const settingsCheck = (finding: Finding): CheckSpec => ({
  id: 'settings',
  title: 'Settings',
  part: 'machine',
  why: 'A server does not start with settings that make no sense.',
  run: () => finding,
});
