import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { AppError, nearest, Serial, toError, type Clock, type Logger, type Timer } from '../base/index.js';
import {
  ADDRESS_KEYS,
  BadSettings,
  judge,
  keptFileIn,
  PLACE_KEYS,
  problemText,
  readKept,
  SPECS,
  specFor,
  whyNotHere,
  type Config,
  type Judges,
  type KeptValues,
  type Loaded,
  type SettingKey,
  type SettingSpec,
} from '../config/index.js';
import {
  settingTitle,
  type Handlers,
  type Setting,
  type Settings,
  type SystemState,
} from '../protocol/index.js';
import { settingView } from './view.js';
import { watchFile } from './watch-file.js';
import { writeKept } from './write-kept.js';

export interface HouseSettingsParts {
  readonly loaded: Loaded;
  /** Reads everything anew, also with another config file; throws BadSettings. Absent: they are as they were given, for good. */
  readonly again?: (file?: string) => Loaded;
  readonly judges?: Judges;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Notices = SystemState['notices'];
/** The answer to who asked for a restart leaves before it. */
const REPLY_MS = 300;

/** Who hears of settings, and who does what they ask for. */
export interface SettingsEnds {
  /** Every notice there is about settings, each time all of them. */
  told?(this: void, notices: Notices): void;
  /** Begins another life of the server, with all settings as they are then. */
  restart?(this: void, reason: string): void;
  /** Another process has the page: what is set there is read anew too, where both share a data folder. */
  readonly others?: boolean;
}

type Follower = (config: Config) => Promise<void> | void;

/**
 * The settings a server runs with. What is live changes while it runs, and `config` then gives the new value; all else stays as it was at the start,
 * and a notice says that it waits for the next one. A config file with a fault changes nothing. [ST2] [ST3]
 */
export class HouseSettings {
  /** What holds now: live keys give another value when they were changed. */
  readonly config: Config;
  readonly handlers: Handlers<`settings:${'list' | 'set' | 'reset' | 'restart'}`>;
  readonly #parts: HouseSettingsParts;
  readonly #running: { -readonly [K in keyof Config]: Config[K] };
  readonly #followers: { readonly keys: readonly SettingKey[]; readonly follow: Follower }[] = [];
  readonly #turn = new Serial();
  #loaded: Loaded;
  #problems: readonly string[] = [];
  #told: ((notices: Notices) => void) | undefined;
  #unwatch: (() => void) | undefined;
  #restartNow: ((reason: string) => void) | undefined;
  #leaving: Timer | undefined;

