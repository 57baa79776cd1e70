import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigSchema, loadConfig } from './index.js';

/** What servers of this kind have. */
const USUAL = {
  max_connections: 1000,
  max_connections_per_ip: 10,
  max_connections_per_user: 5,
  heartbeat_interval_seconds: 30,
  connection_timeout_seconds: 60,
  max_message_bytes: 1_048_576,
  max_queue_events: 100,
  compression: 'on',
  messages_per_minute: 60,
  message_burst: 10,
  bytes_per_minute: 1_048_576,
  job_stream_connects_per_minute: 10,
} as const;

const home = (): string => mkdtempSync(join(tmpdir(), 'tutti-home-'));
const yaml = (text: string): string => {
  const file = join(home(), 'tutti.yaml');
  writeFileSync(file, text);
  return file;
};

describe('the configuration', () => {
  it('has defaults: sign-in, every address, port 8080, the data folder of the user, no music folder', () => {
    const at = home();
    expect(loadConfig({}, at)).toMatchObject({
      auth: 'required',
      host: '0.0.0.0',
      port: 8080,
      data_dir: join(at, '.local/share/tutti'),
      music_dir: undefined,
      players: [],
    });
  });

  it('lets phones in by itself only where people have to sign in', () => {
    const hostOf = (env: Record<string, string>): string => loadConfig(env, home()).host;
    expect(hostOf({ TUTTI_AUTH: 'open' })).toBe('127.0.0.1');
    expect(hostOf({ TUTTI_AUTH: 'required' })).toBe('0.0.0.0');
    expect(hostOf({ TUTTI_AUTH: 'open', TUTTI_HOST: '0.0.0.0' })).toBe('0.0.0.0');
    expect(hostOf({ TUTTI_AUTH: 'required', TUTTI_HOST: '::1' })).toBe('::1');
  });

  it('has a limit for everything a client may cost, at its usual value or with the reason beside it', () => {
    const config = loadConfig({}, home());
    for (const [key, usual] of Object.entries(USUAL)) {
      const said = ConfigSchema.shape[key as keyof typeof USUAL].description ?? '';
      if (config[key as keyof typeof USUAL] !== usual)
        expect([key, said]).toEqual([key, expect.stringMatching(/not (the usual|on as usual)/)]);
    }
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
