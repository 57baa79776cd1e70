import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './index.js';

const home = (): string => mkdtempSync(join(tmpdir(), 'tutti-home-'));
const yaml = (text: string): string => {
  const file = join(home(), 'tutti.yaml');
  writeFileSync(file, text);
  return file;
};

describe('the configuration', () => {
  it('has defaults: loopback, port 8080, the data folder of the user, no music folder', () => {
    const at = home();
    expect(loadConfig({}, at)).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      data_dir: join(at, '.local/share/tutti'),
      music_dir: undefined,
      players: [],
    });
  });

  it('takes ~/Music only when something is in it', () => {
    const at = home();
    mkdirSync(join(at, 'Music'));
    expect(loadConfig({}, at).music_dir).toBeUndefined();
    writeFileSync(join(at, 'Music', 'a.flac'), '');
    expect(loadConfig({}, at).music_dir).toBe(join(at, 'Music'));
  });

  it('lets the environment win over the file', () => {
    const file = yaml('port: 1234\nhost: 0.0.0.0\nmusic_dir: /srv/music\n');
    const config = loadConfig(
      { TUTTI_CONFIG: file, TUTTI_PORT: '99', TUTTI_MDNS: 'off', TUTTI_ALLOWED_HOSTS: 'a.lan, b.lan' },
      home(),
    );
    expect(config).toMatchObject({
      port: 99,
      host: '0.0.0.0',
      music_dir: '/srv/music',
      mdns: false,
      allowed_hosts: ['a.lan', 'b.lan'],
    });
  });

  it('splits a player into what every player has and the options of its driver', () => {
    const file = yaml('players:\n  - kind: mpd\n    name: Küche\n    host: kitchen.lan\n    port: 6600\n');
    expect(loadConfig({ TUTTI_CONFIG: file }, home()).players).toEqual([
      { id: undefined, kind: 'mpd', name: 'Küche', options: { host: 'kitchen.lan', port: 6600 } },
    ]);
  });

  it.each([
    ['prot: 1', 'prot'],
    ['port: many', 'port'],
    ['- a', 'settings are expected'],
    ['port: [', 'tutti.yaml'],
  ])('says where %j is wrong', (text, place) => {
    expect(() => loadConfig({ TUTTI_CONFIG: yaml(text) }, home())).toThrow(place);
  });

  it('says that a named config file is not there', () => {
    expect(() => loadConfig({ TUTTI_CONFIG: '/nowhere/tutti.yaml' }, home())).toThrow('/nowhere/tutti.yaml');
  });
});