  constructor(parts: HouseSettingsParts) {
    this.#parts = parts;
    this.#loaded = parts.loaded;
    this.#running = { ...parts.loaded.config };
    this.config = liveView(this.#running);
    this.handlers = {
      'settings:list': () => this.#list(),
      'settings:set': ({ key, value }) => this.#turn.run(() => this.#set(key, value)),
      'settings:reset': ({ key }) => this.#turn.run(() => this.#set(key, undefined)),
      'settings:restart': () => this.#turn.run(() => this.#restart()),
    };
  }

  /** Calls when one of these live keys has another value; in the order of the calls of this. */
  follow(keys: readonly SettingKey[], follow: Follower): void {
    this.#followers.push({ keys, follow });
  }

  /** From now on the config file is watched; with `others`, what the page has set too. */
  start({ told, restart, others = false }: SettingsEnds): void {
    const { again, clock, log } = this.#parts;
    this.#told = told;
    for (const note of this.#loaded.notes) log.warn({ note: problemText(note) }, 'an odd setting');
    if (again) {
      this.#restartNow = restart;
      const files = [this.#loaded.file, ...(others ? [keptFileIn(this.#running.data_dir)] : [])];
      const watches = files.map((file) =>
        watchFile({ file, clock, log, changed: () => void this.reload(`${basename(file)} was changed`) }),
      );
      this.#unwatch = () => watches.forEach((end) => end());
      // What was changed while the server started, nobody has seen.
      void this.reload('the server has started');
    }
    this.#tell();
  }

  /** Where a setting has to be changed: in this file, unless a variable sets it. */
  get places(): {
    readonly file: string;
    /** There is one. */
    readonly used: boolean;
    byVariable(this: void, key: string): boolean;
  } {
    const { file, file_used: used, origins } = this.#loaded;
    return {
      file,
      used,
      byVariable: (key) => {
        const spec = specFor(key);
        return spec !== undefined && origins.get(spec.key)?.from === 'environment';
      },
    };
  }

  /** Who has set a setting, and where. */
  setBy(key: SettingKey): Pick<Setting, 'from' | 'where'> {
    return this.#loaded.origins.get(key) ?? { from: 'default' };
  }

  /** Why another config file must not take the place of the one in use while nobody is at the machine; undefined: it may. */
  whyNot(file: string): string | undefined {
    const { again } = this.#parts;
    if (!again) return undefined;
    return whyNotHere(() => again(file), this.#running, [...PLACE_KEYS, ...ADDRESS_KEYS]);
  }

  /** Reads everything anew and goes by it as far as a running server can. Never rejects: what is wrong is told and logged. */
  reload(why: string): Promise<void> {
    return this.#turn.run(() => this.#again(why));
  }

  async close(): Promise<void> {
    this.#unwatch?.();
    this.#leaving?.cancel();
    await this.#turn.idle();
  }

  async #restart(): Promise<Record<string, never>> {
    const restart = this.#restartNow;
    if (!restart)
      throw new AppError('ERR_NOT_SUPPORTED', 'nothing would start this server again: restart it by hand');
    await this.#again('a restart was asked for', true);
    const [problem] = this.#problems;
    if (problem !== undefined)
      throw new AppError('ERR_CONFLICT', `the server would not come back, mend this first: ${problem}`);
    this.#leaving ??= this.#parts.clock.after(REPLY_MS, () => restart('Somebody asked for it'));
    return {};
  }

  /** `ending`: who asks for it goes on with what there is then. */
  async #again(why: string, ending = false): Promise<void> {
    const { again, log } = this.#parts;
    if (!again) return;
    try {
      const loaded = again();
      if (loaded.blank && !this.#loaded.blank && !ending) throw fileLost(loaded);
      this.#loaded = loaded;
      this.#problems = [];
    } catch (error) {
      this.#problems =
        error instanceof BadSettings ? error.problems.map(problemText) : [toError(error).message];
      for (const problem of this.#problems) log.error({ why, problem }, 'settings refused');
      this.#tell();
      return;
    }
    const changed = await this.#goBy(this.#loaded.config);
    const waiting = this.#waiting();
    log[changed.length + waiting.length > 0 ? 'info' : 'debug']({ why, changed, waiting }, 'settings read');
    this.#tell();
  }

  /** Takes over what is live, and gives the keys that have changed. */
  async #goBy(config: Config): Promise<SettingKey[]> {
    const live = SPECS.filter((spec) => spec.live).map(({ key }) => key);
    const changed = live.filter((key) => !isDeepStrictEqual(config[key], this.#running[key]));
    Object.assign(this.#running, Object.fromEntries(changed.map((key) => [key, config[key]])));
    for (const { keys, follow } of this.#followers) {
      if (!keys.some((key) => changed.includes(key))) continue;
      try {
        await follow(this.config);
      } catch (error) {
        this.#parts.log.error({ keys, error: toError(error).message }, 'a changed setting was not taken');
      }
    }
    return changed;
  }

  #waiting(): SettingKey[] {
    const { config } = this.#loaded;
    return SPECS.filter(({ key }) => !isDeepStrictEqual(config[key], this.#running[key])).map(
      ({ key }) => key,
    );
  }

  #tell(): void {
    const notices: Notices = [];
    const [first, ...others] = this.#problems;
    if (first !== undefined) {
      const more = others.length === 0 ? '' : ` And ${others.length} more, see Settings.`;
      const message = `The settings were not taken, the former ones count. ${first}${more}`;
      notices.push({ notice_id: 'settings-refused', level: 'error', message });
    }
    const waiting = this.#waiting();
    if (waiting.length > 0) {
      const message = `Restart Tutti to apply: ${waiting.map(settingTitle).join(', ')}.`;
      notices.push({ notice_id: 'settings-restart', level: 'info', message });
    }
    this.#told?.(notices);
  }

  #list(): Settings {
    const { file, file_used, notes } = this.#loaded;
    return {
      settings: SPECS.map((spec) => this.#view(spec)),
      ...(this.#parts.again && { file }),
      file_used,
      problems: [...this.#problems],
      restartable: this.#restartNow !== undefined,
      notes: notes.map(problemText),
    };
  }

  #view(spec: SettingSpec): Setting {
    const waiting = !isDeepStrictEqual(this.#loaded.config[spec.key], this.#running[spec.key]);
    return settingView(spec, this.#loaded, waiting);
  }

  /** Undefined: forget what the page has set. */
  async #set(key: string, value: unknown): Promise<{ setting: Setting }> {
    const spec = specFor(key);
    if (!spec) throw unknownSetting(key);
    if (!this.#parts.again) throw new AppError('ERR_NOT_SUPPORTED', 'the settings of this server are fixed');
    const { from, where = '' } = this.#loaded.origins.get(spec.key) ?? { from: 'default' };
    if (spec.only_file)
      throw new AppError(
        'ERR_NOT_ALLOWED',
        `${key} is set in the config file or as ${spec.variable}, not here`,
      );
    if (from === 'environment' || from === 'file')
      throw new AppError('ERR_CONFLICT', `${key} is set already, by ${where}: change it there`);
    const file = keptFileIn(this.#running.data_dir);
    const { [key]: _former, ...others } = readKept(file).values;
    if (value === undefined) await writeKept(file, others);
    else await writeKept(file, { ...others, [key]: await this.#checked(spec, value) });
    await this.#again(`${key} was set on the page`);
    return { setting: this.#view(spec) };
  }

  async #checked(spec: SettingSpec, value: unknown): Promise<KeptValues[string]> {
    const judged = judge(spec, value, this.#parts.judges);
    if ('faults' in judged) {
      const [fault] = judged.faults;
      throw new AppError('ERR_INVALID', [fault?.reason, fault?.suggestion].filter(Boolean).join(' '));
    }
    if (spec.folder && typeof value === 'string')
      if (!(await stat(value).catch(() => undefined))?.isDirectory())
        throw new AppError('ERR_INVALID', `${spec.key}: there is no such folder on the server`);
    return judged.value as KeptValues[string];
  }
}

/** The settings of a server that has them from nowhere: a test, or a program that made them up. */
export function fixedSettings(
  config: Config,
  { clock, log }: Pick<HouseSettingsParts, 'clock' | 'log'>,
): HouseSettings {
  const loaded = { config, origins: new Map(), file: '', file_used: false, blank: true, notes: [] };
  return new HouseSettings({ loaded, clock, log });
}

/** Somebody has it in hands, or a disk has lost it: nobody wants their players gone for that while music plays. */
function fileLost({ file, file_used }: Loaded): BadSettings {
  const reason = file_used ? 'the settings file is empty.' : 'the settings file is gone.';
  const suggestion = 'Put it back, or restart Tutti to go on without it.';
  return new BadSettings([{ where: file, reason, suggestion }]);
}

function unknownSetting(key: string): AppError {
  const meant = nearest(
    key,
    SPECS.map((spec) => spec.key),
  );
  return new AppError(
    'ERR_NOT_FOUND',
    `there is no setting ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
  );
}

/** The same object for as long as the server runs; live keys are read anew each time. */
function liveView(running: Config): Config {
  // Also those that nobody has set yet.
  const keys = new Set([...SPECS.map(({ key }) => key), ...(Object.keys(running) as SettingKey[])]);
  const properties = [...keys].map((key): [string, PropertyDescriptor] => {
    const live = specFor(key)?.live === true;
    const property = live ? { get: () => running[key] } : { value: running[key] };
    return [key, { ...property, enumerable: true }];
  });
  return Object.freeze(Object.defineProperties({}, Object.fromEntries(properties))) as Config;
}
