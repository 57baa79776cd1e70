import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BadSettings, loadSettings, problemText, type Env } from './index.js';

const home = (): string => mkdtempSync(join(tmpdir(), 'tutti-careless-'));

/** What is said of a file, with its name left out; `ok` when nothing is wrong. */
function said(content: string | Buffer, env: Env = {}): string[] {
  const at = home();
  const file = join(at, 'tutti.yaml');
  writeFileSync(file, content);
  try {
    loadSettings({ env: { TUTTI_CONFIG: file, TUTTI_DATA_DIR: at, ...env }, home: at });
    return ['ok'];
  } catch (error) {
    if (!(error instanceof BadSettings)) throw error;
    return error.problems.map((problem) => problemText(problem).replace(`${file}:`, '').replace(file, ''));
  }
}

describe('what people write who do not know YAML', () => {
  it.each([
    ['port:8080\n', '1:1: a space is missing behind the colon. Write: port: 8080'],
    ['watch: true\nport:8080\n', '2:1: a space is missing behind the colon. Write: port: 8080'],
    ['port = 8080\n', '1:1: between a key and its value stands a colon, not =. Write: port: 8080'],
    ['export TUTTI_PORT=80\n', '1:1: between a key and its value stands a colon, not =. Write: port: 80'],
    ['[network]\nport = 80\n', '1:1: settings have no sections in brackets. Remove this line.'],
    ['network:\n  port: 80\n', '1:1: network is no setting. Settings have no sections. Write port without indentation.'],
    ['gpio:\n  led: 2\n', '1:1: gpio is no setting. Settings have no sections. Write gpio_led without indentation.'],
    ['TUTTI_PORT: 80\n', '1:1: TUTTI_PORT is no setting. In this file it is called port.'],
    ['music dir: /srv\n', '1:1: "music dir" is no setting. Did you mean music_dir?'],
    ['port: 80\n  watch: true\n', '2:3: this line is indented in another way than its neighbours. Let what belongs together begin in the same column.'],
    ['players:\n  - kind: mpd\n   name: A\n', '3:1: this line is indented in another way than its neighbours. Let what belongs together begin in the same column.'],
    ['players:\n  - kind: mpd\n\tname: A\n', '3:1: a line begins with a tab. Indent with spaces.'],
    ['host: "0.0.0.0\nport: 1\n', '1:7: the text in "" begins here and does not end. Write " at its end.'],
    ['allowed_hosts: [a.lan\n', '2:1: what was opened before is not closed. Write ] here.'],
    ['music_dir: /srv: music\n', '1:12: this value has a colon of its own. Put the whole value into quotes.'],
    ['host: [::1]:80\n', '1:12: something stands behind the end of the value. Put the whole value into quotes.'],
    ['host: *\n', '1:7: a value cannot begin with *. Put the whole value into quotes.'],
    ['host: @home\n', '1:7: a value cannot begin with @. Put the whole value into quotes.'],
    ['bus: !secret redis\n', '1:6: !secret means nothing here. Write the value itself; put it into quotes when it begins with !.'],
    ['music_dir: "C:\\Music"\n', `1:15: between "" a backslash stands for something else. Use '' instead.`],
    ['port: 1\n---\nport: 2\n', '2:1: a second part begins here. Remove the line ---.'],
    ['host: *x\n', '1:7: *x stands for something that was not named before, with &x. Put it into quotes when the text itself begins with *.'],
    ['allowed_hosts: &a [*a]\n', '1:20: there is far too much here, or something that contains itself.'],
    ['? [a, b]\n: c\n', '1:3: a key is a word. For example: port: 8080'],
    ['port:\u00a08080\n', '1:1: settings are expected, as "key: value" lines. It has a hard space, which looks like one and is none. For example: port: 8080'],
  ])('%j is answered in their words', (text, answer) => {
    expect(said(text)).toEqual([answer]);
  }); // prettier-ignore

  it.each([
    'mdns: yes\nwatch: No\ninputs: ON\nsnapcast: 0\n',
    'gpio_buttons: [5, 6]\n',
    'gpio_buttons: 5\n',
    'allowed_hosts: a.lan, b.lan\n',
    'port: "8080"\n',
    'port: 8080\rwatch: true\r',
    '\ufeffport: 8080\r\nwatch: true\r\n',
    'port:\nhost: ~\nplayers:\n',
    '# nothing\n',
    '',
    'players:\n  - &a { kind: mpd, name: A, host: a }\n  - { <<: *a, name: B }\n',
  ])('%j is understood', (text) => {
    expect(said(text)).toEqual(['ok']);
  });
});

