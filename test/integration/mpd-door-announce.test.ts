import { hostname } from 'node:os';
import { Bonjour, type Service } from 'bonjour-service';
import { afterEach, expect, it } from 'vitest';
import { mpd } from '../../drivers/mpd/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { Announcer } from '../../src/mpd-door/announce.js';
import { startDiscovery, type Found } from '../../src/players/index.js';
import { until } from '../until.js';

/** mDNS on the loopback interface: the same packets, and no network is needed. */
const network = { interface: '127.0.0.1', bind: '0.0.0.0', loopback: true };
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

it('tells the network where each room is, by its name, and takes it back', async () => {
  const announcer = new Announcer({ clock: systemClock, log: silentLogger, network });
  closers.push(() => announcer.close());
  const options: object = network;
  const browser = new Bonjour(options, () => undefined);
  closers.push(() => browser.destroy());
  const there = new Map<string, Service>();
  const services = browser.find({ type: 'mpd' });
  services.on('up', (service: Service) => there.set(service.name, service));
  services.on('down', (service: Service) => there.delete(service.name));
  const players: Found[] = [];
  const parts = { clock: systemClock, log: silentLogger, network };
  const discovery = startDiscovery([mpd], parts, (_driver, player) => players.push(player));
  closers.push(() => discovery.close());

  const bath = `Tutti test bath (Tutti on ${hostname().split('.')[0]})`;
  const attic = bath.replace('(', '(attic, ');
  announcer.room('bath', 'Tutti test bath', 16_610);
  announcer.room('attic', 'Tutti test bath', 16_611);
  await until('both rooms are seen', () => {
    services.update();
    return there.has(bath) && there.has(attic);
  });
  expect(there.get(bath)?.port).toBe(16_610);
  expect(there.get(bath)?.txt).toMatchObject({ tutti: 'bath' });
  announcer.gone('bath');
  await until('it is taken back', () => !there.has(bath));
  expect(there.has(attic)).toBe(true);
  expect(players.filter(({ name }) => name.startsWith('Tutti test'))).toEqual([]);
});

it('leaves an MPD alone that is called as the room it plays in', async () => {
  const options: object = network;
  const other = new Bonjour(options, () => undefined);
  closers.push(() => other.destroy());
  other.publish({ name: 'Tutti test attic', type: 'mpd', port: 16_600, probe: false });
  const browser = new Bonjour(options, () => undefined);
  closers.push(() => browser.destroy());
  const there = new Map<number, string>();
  const gone: string[] = [];
  const services = browser.find({ type: 'mpd' });
  services.on('up', ({ name, port }: Service) => there.set(port, name));
  services.on('down', ({ name }: Service) => gone.push(name));
  await until('the MPD is seen', () => {
    services.update();
    return there.has(16_600);
  });
  const announcer = new Announcer({ clock: systemClock, log: silentLogger, network });
  closers.push(() => announcer.close());
  announcer.room('attic', 'Tutti test attic', 16_612);
  await until('the room is seen', () => {
    services.update();
    return there.has(16_612);
  });
  expect(there.get(16_612)).toContain('Tutti test attic (Tutti on');
  expect(gone).toEqual([]);
  announcer.room('long', 'ä'.repeat(60), 16_613);
  await until('a long name is cut', () => {
    services.update();
    return there.has(16_613);
  });
});
