import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadSettings, loadSettings, problemText, SPECS, type Env, type Judges } from './index.js';

const home = (): string => mkdtempSync(join(tmpdir(), 'tutti-faults-'));

/** What is said about a config file and an environment, with the name of the file left out. */
function faultsOf(text: string, env: Env = {}, judges: Judges = {}): string[] {
  const at = home();
  const file = join(at, 'tutti.yaml');
  writeFileSync(file, text);
  try {
    loadSettings({ env: { TUTTI_CONFIG: file, TUTTI_DATA_DIR: at, ...env }, home: at, judges });
    return [];
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    return error.problems.map((problem) => problemText(problem).replace(`${file}:`, '').replace(file, ''));
  }
}

describe('a wrong setting', () => {
  it.each([
    ['port: many', '1:7: port: "many" is no whole number from 0 to 65535. For example: port: 8080'],
    ['port: 70000', '1:7: port: 70000 is no whole number from 0 to 65535. For example: port: 8080'],
    ['port: 80.5', '1:7: port: 80.5 is no whole number from 0 to 65535. For example: port: 8080'],
    ['port: true', '1:7: port: true is no whole number from 0 to 65535. For example: port: 8080'],
    ['mdns: maybe', '1:7: mdns: "maybe" is neither true nor false. For example: mdns: true'],
    [
      'auth: opne',
      '1:7: auth: "opne" is not one of its values. Did you mean open? It may be open, required.',
    ],
    [
      'public_url: music',
      '1:13: public_url: "music" is no web address. For example: public_url: https://music.example',
    ],
    ['host: 5', '1:7: host: 5 is no text; put it into quotes. For example: host: 0.0.0.0'],
    [
      'allowed_hosts: { a: b }',
      '1:16: allowed_hosts: {"a":"b"} is no list of texts. For example: allowed_hosts: [music.lan]',
    ],
    ['prot: 1', '1:1: prot is no setting. Did you mean port?'],
    ['chandelier: 1', '1:1: chandelier is no setting. "tutti config show" has them all.'],
    ['- a', '1:1: settings are expected, as "key: value" lines. For example: port: 8080'],
    ['port: 1\nport: 2', '2:1: port stands here for the second time. Remove one of them.'],
    ['a:\n\tb: 1', '2:1: a line begins with a tab. Indent with spaces.'],
    ['tls_cert: /a.pem', '1:1: tls_cert: tls_cert and tls_key belong together, and only this one is set.'],
    [
      'players: [{ kind: mpd, name: A, password: }]',
      '1:43: players: entry 1: nothing stands behind password. Write something behind the colon, or remove it.',
    ],
    [
      'players: [{ kind: mpd }]',
      '1:11: players: entry 1 needs a name, a text of 1 to 128 characters. For example: - { kind: mpd, name: Kitchen, host: 192.168.1.20 }',
    ],
  ])('%j is answered with its place, the reason and what to write', (text, said) => {
    expect(faultsOf(text)).toEqual([said]);
  });

  it('is named together with all others', () => {
    const said = faultsOf('port: many\n\n# words\nmisuc_dir: /srv\nwatch: 7\n', { TUTTI_MPD_PORT: 'x' });
    expect(said).toEqual([
      'TUTTI_MPD_PORT: mpd_port: "x" is no whole number from 0 to 65535. For example: mpd_port: 6610',
      '1:7: port: "many" is no whole number from 0 to 65535. For example: port: 8080',
      '4:1: misuc_dir is no setting. Did you mean music_dir?',
      '5:8: watch: 7 is neither true nor false. For example: watch: true',
    ]);
  });

  it('is named also behind a key that stands twice', () => {
    expect(faultsOf('watch: on\nwatch: 7\nprot: 1\n')).toEqual([
      '2:1: watch stands here for the second time. Remove one of them.',
      '2:8: watch: 7 is neither true nor false. For example: watch: true',
      '3:1: prot is no setting. Did you mean port?',
    ]);
  });

  it('is named also where the environment wins over it', () => {
    expect(faultsOf('port: many', { TUTTI_PORT: '80' })).toHaveLength(1);
  });

  it('is not repeated when it is a secret', () => {
    const said = faultsOf('bus_secret: sesame-opens\nbus: [sesame]', { TUTTI_BUS_SECRET: 'sesame' }).join();
    expect(said).toContain('too short, it needs 16 characters');
    expect(said.replaceAll('sixteen-characters-or-more', '')).not.toContain('sesame');
  });

  it('is judged by whoever knows more, at the place that is meant', () => {
    const judges: Judges = {
      players: () => [{ path: [1, 'host'], reason: 'no such host.' }],
    };
    const text = 'players:\n  - { kind: mpd, name: A }\n  - kind: mpd\n    name: B\n    host: nowhere\n';
    expect(faultsOf(text, {}, judges)).toEqual(['5:11: no such host.']);
  });
});