describe('a value of the wrong form', () => {
  it.each([
    ['gpio_amplifier_off_s: 5 min\n', '1:23: gpio_amplifier_off_s: "5 min" is no whole number from 0 to 86400. It counts seconds; write the number alone: gpio_amplifier_off_s: 300.'],
    ['download_max_mb: 4GB\n', '1:18: download_max_mb: "4GB" is no whole number from 1 to 10000000. It counts megabytes; write the number alone: download_max_mb: 4000.'],
    ['trash_days: 2 fortnights\n', '1:13: trash_days: "2 fortnights" is no whole number from 0 to 3650. It counts days; write the number alone.'],
    ['port: 8080,\n', '1:7: port: "8080," is no whole number from 0 to 65535. Write nothing behind the number: port: 8080'],
    ['port: .inf\n', '1:7: port: Infinity is no whole number from 0 to 65535. For example: port: 8080'],
    ['host: 0.0.0.0:8080\n', '1:7: host: "0.0.0.0:8080" has a port in it. Write 0.0.0.0 here, and 8080 as port.'],
    ['host: "[::1]:80"\n', `1:7: host: "[::1]:80" has a port in it. Write '::1' here, and 80 as port.`],
    ['host: ""\n', '1:7: host: is empty. Write something behind the colon, or remove the line.'],
    ['host: 999.1.1.1\n', '1:7: host: "999.1.1.1" is no address. An address has four numbers from 0 to 255: 192.168.1.20.'],
    ['music_dir: ~/Music\n', '1:12: music_dir: "~/Music" begins with ~, which is not known here. Write the whole path, such as /home/pi/Music.'],
    ['music_dir: media/stick\n', '1:12: music_dir: "media/stick" is no whole path. Write the whole path, such as /media/stick.'],
    ['music_dir: Music\n', '1:12: music_dir: "Music" is no whole path. Write the whole path, such as /srv/Music.'],
    ['music_dir: |\n  /srv\n', '1:12: music_dir: has a line break or another control character in it. Write it in one line.'],
    ['export_dirs: [/a, usb]\n', '1:19: export_dirs: "usb" is no whole path. Write the whole path, such as /srv/usb.'],
    ['gpio_buttons: [GPIO5]\n', '1:16: gpio_buttons: "GPIO5" is no number of a line. Write 5.'],
    ['gpio_chip: --help\n', '1:12: gpio_chip: "--help" does not have the right form. For example: gpio_chip: gpiochip0'],
    ['allowed_hosts: ["http://m.lan:80/"]\n', '1:17: allowed_hosts: "http://m.lan:80/" is no name of a host. Write m.lan.'],
    ['public_url: https://m.example/x\n', '1:13: public_url: "https://m.example/x" has a path, and Tutti is reached at the top of its host. Write https://m.example.'],
    ['mpd_port: 8080\n', '1:1: mpd_port: 8080 is the port of port too. Give one of them another port.'],
    ['port: 1704\n', '1:1: port: 1704 is the port of snapcast_port too. Give one of them another port.'],
    ['gpio_amplifier: 22\ngpio_led: 22\n', '2:1: gpio_led: GPIO22 stands in gpio_amplifier too, and a line has one use. Choose another line.'],
    ['players: [{ name: A }]\n', '1:11: players: entry 1 needs a kind. Kinds are mpd, chromecast, snapserver, snapcast and local. For example: - { kind: mpd, name: Kitchen, host: 192.168.1.20 }'],
    ['players: [{ kind: mpd, name: 5 }]\n', '1:30: players: entry 1 needs a name, a text of 1 to 128 characters. Put it into quotes.'],
    ['players: [{ kind: mpd, name: A, options: { host: a } }]\n', '1:42: players: entry 1: options is no text, no number and neither true nor false. What a driver is told stands beside kind and name, in the same column.'],
  ])('%j is answered with what to write', (text, answer) => {
    expect(said(text)).toEqual([answer]);
  }); // prettier-ignore

  it('has whole paths in the environment too, where the shell says from where', () => {
    const at = home();
    const { config } = loadSettings({ env: { TUTTI_DATA_DIR: at, TUTTI_MUSIC_DIR: 'music' }, home: at });
    expect(config.music_dir).toBe(join(process.cwd(), 'music'));
  });
});

describe('a file that is none', () => {
  it.each([
    [Buffer.from('\ufeffport: 80\n', 'utf16le'), ' the file is stored as UTF-16.'],
    [Buffer.from('\ufeffport: 80\n', 'utf16le').swap16(), ' the file is stored as UTF-16.'],
    [Buffer.from('port: 80\n', 'utf16le'), ' the file is stored as UTF-16.'],
    [Buffer.from('port: 80\nhost: k\u00fcche\n', 'latin1'), '2:1: this line holds letters that are not stored as UTF-8.'],
    [Buffer.from('port: 80\0\n'), ' the file holds bytes that are no text.'],
    [Buffer.from('# x\n'.repeat(2_500_000)), ' the file is far too large for settings, which have at most 256 KB.'],
  ])('is refused before anything is made of it (%#)', (bytes, answer) => {
    expect(said(bytes)).toEqual([expect.stringContaining(answer)]);
  }); // prettier-ignore

  it('may be a folder, a link that leads nowhere, or have another name', () => {
    const at = home();
    const load = (env: Env) => () => loadSettings({ env: { TUTTI_DATA_DIR: at, ...env }, home: at });
    writeFileSync(join(at, 'tutti.yml'), 'port: 80\n');
    expect(load({})().notes.map(problemText).join()).toContain('There is tutti.yml.');
    symlinkSync(join(at, 'gone'), join(at, 'tutti.yaml'));
    expect(load({})).toThrow('it is a link to a file that is not there');
    mkdirSync(join(at, 'folder'));
    expect(load({ TUTTI_CONFIG: join(at, 'folder') })).toThrow('it is a folder, not a file');
    expect(load({ TUTTI_CONFIG: join(at, 'tutti.yml', 'x') })).toThrow('cannot be read');
  });

  it('may be a pipe, which holds up nobody', () => {
    const at = home();
    const pipe = join(at, 'tutti.yaml');
    execFileSync('mkfifo', [pipe]);
    const load = () => loadSettings({ env: { TUTTI_DATA_DIR: at }, home: at });
    expect(load).toThrow('it is a pipe, and nothing comes out of it');
  });

  it('is soon done with when it is something else altogether', () => {
    const lines = (count: number): string => Array.from({ length: count }, (_, n) => `x${n}: 1\n`).join('');
    const told = said(lines(20_000));
    expect(told).toHaveLength(31);
    expect(told.at(-1)).toBe('30:1: and 19970 more faults behind it.');
  });
});
