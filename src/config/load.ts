import { lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { homeFolder } from '../base/index.js';
import { readEnvironment, type Env } from './environment.js';
import { judge, type Judges } from './judge.js';
import { keptFileIn, readKept } from './kept-values.js';
import { BadSettings, type Problem } from './problem.js';
import { readSettingsFile, unreadable } from './read-file.js';
import type { Written } from './read-text.js';
import { togetherFaults } from './together.js';
import { unknownKey } from './unknown-key.js';
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
  /** There is no config file, or one with nothing in it. */
  readonly blank: boolean;
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
export function loadConfig(env: Env, home = homeFolder()): Config {
  return loadSettings({ env, home }).config;
}

/**
 * Reads the config file (`TUTTI_CONFIG`, else tutti.yaml in the data folder, when there is one) and what was set on the page. TUTTI_*
 * variables win over the file, the file over the page, the page over defaults. Throws BadSettings with every fault there is; what was set
 * on the page is then left out instead, for nobody could mend it there.
 */
export function loadSettings({ env, home = homeFolder(), file: named, judges = {} }: Sources): Loaded {
  const usualDir = usualFolder(env, home);
  const mustBe = named ?? (env['TUTTI_CONFIG'] || undefined);
  const file = resolve(named ?? settingsFile(env, home));
  const file_used = isThere(file);
  const layers = new Layers(judges);
  if (!file_used) {
    const others = namesLike(file);
    const suggestion = others.length === 0 ? undefined : `There is ${others.join(', ')}.`;
    const missing = { where: file, reason: 'there is no config file of this name.', suggestion };
    if (mustBe !== undefined) throw new BadSettings([missing]);
    if (suggestion !== undefined) layers.notes.push(missing);
  }
  layers.environment(env);
  const written = file_used ? readSettingsFile(file) : undefined;
  if (written) layers.file(written);
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
  const { blank = true } = written ?? {};
  return { config, origins: layers.origins(), file, file_used, blank, notes: layers.notes };
}

/** Throws BadSettings for a file that may be there and cannot be looked at: the server must not go by defaults in silence. */
function isThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const dangling = code === 'ENOENT' && lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    if (code === 'ENOENT' && !dangling) return false;
    const words = dangling
      ? { reason: 'it is a link to a file that is not there.' }
      : unreadable(file, error);
    throw new BadSettings([{ where: file, ...words }]);
  }
}

/** Files beside it that somebody may have taken for it: `tutti.yml`, `tutti.yaml.txt`. */
function namesLike(file: string): string[] {
  const stem = basename(file)
    .replace(/\.ya?ml$/i, '')
    .toLowerCase();
  try {
    return readdirSync(dirname(file)).filter((name) => {
      const plain = name.toLowerCase();
      return (
        plain !== basename(file) && plain.startsWith(stem) && /\.(ya?ml|conf|cfg|txt|yaml\.\w+)$/.test(plain)
      );
    });
  } catch {
    return [];
  }
}

/** The data folder, unless a config file that is somewhere else names another. */
export function usualFolder(env: Env, home = homeFolder()): string {
  return env['TUTTI_DATA_DIR'] || join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'tutti');
}

/** The config file in use, or that would be if it were there. */
export function settingsFile(env: Env, home = homeFolder()): string {
  return resolve(env['TUTTI_CONFIG'] || join(usualFolder(env, home), 'tutti.yaml'));
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
      } else
        this.#problems.push({ where: placeOfKey(key), ...unknownKey(key, value, this.#problems.length) });
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
    const values = new Map([...this.#found].map(([key, { value }]) => [key, value]));
    const faults = [...togetherFaults(values), ...(this.#judges.together?.(values) ?? [])];
    for (const { key, ...fault } of faults)
      this.#problems.push({ where: this.#found.get(key)?.origin.where ?? key, ...fault });
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