describe('players of which some cannot be', () => {
  const judges: Judges = {
    players: (players) =>
      players.flatMap((player, at) =>
        Object.keys(player?.options ?? {}).map((key) => ({ path: [at, key], reason: `${key} is odd.` })),
      ),
  };

  it('are judged all the same, each at its place', () => {
    const text = [
      'players:',
      '  - { kind: mpd, host: a }',
      '  - Kitchen',
      '  - { kind: mpd, name: B, host: [b], hots: b }',
      '  - { kind: mpd, name: C, port: 1 }',
      '  - { name: D, what: 1 }',
    ].join('\n');
    expect(faultsOf(text, {}, judges).map((said) => said.slice(0, 40))).toEqual([
      '2:5: players: entry 1 needs a name, a te',
      '2:24: host is odd.',
      '3:5: players: entry 2 is no player. For ',
      '4:33: players: entry 3: host is no text,',
      '4:44: hots is odd.',
      '5:33: port is odd.',
      '6:5: players: entry 5 needs a kind. Kind',
    ]);
  });

  it('are judged also where they are no list', () => {
    expect(faultsOf('players:\n  kind: mpd\n  hots: a\n', {}, judges)).toEqual([
      expect.stringContaining(
        '2:3: players: a list of players is expected. Begin each with a dash.',
      ) as string,
      '3:9: hots is odd.',
    ]);
  });
});

describe('the environment', () => {
  it('sets every setting that is one value', () => {
    const values: Record<string, string> = {
      number: '7000',
      switch: 'off',
      list: '5, 6',
      names: 'a, b',
      paths: '/a, /b',
      text: 'sixteen-and-more-letters',
      address: 'http://a.example',
    };
    for (const { kind, form, key, variable, choices, minimum = 0, maximum = 1e9 } of SPECS) {
      if (kind === 'players' || key.startsWith('tls_') || key === 'data_dir') continue;
      const number = String(Math.min(Math.max(7000, minimum), maximum));
      const usual = values[form === 'names' || form === 'paths' ? form : kind];
      const text = kind === 'choice' ? choices.at(-1) : kind === 'number' ? number : usual;
      const at = home();
      const { origins } = loadSettings({ env: { TUTTI_DATA_DIR: at, [variable]: text }, home: at });
      expect([key, origins.get(key)]).toEqual([key, { from: 'environment', where: variable }]);
    }
  });

  it('names players as the config file does', () => {
    const at = home();
    const env = { TUTTI_DATA_DIR: at, TUTTI_PLAYERS: '[{ kind: mpd, name: Bath, host: bath.lan }]' };
    expect(loadSettings({ env, home: at }).config.players).toEqual([
      { id: undefined, kind: 'mpd', name: 'Bath', options: { host: 'bath.lan' } },
    ]);
  });

  it('may have names that are nearly settings; that is noted and stops nobody', () => {
    const at = home();
    const env = { TUTTI_DATA_DIR: at, TUTTI_PROT: '80', TUTTI_SERVICE_HOST: '10.0.0.1', TUTTI_URL: 'x' };
    const { notes } = loadSettings({ env, home: at });
    expect(notes.map(problemText)).toEqual([
      'TUTTI_PROT: TUTTI_PROT is no setting. Did you mean TUTTI_PORT?',
    ]);
  });
});

describe('where a value comes from', () => {
  /** A house with a config file, and with what was set on its page. */
  function house(file: string, page: string, env: Env = {}) {
    const at = home();
    writeFileSync(join(at, 'tutti.yaml'), file);
    writeFileSync(join(at, 'settings.json'), page);
    return loadSettings({ env: { TUTTI_DATA_DIR: at, ...env }, home: at });
  }

  it('is the environment before the file, the file before the page, the page before the default', () => {
    const page = '{"trash_days":1,"watch":false,"space_reserve_mb":7}';
    const { config, origins } = house('trash_days: 2\nwatch: true\n', page, { TUTTI_TRASH_DAYS: '3' });
    expect(config).toMatchObject({ trash_days: 3, watch: true, space_reserve_mb: 7, mdns: true });
    const from = (['trash_days', 'watch', 'space_reserve_mb', 'mdns'] as const).map(
      (key) => origins.get(key)?.from,
    );
    expect(from).toEqual(['environment', 'file', 'page', 'default']);
    expect(origins.get('watch')?.where).toMatch(/tutti\.yaml:2:1$/);
  });

  it('is the default where nothing stands behind the colon', () => {
    const { config, origins } = house('port:\nmusic_dir:\n', '{}');
    expect(config.port).toBe(8080);
    expect(origins.get('port')).toEqual({ from: 'default' });
  });

  it.each([
    ['{"trash_days":', 'it does not hold settings'],
    ['[1]', 'it does not hold settings'],
    ['{"trash_days":-1}', 'trash_days: -1 is no whole number'],
    ['{"auth":"open"}', 'auth is not set on the page'],
    ['{"gone":1}', 'gone is not set on the page'],
  ])('is not the page when it kept %j, and the server starts all the same', (page, said) => {
    const { config, notes } = house('', page);
    expect(config).toMatchObject({ trash_days: 30, auth: 'required' });
    expect(notes.map(problemText).join()).toContain(said);
  });
});
