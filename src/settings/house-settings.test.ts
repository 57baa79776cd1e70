import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import { loadSettings, type SettingKey } from '../config/index.js';
import type { Caller, Setting } from '../protocol/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { fixedSettings, HouseSettings, type Notices } from './house-settings.js';

const caller: Caller = { connection_id: 'c', role: 'admin' };

/** The settings of a server, with a config file that can be written to. */
function house(text = '', env: Readonly<Record<string, string>> = {}) {
  const at = mkdtempSync(join(tmpdir(), 'tutti-settings-'));
  const file = join(at, 'tutti.yaml');
  writeFileSync(file, text);
  const again = () => loadSettings({ env: { TUTTI_DATA_DIR: at, ...env }, home: at });
  const clock = new ManualClock();
  const ended: string[] = [];
  const restart = (): void => void ended.push('ended');
  const settings = new HouseSettings({ loaded: again(), again, clock, log: silentLogger });
  const told: Notices[] = [];
  const followed: SettingKey[][] = [];
  settings.follow(
    ['trash_days'],
    ({ trash_days }) => void followed.push([`trash_days=${trash_days}` as SettingKey]),
  );
  settings.start({ told: (notices) => void told.push(notices), restart });
  const { handlers } = settings;
  return {
    clock,
    ended,
    settings,
    restart: async () => handlers['settings:restart']({}, caller),
    followed,
    notices: () =>
      told.at(-1)?.map(({ notice_id, message }) => `${notice_id}: ${message.replaceAll(at, '')}`),
    write: async (next: string) => {
      writeFileSync(file, next);
      await settings.reload('a test');
    },
    remove: async () => {
      rmSync(file);
      await settings.reload('a test');
    },
    set: (key: string, value: Setting['value']) => handlers['settings:set']({ key, value: value! }, caller),
    reset: (key: string) => handlers['settings:reset']({ key }, caller),
    list: async () => handlers['settings:list']({}, caller),
    of: async (key: string) =>
      (await handlers['settings:list']({}, caller)).settings.find((setting) => setting.key === key)!,
    kept: (): unknown => JSON.parse(readFileSync(join(at, 'settings.json'), 'utf8')),
  };
}

describe('[ST3] a config file that was changed', () => {
  it('counts at once where that is safe, and everybody who has to know is told', async () => {
    const { settings, followed, notices, write } = house('trash_days: 5\n');
    await write('trash_days: 6\n');
    expect(settings.config.trash_days).toBe(6);
    expect(followed).toEqual([['trash_days=6']]);
    expect(notices()).toEqual([]);
  });

  it('waits for the next start where it is not, and says so until it is as before', async () => {
    const { settings, notices, write, of } = house();
    await write('port: 99\nwatch: false\n');
    expect(settings.config).toMatchObject({ port: 8080, watch: true });
    expect(notices()).toEqual(['settings-restart: Restart Tutti to apply: Notice new music at once, Port.']);
    expect(await of('port')).toMatchObject({ value: 99, waiting: true, from: 'file', locked: true });
    await write('# nothing\n');
    expect(notices()).toEqual([]);
  });

  it('changes nothing at all when anything in it is wrong, and every fault is told', async () => {
    const { settings, followed, notices, write, list } = house('trash_days: 5\n');
    await write('trash_days: 6\nprot: 1\nmdns: maybe\n');
    expect(settings.config.trash_days).toBe(5);
    expect(followed).toEqual([]);
    expect(notices()).toEqual([
      'settings-refused: The settings were not taken, the former ones count. /tutti.yaml:2:1: prot is no setting. Did you mean port? And 1 more, see Settings.',
    ]);
    expect((await list()).problems).toHaveLength(2);
    await write('trash_days: 7\n');
    expect(settings.config.trash_days).toBe(7);
    expect([notices(), (await list()).problems]).toEqual([[], []]);
  });

  it('changes nothing when it is gone, or emptied, until it is back or the server begins anew', async () => {
    const { settings, notices, write, remove, restart, clock, ended } = house('trash_days: 5\n');
    await remove();
    expect(settings.config.trash_days).toBe(5);
    expect(notices()).toEqual([
      'settings-refused: The settings were not taken, the former ones count. /tutti.yaml: the settings file is gone. Put it back, or restart Tutti to go on without it.',
    ]);
    await write('\n');
    expect(settings.config.trash_days).toBe(5);
    expect(notices()?.join()).toContain('/tutti.yaml: the settings file is empty.');
    await write('trash_days: 6\n');
    expect(settings.config.trash_days).toBe(6);
    expect(notices()).toEqual([]);
    await remove();
    await restart();
    await clock.advance(300);
    expect(ended).toEqual(['ended']);
  });

  it('goes on with the next when one who is told fails', async () => {
    const { settings, write } = house();
    const heard: number[] = [];
    settings.follow(['trash_days'], () => Promise.reject(new Error('no')));
    settings.follow(['trash_days'], ({ trash_days }) => void heard.push(trash_days));
    await write('trash_days: 1\n');
    expect(heard).toEqual([1]);
  });
});

