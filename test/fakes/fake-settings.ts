import { AppError } from '../../src/base/index.js';
import {
  ConfigSchema,
  SPECS,
  specFor,
  type Loaded,
  type Origin,
  type SettingKey,
} from '../../src/config/index.js';
import type { Setting, SettingValue } from '../../src/protocol/index.js';
import { settingView } from '../../src/settings/index.js';
import type { FakeHandlers } from './fake-commands.js';

/** The settings of a house as plain values: real keys and words, nothing behind them. */
export class FakeSettings {
  readonly set = new Map<string, SettingValue>();
  /** Keys that the config file sets, with their line. */
  readonly inFile = new Map<string, string>();
  problems: string[] = [];
  restarts = 0;
  restartable = true;
  readonly handlers: FakeHandlers;

  constructor() {
    this.handlers = {
      'settings:list': () => ({
        settings: SPECS.map(({ key }) => this.#of(key)),
        file: '/var/lib/tutti/tutti.yaml',
        file_used: this.inFile.size > 0,
        problems: [...this.problems],
        restartable: this.restartable,
        notes: [],
      }),
      'settings:restart': () => {
        this.restarts += 1;
        return {};
      },
      'settings:set': ({ key, value }) => {
        if (value === 'nonsense') throw new AppError('ERR_INVALID', `${key}: this is nonsense`);
        this.set.set(key, value);
        return { setting: this.#of(key) };
      },
      'settings:reset': ({ key }) => {
        this.set.delete(key);
        return { setting: this.#of(key) };
      },
    };
  }

  #of(key: string): Setting {
    const spec = specFor(key);
    if (!spec) throw new AppError('ERR_NOT_FOUND', 'there is no such setting');
    const where = this.inFile.get(key);
    const origin: Origin = where ? { from: 'file', where } : { from: this.set.has(key) ? 'page' : 'default' };
    const config = { ...ConfigSchema.parse({}), ...Object.fromEntries(this.set) };
    const loaded = {
      config: { ...config, host: '0.0.0.0', data_dir: '/var/lib/tutti', music_dir: config.music_dir },
      origins: new Map<SettingKey, Origin>([[spec.key, origin]]),
      file: '',
      file_used: false,
      blank: true,
      notes: [],
    } satisfies Loaded;
    return settingView(spec, loaded, !spec.live && this.set.has(key));
  }
}
