import { Bonjour } from 'bonjour-service';
import { afterEach, expect, it } from 'vitest';
import { mpd } from '../../drivers/mpd/index.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { startDiscovery, type Discovery, type Found } from '../../src/players/index.js';
import { until } from '../until.js';

/** mDNS on the loopback interface: the same packets, and no network is needed. */
const network = { interface: '127.0.0.1', bind: '0.0.0.0', loopback: true };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function publish(name: string, port: number, type = 'mpd'): Bonjour {
  const options: object = network;
  const publisher = new Bonjour(options, () => undefined);
  publisher.publish({ name, type, port, probe: false });
  closers.push(() => publisher.destroy());
  return publisher;
}

function listen(found: (player: Found) => void): Discovery {
  const discovery = startDiscovery(
    [mpd],
    { clock: systemClock, log: silentLogger, network },
    (_driver, player) => found(player),
  );
  closers.push(() => discovery.close());
  return discovery;
}

it('finds an MPD that announces itself, whatever its name, and leaves other services alone', async () => {
  const seen: Found[] = [];
  publish('Küche <img src=x onerror=alert(1)>', 16_601);
  publish('A printer', 16_602, 'ipp');
  listen((player) => seen.push(player));
  await until('it is found', () => seen.length > 0);
  expect(seen[0]).toMatchObject({ name: 'Küche <img src=x onerror=alert(1)>', options: { port: 16_601 } });
  expect(seen[0]!.key).toMatch(/^mpd-[a-z0-9.-]+-16601$/);
  expect(seen.some((player) => player.options['port'] === 16_602)).toBe(false);
});

it('finds one that comes later', async () => {
  const seen: Found[] = [];
  listen((player) => seen.push(player));
  publish('Later', 16_603);
  await until('it is found', () => seen.some((player) => player.name === 'Later'));
});
