import { describe, expect, it } from 'vitest';
import type { SyncReport } from '../protocol/index.js';
import { readAnswer } from './dns-answer.js';
import {
  checkNear,
  checkReach,
  checkSync,
  checkWayBack,
  hostOf,
  type HouseEyes,
  type SeenPlayer,
} from './house.js';
import { checkReflector, checkSeen, type Echo } from './mdns.js';
import { question } from './multicast.js';
import { isNear } from './networks.js';
import { checkPhone, checkTrips } from './round-trips.js';
import { checkWifi, signalOf } from './wifi.js';

const quiet = new AbortController().signal;
const HOME = [{ name: 'eth0', address: '192.168.1.2', netmask: '255.255.255.0' }];

describe('networks', () => {
  it.each([
    ['192.168.1.77', true],
    ['192.168.2.77', false],
    ['127.0.0.1', true],
    ['fe80::1', true],
  ])('%s is near: %s', (address, near) => {
    expect(isNear(address, HOME)).toBe(near);
  });

  it.each([
    ['192.168.1.5:6600', '192.168.1.5'],
    ['kitchen.lan:6600', 'kitchen.lan'],
    ['[fe80::1]:8009', 'fe80::1'],
    ['/run/mpd/socket', undefined],
    ['default output', undefined],
  ])('the host of %s is %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});

/** Names are written out; `to` follows the type of a pointer. */
function answer(records: readonly (readonly [name: string, body: Buffer, type: number])[]): Buffer {
  const nameOf = (name: string): Buffer =>
    Buffer.concat([
      ...name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
      Buffer.from([0]),
    ]);
  const head = Buffer.from([0, 0, 0x84, 0, 0, 0, 0, records.length, 0, 0, 0, 0]);
  return Buffer.concat([
    head,
    ...records.map(([name, body, type]) => {
      const rest = Buffer.alloc(10);
      rest.writeUInt16BE(type, 0);
      rest.writeUInt16BE(body.length, 8);
      return Buffer.concat([nameOf(name), rest, body]);
    }),
  ]);
}

describe('mDNS answers', () => {
  it('are read: who announces what, and where', () => {
    const to = question('Kitchen', '_mpd', '_tcp').subarray(12, -4);
    const packet = answer([
      ['_mpd._tcp.local', to, 12],
      ['kitchen.local', Buffer.from([192, 168, 1, 20]), 1],
    ]);
    expect(readAnswer(packet)).toEqual({
      pointers: [{ name: '_mpd._tcp.local', to: 'Kitchen._mpd._tcp.local' }],
      addresses: ['192.168.1.20'],
    });
  });

  it('that are cut anywhere, or point at themselves, do no harm', () => {
    const packet = answer([['_mpd._tcp.local', Buffer.from([0xc0, 12]), 12]]);
    for (let length = 0; length <= packet.length; length++)
      expect(() => readAnswer(packet.subarray(0, length))).not.toThrow();
    const loop = Buffer.from([
      0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    expect(readAnswer(loop)).toEqual({ pointers: [], addresses: [] });
    expect(readAnswer(question('_mpd', '_tcp'))).toBeUndefined();
  });

  const heard = (more: Partial<Echo>): Echo => ({
    networks: HOME,
    heardOn: ['eth0'],
    answers: 1,
    seen: [],
    addresses: [],
    ...more,
  });
  const kitchen = { network: 'eth0', service: '_mpd._tcp', ours: false };

  it('tell who announces itself, and whether we are heard ourselves', () => {
    expect(checkSeen(heard({ seen: [kitchen, { ...kitchen, ours: true }] }), true)).toMatchObject({
      severity: 'ok',
      figures: [{ name: 'players on eth0', value: 1 }],
    });
    expect(checkSeen(heard({ seen: [kitchen] }), true).severity).toBe('warning');
    expect(checkSeen(heard({}), false).severity).toBe('notice');
    expect(checkSeen(heard({ heardOn: [] }), false).unknown).toBe(true);
    expect(checkReflector(heard({ heardOn: [] })).unknown).toBe(true);
  });

  it('tell of a reflector', () => {
    expect(checkReflector(heard({ addresses: ['192.168.1.9', '8.8.8.8'] })).severity).toBe('ok');
    expect(checkReflector(heard({ addresses: ['192.168.30.9'] }))).toMatchObject({
      severity: 'notice',
      found: expect.stringContaining('VLAN'),
    });
  });
});

describe('round trips', () => {
  const series = (...ms: number[]): { name: string; round_trips_ms: number[] }[] => [
    { name: 'Kitchen', round_trips_ms: ms },
  ];

  it.each([
    ['a cable', [0.4, 0.5, 0.4, 0.6, 0.5, 0.4, 0.7], 'ok', 'within'],
    ['good Wi-Fi with one hiccup', [3, 4, 3, 5, 4, 3, 60, 4, 3, 4], 'ok', 'within'],
    ['Wi-Fi that sleeps', [3, 80, 44, 4, 97, 61, 12, 88, 30, 101], 'warning', 'power save'],
    ['Wi-Fi that sleeps with a DTIM of 3', [4, 210, 300, 5, 120, 290, 60], 'warning', 'power save'],
    ['Wi-Fi that sleeps, with one very late', [3, 90, 50, 4, 100, 12, 88, 600], 'warning', 'power save'],
    ['delayed acknowledgements', [1, 44, 2, 45, 44, 46, 1, 44], 'ok', 'within'],
    ['a slow network', [180, 190, 210, 200, 230, 220], 'warning', 'slow or crowded'],
    ['too few', [3, 3], 'notice', 'could not be measured'],
  ])('know %s', (_what, ms, severity, found) => {
    expect(checkTrips(series(...ms))).toMatchObject({ severity, found: expect.stringContaining(found) });
  });

  it('tell a phone that dozes, and blame it not', () => {
    expect(checkPhone([5, 90, 60, 4, 101, 30, 75]).severity).toBe('notice');
    expect(checkPhone([5, 6, 7, 5, 6]).severity).toBe('ok');
    expect(checkPhone([1]).severity).toBe('notice');
  });
});

describe("this machine's Wi-Fi", () => {
  const WIRELESS = `Inter-| sta-|   Quality        |
 face | tus | link level noise |
 wlan0: 0000   52.  -58.  -256        0`;
  const check = (said: string | undefined, names = ['wlan0'], text = WIRELESS) =>
    checkWifi({
      wireless: () => Promise.resolve(names),
      read: () => Promise.resolve(text),
      run: () => Promise.resolve(said === undefined ? undefined : { code: 0, text: said }),
    });

  it('is read from the kernel', () => {
    expect(signalOf(WIRELESS, 'wlan0')).toBe(-58);
    expect(signalOf('', 'wlan0')).toBeUndefined();
  });

  it.each([
    ['Power save: on', 'warning', 'saves power'],
    ['Power save: off', 'ok', '-58 dBm'],
    [undefined, 'notice', 'apt-get install -y iw'],
  ])('of which iw says %s', async (said, severity, found) => {
    expect(await check(said)).toMatchObject({ severity, found: expect.stringContaining(found) });
  });

  it('may be weak, or not there', async () => {
    expect((await check('Power save: off', ['wlan0'], WIRELESS.replace('-58', '-80'))).severity).toBe(
      'warning',
    );
    expect((await check(undefined, [])).severity).toBe('ok');
  });
});

const player = (more: Partial<SeenPlayer>): SeenPlayer => ({
  player_id: 'kitchen',
  kind: 'mpd',
  name: 'Kitchen',
  address: '192.168.1.20:6600',
  link: 'online',
  loaded: false,
  corrections: 0,
  ...more,
});
const eyes = (players: readonly SeenPlayer[], fetched: readonly string[] = []): HouseEyes => ({
  players: () => players,
  roundTrips: () => Promise.resolve([]),
  fetched: () => new Set(fetched),
  addressOf: (host) => Promise.resolve(/^\d/.test(host) ? host : undefined),
  networks: () => HOME,
});

describe('players', () => {
  it('that are away are named, with the way to try them', () => {
    expect(checkReach([player({})]).severity).toBe('ok');
    expect(checkReach([player({ link: 'offline', problem: 'ECONNREFUSED' })])).toMatchObject({
      severity: 'warning',
      fix: expect.stringContaining('/dev/tcp/192.168.1.20/6600'),
    });
    const dark = player({ link: 'offline', problem: 'connect EHOSTUNREACH' });
    expect(checkReach([dark])).toMatchObject({ fix: expect.stringContaining('ping -c 3 192.168.1.20') });
    const unknown = player({
      link: 'offline',
      address: 'kitchen.lan:6600',
      problem: 'getaddrinfo ENOTFOUND',
    });
    expect(checkReach([unknown])).toMatchObject({ fix: expect.stringContaining('getent hosts kitchen.lan') });
  });

  it.each([
    ['fetched', player({}), ['192.168.1.20'], 'ok', true],
    ['were never asked to play', player({}), [], 'notice', false],
    ['play and never fetched', player({ loaded: true }), [], 'problem', true],
    ['are away', player({ link: 'offline' }), [], 'notice', false],
    ['are sent samples', player({ kind: 'snapcast', loaded: true }), [], 'ok', true],
    ['are on this machine', player({ address: '127.0.0.1:6600', loaded: true }), [], 'ok', true],
  ])('that %s', async (_what, one, fetched, severity, measured) => {
    const finding = await checkWayBack(
      eyes([one], fetched),
      8080,
      () => Promise.resolve('open it'),
      quiet,
      0,
    );
    expect(finding.severity).toBe(severity);
    expect(finding.unknown !== true).toBe(measured);
  });

  it('in another network are named, and names that nobody knows', async () => {
    expect((await checkNear(eyes([player({})]), quiet)).severity).toBe('ok');
    const alone = { ...eyes([player({})]), networks: () => [] };
    expect((await checkNear(alone, quiet)).unknown).toBe(true);
    expect(await checkNear(eyes([player({ address: '10.9.9.9:6600' })]), quiet)).toMatchObject({
      severity: 'notice',
      found: expect.stringContaining('VLAN'),
    });
    expect((await checkNear(eyes([player({ address: 'kitchen.lan:6600' })]), quiet)).severity).toBe(
      'warning',
    );
  });

  it('that lost their room are named', () => {
    const report: SyncReport = {
      player_id: 'kitchen',
      sync_class: 'nudged',
      state: 'in-sync',
      estimated: true,
    };
    expect(checkSync([player({})]).unknown).toBe(true);
    expect(checkSync([player({ report })]).severity).toBe('ok');
    expect(checkSync([player({ report: { ...report, state: 'lost' } })]).severity).toBe('warning');
    expect(checkSync([player({ report: { ...report, drift_ppm: 900 } })]).severity).toBe('notice');
  });
});