describe('[ST2] what is set on the page', () => {
  it('counts, is on the disk, and is forgotten again', async () => {
    const { settings, set, reset, kept, of } = house();
    const { setting } = await set('trash_days', 3);
    expect(setting).toMatchObject({ value: 3, from: 'page', waiting: false });
    expect(settings.config.trash_days).toBe(3);
    expect(kept()).toEqual({ trash_days: 3 });
    await reset('trash_days');
    expect(await of('trash_days')).toMatchObject({ value: 30, from: 'default' });
    expect(kept()).toEqual({});
  });

  it('waits for the next start where it has to', async () => {
    const { set, notices } = house();
    expect((await set('mdns', false)).setting).toMatchObject({ value: false, waiting: true });
    expect(notices()).toEqual(['settings-restart: Restart Tutti to apply: Find players by themselves.']);
  });

  it.each([
    ['trash_days', -1, 'trash_days: -1 is no whole number from 0 to 3650. For example: trash_days: 30'],
    ['trash_day', 1, 'there is no setting trash_day; did you mean trash_days?'],
    ['log_level', 'inof', 'Did you mean info?'],
    ['music_dir', 'Music', 'Write the whole path'],
    ['music_dir', '/nowhere/at/all', 'there is no such folder on the server'],
    ['auth', 'open', 'auth is set in the config file or as TUTTI_AUTH, not here'],
    ['yt_dlp', '/bin/sh', 'not here'],
    ['watch', false, 'watch is set already'],
  ] as const)('cannot be %s: %j', async (key, value, said) => {
    const { set } = house('watch: true\n');
    await expect(set(key, value)).rejects.toThrow(said);
  });

  it('is fixed where a variable of the environment sets it', async () => {
    const { set, of } = house('', { TUTTI_TRASH_DAYS: '9' });
    await expect(set('trash_days', 1)).rejects.toThrow('TUTTI_TRASH_DAYS: change it there');
    expect(await of('trash_days')).toMatchObject({
      locked: true,
      from: 'environment',
      where: 'TUTTI_TRASH_DAYS',
    });
  });
});

it('[ST1] secrets and players with their passwords do not leave the server', async () => {
  const { list, of } = house(
    'bus: redis://:sesame@127.0.0.1\nplayers: [{ kind: mpd, name: A, host: a, password: sesame }]\n',
  );
  expect(JSON.stringify(await list())).not.toContain('sesame');
  expect(await of('bus')).toMatchObject({ hidden: true, locked: true });
  expect(await of('players')).toMatchObject({ hidden: true, locked: true, from: 'file' });
  expect(await of('bus_secret')).toMatchObject({ hidden: false });
});

describe('[ST4] a restart from the page', () => {
  it('comes after the reply', async () => {
    const { restart, ended, clock } = house();
    await restart();
    expect(ended).toEqual([]);
    await clock.advance(1000);
    expect(ended).toEqual(['ended']);
  });

  it('is refused while the server would not come back', async () => {
    const { restart, write, ended, clock } = house();
    await write('prot: 1\n');
    await expect(restart()).rejects.toThrow('would not come back');
    await clock.advance(1000);
    expect(ended).toEqual([]);
  });

  it('is refused where nobody starts the server again', async () => {
    const { config } = house().settings;
    const settings = fixedSettings(config, { clock: new ManualClock(), log: silentLogger });
    await expect(
      Promise.resolve().then(() => settings.handlers['settings:restart']({}, caller)),
    ).rejects.toThrow('by hand');
  });
});
