import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readEnvironment, type Env } from './environment.js';
import { judge, type Judges } from './judge.js';
import { keptFileIn, readKept } from './kept-values.js';
import { nearest } from '../base/index.js';
import { BadSettings, type Problem } from './problem.js';
import { readSettingsFile, type Written } from './read-file.js';
import { ConfigSchema, type Config } from './schema.js';
import { SPECS, specFor, type SettingKey } from './specs.js';

/** Who set a value; the first of them that did wins. */
export type Setter = 'environment' | 'file' | 'page' | 'default';

export interface Origin {
  readonly from: Setter;
  /** The variable, or the place in the file. */
  readonly where?: string;
}

export interface Loaded {
  readonly config: Config;
  readonly origins: ReadonlyMap<SettingKey, Origin>;
  /** The config file that was read, or would be if it were there. */
  readonly file: string;
  readonly file_used: boolean;
  /** What is odd and keeps nobody from starting. */
  readonly notes: readonly Problem[];
}

export interface Sources {
  readonly env: Env;
  readonly home?: string;
  /** Instead of the usual config file. */
  readonly file?: string;
  readonly judges?: Judges;
}

/** The settings as they are now; see loadSettings. */
export function loadConfig(env: Env, home = homedir()): Config {
  return loadSettings({ env, home }).config;
}

/**
 * Reads the config file (`TUTTI_CONFIG`, else tutti.yaml in the data folder, when there is one) and what was set on the page. TUTTI_*
 * variables win over the file, the file over the page, the page over defaults. Throws BadSettings with every fault there is; what was set
 * on the page is then left out instead, for nobody could mend it there.
 */
export function loadSettings({ env, home = homedir(), file: named, judges = {} }: Sources): Loaded {
  const usualDir = usualFolder(env, home);
  const mustBe = named ?? (env['TUTTI_CONFIG'] || undefined);
  const file = resolve(mustBe ?? join(usualDir, 'tutti.yaml'));
  const file_used = existsSync(file);
  if (mustBe !== undefined && !file_used)
    throw new BadSettings([{ where: file, reason: 'there is no config file of this name.' }]);
  const layers = new Layers(judges);
  layers.environment(env);
  if (file_used) layers.file(readSettingsFile(file));
  layers.throwProblems();
  const dataDir = resolve(layers.text('data_dir') ?? usualDir);
  layers.page(keptFileIn(dataDir));
  const parsed = ConfigSchema.parse(layers.values());
  const config = Object.freeze({
    ...parsed,
    host: parsed.host ?? (parsed.auth === 'required' ? '0.0.0.0' : '127.0.0.1'),
    data_dir: dataDir,
    music_dir: musicDir(parsed.music_dir, home),
  });
  return { config, origins: layers.origins(), file, file_used, notes: layers.notes };
}

/** The data folder, unless a config file that is somewhere else names another. */
export function usualFolder(env: Env, home = homedir()): string {
  return env['TUTTI_DATA_DIR'] || join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'tutti');
}

/** Values by key as they come in, the strongest first. */
class Layers {
  readonly notes: Problem[] = [];
  readonly #judges: Judges;
  readonly #problems: Problem[] = [];
  readonly #found = new Map<SettingKey, { readonly value: unknown; readonly origin: Origin }>();

  constructor(judges: Judges) {
    this.#judges = judges;
  }

  environment(env: Env): void {
    const { values, problems, notes } = readEnvironment(env);
    this.#problems.push(...problems);
    this.notes.push(...notes);
    for (const [key, value] of values) {
      const where = specFor(key)?.variable ?? key;
      this.#take(key, value, { from: 'environment', where }, () => where, this.#problems);
    }
  }

  file({ values, problems, placeOf, placeOfKey }: Written): void {
    this.#problems.push(...problems);
    for (const [key, value] of values) {
      const spec = specFor(key);
      if (spec) {
        const place = (path: readonly PropertyKey[]): string => placeOf([key, ...path]);
        this.#take(spec.key, value, { from: 'file', where: placeOfKey(key) }, place, this.#problems);
      } else this.#problems.push({ where: placeOfKey(key), ...unknownKey(key) });
    }
  }

  page(file: string): void {
    const { values, problem } = readKept(file);
    if (problem !== undefined) this.notes.push({ where: file, reason: `what the page has set: ${problem}.` });
    for (const [key, value] of Object.entries(values)) {
      const spec = specFor(key);
      if (spec && !spec.only_file) this.#take(spec.key, value, { from: 'page' }, () => file, this.notes);
      else this.notes.push({ where: file, reason: `${key} is not set on the page.` });
    }
  }

  text(key: SettingKey): string | undefined {
    const value = this.#found.get(key)?.value;
    return typeof value === 'string' && value !== '' ? value : undefined;
  }

  /** Values that are understood and yet to be completed with defaults. */
  values(): Readonly<Record<string, unknown>> {
    const entries = [...this.#found]
      .filter(([key]) => key !== 'players')
      .map(([key, { value }]) => [key, value]);
    return { ...Object.fromEntries(entries), players: this.#players() } as Readonly<Record<string, unknown>>;
  }

  origins(): ReadonlyMap<SettingKey, Origin> {
    return new Map(SPECS.map(({ key }) => [key, this.#found.get(key)?.origin ?? { from: 'default' }]));
  }

  /** Throws BadSettings when something is wrong, alone or beside another setting. */
  throwProblems(): void {
    const [cert, key] = [this.text('tls_cert'), this.text('tls_key')];
    if ((cert === undefined) !== (key === undefined)) {
      const there = cert === undefined ? 'tls_key' : 'tls_cert';
      const reason = `${there}: tls_cert and tls_key belong together, and only this one is set.`;
      this.#problems.push({ where: this.#found.get(there)?.origin.where ?? there, reason });
    }
    if (this.#problems.length > 0) throw new BadSettings(this.#problems);
  }

  /** As they are written: the schema makes of them what they become. */
  #players(): unknown {
    const players = this.#found.get('players')?.value as Config['players'] | undefined;
    return (players ?? []).map(({ options, id, ...rest }) => ({
      ...options,
      ...(id !== undefined && { id }),
      ...rest,
    }));
  }

  #take(
    key: SettingKey,
    written: unknown,
    origin: Origin,
    place: (path: readonly PropertyKey[]) => string,
    problems: Problem[],
  ): void {
    const spec = specFor(key);
    if (!spec) return;
    const judged = judge(spec, written, this.#judges);
    if ('faults' in judged)
      for (const { path, ...fault } of judged.faults) problems.push({ where: place(path), ...fault });
    else if (judged.value !== undefined && !this.#found.has(key))
      this.#found.set(key, { value: judged.value, origin });
  }
}

function unknownKey(key: string): Omit<Problem, 'where'> {
  const meant = nearest(
    key,
    SPECS.map((spec) => spec.key),
  );
  return {
    reason: `${key} is no setting.`,
    suggestion: meant === undefined ? 'config/default.yaml has them all.' : `Did you mean ${meant}?`,
  };
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
