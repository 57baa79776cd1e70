import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { AppError } from '../base/index.js';
import { ConfigSchema, type Config } from './schema.js';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the config file (`TUTTI_CONFIG`, else tutti.yaml in the data folder, when there is one), lets TUTTI_* variables win, and
 * freezes the result. Throws ERR_INVALID with the place and the reason of the first fault.
 */
export function loadConfig(env: Env, home = homedir()): Config {
  const dataDir =
    env['TUTTI_DATA_DIR'] ?? join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'tutti');
  const file = env['TUTTI_CONFIG'] ?? join(dataDir, 'tutti.yaml');
  if (env['TUTTI_CONFIG'] !== undefined && !existsSync(file))
    throw new AppError('ERR_INVALID', `there is no config file ${file}`);
  const fromFile = existsSync(file) ? readYaml(file) : {};
  const { data_dir, music_dir, host, ...config } = check({ ...fromFile, ...fromEnv(env) }, file);
  return Object.freeze({
    ...config,
    host: host ?? (config.auth === 'required' ? '0.0.0.0' : '127.0.0.1'),
    data_dir: resolve(data_dir ?? dataDir),
    music_dir: musicDir(music_dir, home),
  });
}

function readYaml(file: string): Record<string, unknown> {
  try {
    const content: unknown = parseYaml(readFileSync(file, 'utf8'));
    if (content === null) return {};
    if (typeof content === 'object' && !Array.isArray(content)) return content as Record<string, unknown>;
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw new AppError('ERR_INVALID', `${file}: ${cause.message}`, { cause });
  }
  throw new AppError('ERR_INVALID', `${file}: settings are expected, as "key: value" lines`);
}

function fromEnv(env: Env): Record<string, string> {
  const values: Record<string, string> = {};
  for (const key of Object.keys(ConfigSchema.shape)) {
    const value = env[`TUTTI_${key.toUpperCase()}`];
    if (key !== 'players' && value !== undefined && value !== '') values[key] = value;
  }
  return values;
}

function check(values: Record<string, unknown>, file: string): ReturnType<typeof ConfigSchema.parse> {
  const parsed = ConfigSchema.safeParse(values);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue?.path.join('.') || 'the settings';
  throw new AppError('ERR_INVALID', `${file} (or TUTTI_*): ${place}: ${issue?.message ?? 'not valid'}`);
}

/** A folder that was named stands, even while it is not mounted; ~/Music counts only when something is in it. */
function musicDir(named: string | undefined, home: string): string | undefined {
  if (named !== undefined && named !== '') return resolve(named);
  const usual = join(home, 'Music');
  try {
    return readdirSync(usual).some((name) => !name.startsWith('.')) ? usual : undefined;
  } catch {
    return undefined;
  }
}
