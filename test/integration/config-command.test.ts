import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/index.js';

const at = mkdtempSync(join(tmpdir(), 'tutti-config-command-'));
const file = join(at, 'house.yaml');

async function config(text: string, ...words: string[]): Promise<string> {
  writeFileSync(file, text);
  const said: string[] = [];
  const env = { TUTTI_DATA_DIR: at, TUTTI_TRASH_DAYS: '9', TUTTI_BUS: 'redis://:sesame@127.0.0.1' };
  await runCli(['config', ...words], env, (line) => said.push(line));
  return said.join('\n');
}

describe('tutti config check', () => {
  it('says of good settings where each is from, and no secrets', async () => {
    const said = await config(
      'port: 99\nplayers: [{ kind: mpd, name: A, host: a, password: sesame }]\n',
      'check',
      file,
    );
    expect(said).toContain(`Nothing is wrong: ${file}`);
    expect(said).toMatch(/port +99 {2}\(.*house\.yaml:1:1\)/);
    expect(said).toMatch(/trash_days +9 {2}\(TUTTI_TRASH_DAYS\)/);
    expect(said).not.toContain('sesame');
    expect(said).not.toContain('log_level');
  });

  it('fails with everything that is wrong, drivers and templates included', async () => {
    const text = [
      'prot: 1',
      'path_template: "{albun}"',
      'trusted_proxies: [here]',
      'players:',
      '  - { kind: mpd, name: A, hots: kitchen.lan, password: sesame }',
      '  - { kind: sonos, name: B }',
    ].join('\n');
    const failure = await config(text, 'check', file).catch(String);
    for (const part of [
      'house.yaml:1:1: prot is no setting. Did you mean port?',
      'house.yaml:2:16: path_template: ',
      'house.yaml:3:19: trusted_proxies: here is no address',
      'house.yaml:5:33: players: entry 1: hots is no option of mpd players. Did you mean host?',
      'house.yaml:6:13: players: entry 2: no player is of the kind "sonos".',
    ])
      expect(failure).toContain(part);
    expect(failure).not.toContain('sesame');
  });

  it.each([
    ['localhost:3000', 'Did you mean http://localhost:3000?'],
    ['ws://home.lan', 'Did you mean http://home.lan?'],
    ['C:\\x', 'For example: allowed_origins: [https://home.example]'],
    ['*', 'For example: allowed_origins: [https://home.example]'],
  ])('refuses the origin %s, which no browser ever names', async (origin, suggestion) => {
    const failure = await config(
      `allowed_origins: ['https://a.lan:8443', '${origin}']\n`,
      'check',
      file,
    ).catch(String);
    const reason = `house.yaml:1:41: allowed_origins: ${JSON.stringify(origin)} is no web address. ${suggestion}`;
    expect(failure).toContain(reason);
  });

  it('looks into the files of a certificate, as a start would', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = join(at, 'key.pem');
    writeFileSync(key, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const check = (cert: string): Promise<string> =>
      config(`tls_cert: ${cert}\ntls_key: ${key}\n`, 'check', file).catch(String);
    expect(await check('/nowhere.pem')).toContain('house.yaml:1:11: tls_cert: /nowhere.pem is not there.');
    expect(await check(file)).toContain('is no PEM file');
    expect(await check(key)).toContain('look whether they are swapped');
  });

  it('takes one file, and says what else there is', async () => {
    await expect(config('', 'check', file, 'more')).rejects.toThrow('There are: check [file], show');
  });

  it('says that there is no such file', async () => {
    await expect(config('', 'check', '/nowhere.yaml')).rejects.toThrow(
      'there is no config file of this name',
    );
  });
});

it('tutti config show has every setting', async () => {
  const said = await config('', 'show');
  expect(said).toMatch(/log_level +"info" {2}\(by default\)/);
  expect(said).toMatch(/bus +"\*\*\*" {2}\(TUTTI_BUS\)/);
  expect(said).not.toContain('sesame');
});
