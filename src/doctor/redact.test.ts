import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { bundled } from './diagnostics.js';
import { HIDDEN, Redactor, secretsIn } from './redact.js';

const redactor = new Redactor(['known-canary-1', 'pass word/2'], ['Ann', 'Bö']);
const CANARY = 'canary7Secret';

describe('the redactor', () => {
  it.each([
    'GET /media/canary7Secret?offset_seconds=1',
    'redis://house:canary7Secret@10.0.0.2:6379/1',
    'http://canary7Secret@plex.lan:32400/library',
    'authorization: Bearer canary7Secret',
    'cookie: tutti_session=canary7Secret; other=1',
    '{"set-cookie":"a=canary7Secret; Path=/"}',
    'https://plex.lan/scan?X-Plex-Token=canary7Secret&path=/music',
    'https://navidrome.lan/rest/ping?u=canary7Secret&t=canary7Secret&s=canary7Secret',
    'https://lms.lan/x?api_key=canary7Secret',
    'password=canary7Secret',
    "--password 'x' token=canary7Secret",
    'http://tutti.local/#/join/kitchen?invite=canary7Secret',
    'http://tutti.local/#/sign-in/canary7Secret',
    'psk="canary7Secret"',
    'mpv --token canary7Secret',
    'tutti_canary7Secret',
    'eyJcanary7Secret.eyJcanary7Secret.canary7Secret',
    '/home/canary7Secret/Music',
    'signature=canary7Secret',
    'canary7Secretcanary7Secretcanary7Secret',
    'http://tutti.local/?invite=canary7Secret',
    'http://user:pass/with@canary7Secret@nas.lan/x',
    'ssid="My canary7Secret net"',
    'SSID: canary7Secret',
    'password = "two canary7Secret words"',
    'wpa_passphrase=two canary7Secret words',
    'the password is canary7Secret',
    'access_key=canary7Secret',
    'mpc -h canary7Secret@kitchen.local',
    'from canary7Secret@example.org to you',
    'C:\\Users\\canary7Secret\\Music',
  ])('takes the secret out of %s', (text) => {
    expect(redactor.text(text)).not.toContain(CANARY);
    expect(redactor.line(JSON.stringify({ message: text, url: text }))).not.toContain(CANARY);
  });

  it.each([
    ['84.12.33.9', 'asked by 84.12.33.9:51000'],
    ['2001:db8:77::5', 'asked by 2001:db8:77::5'],
    ['b8:27:eb:01:02:03', 'radio b8:27:eb:01:02:03 is up'],
  ])('takes out %s, which says where this house is', (place, text) => {
    expect(redactor.text(text)).not.toContain(place);
  });

  it('is quick with whatever strangers write into a log, and cuts what is very long', () => {
    const pieces = [
      '-token',
      'a-',
      'a="',
      'a@',
      '1.',
      '2001:',
      'http://a',
      'ssid ',
      'pin is ',
      '/link/x',
      'cookie ',
    ];
    const began = process.cpuUsage();
    for (const piece of pieces) expect(redactor.text(piece.repeat(50_000)).length).toBeLessThan(30_000);
    expect(process.cpuUsage(began).user).toBeLessThan(5_000_000);
  });

  it('takes out what is known, however it is written', () => {
    for (const text of ['x known-canary-1 y', 'pass%20word%2F2', '{"a":"pass word/2"}'])
      expect(redactor.text(text)).toContain(HIDDEN);
  });

  it('takes out names of people as words alone', () => {
    expect(redactor.text('Ann said: announcement for bö and Böse')).toBe(
      `${HIDDEN} said: announcement for ${HIDDEN} and Böse`,
    );
  });

  it('hides the values of keys that say what they are, at any depth', () => {
    const value = {
      a: [{ bus_secret: CANARY, Token: { x: CANARY }, username: CANARY }],
      port: 8080,
      tokens: 3,
    };
    const clean = JSON.stringify(redactor.value(value));
    expect(clean).not.toContain(CANARY);
    expect(clean).toContain('8080');
  });

  it('leaves alone what helps', () => {
    for (const text of [
      'player lost: connect ECONNREFUSED 192.168.1.20:6600',
      'tutti_websocket_writes_total 120',
      'sudo iw dev wlan0 set power_save off',
      '/var/lib/tutti/tutti.db',
      'tutti-output@kitchen.service ended',
      'eth0 192.168.1.2/255.255.255.0, mpv 0.40.0, Node 20.19.2, Linux 6.12.25+rpt-rpi-v8',
      'checked at 2026-11-21T06:55:34.123Z',
    ])
      expect(redactor.text(text)).toBe(text);
  });

  it('finds secrets in settings', () => {
    expect(
      secretsIn({ bus: 'redis://u1:p%201@h', players: [{ options: { password: 'pw' } }], bus_secret: 's' }),
    ).toEqual(expect.arrayContaining(['u1', 'p%201', 'p 1', 'pw', 's']));
  });
});

it('takes secrets also out of what it says about parts that are missing', () => {
  const none = {
    config: {},
    checks: [],
    log: [],
    metrics: undefined,
    state: undefined,
    known: [],
    people: [],
  };
  const missing = ['state: "house:canary7Secret@tutti.lan" is not the address of a server'];
  const made = bundled({ clock: new ManualClock(), version: '1', ...none, missing });
  expect(JSON.stringify(made)).not.toContain(CANARY);
});
