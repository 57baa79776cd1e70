import { devNull } from 'node:os';
import { toError } from '../base/index.js';
import { loadConfig, type Config } from '../config/index.js';
import { ok, problem, type CheckSpec, type Finding } from './finding.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Settings that are wrong are one finding; the rest of the machine is looked at with those that everybody begins with. */
export function settings(env: Env): { readonly config: Config; readonly finding: Finding } {
  try {
    const config = loadConfig(env);
    return { config, finding: ok(`data in ${config.data_dir}`) };
  } catch (thrown) {
    const folder = env['TUTTI_DATA_DIR'];
    const config = loadConfig({
      TUTTI_CONFIG: devNull,
      XDG_DATA_HOME: env['XDG_DATA_HOME'],
      ...(folder !== undefined && { TUTTI_DATA_DIR: folder }),
    });
    const file = env['TUTTI_CONFIG'] ?? `${config.data_dir}/tutti.yaml`;
    return {
      config,
      finding: problem(toError(thrown).message, `"\${EDITOR:-nano}" '${file}'; env | grep ^TUTTI_`),
    };
  }
}

export const settingsCheck = (finding: Finding): CheckSpec => ({
  id: 'settings',
  title: 'Settings',
  part: 'machine',
  why: 'A server does not start with settings that make no sense.',
  run: () => finding,
});
