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

  announcer.room('bath', 'Tutti test bath', 16_610);
  announcer.room('attic', 'Tutti test bath', 16_611);
  await until('both rooms are seen', () => {
    services.update();
    return there.has('Tutti test bath') && there.has('Tutti test bath (attic)');
  });
  expect(there.get('Tutti test bath')?.port).toBe(16_610);
  expect(there.get('Tutti test bath')?.txt).toMatchObject({ tutti: 'bath' });
  announcer.gone('bath');
  await until('it is taken back', () => !there.has('Tutti test bath'));
  expect(there.has('Tutti test bath (attic)')).toBe(true);
  expect(players.filter(({ name }) => name.startsWith('Tutti test'))).toEqual([]);
});
