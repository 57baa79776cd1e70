import { Bonjour, type Service } from 'bonjour-service';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announce, type Announcement } from '../../drivers/snapcast/announce.js';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { until } from '../until.js';

/** This machine alone: nobody else's network hears of it. */
const LOOPBACK = { interface: '127.0.0.1', bind: '0.0.0.0', loopback: true };
/** Nothing listens there; it tells this announcement from that of others who test on this machine. */
const PORT = 50_000 + (process.pid % 10_000);

let announcement: Announcement;
let bonjour: Bonjour;
let errors: unknown[];
beforeEach(() => {
  errors = [];
  announcement = announce(PORT, { clock: systemClock, log: silentLogger, network: LOOPBACK });
  const options: object = LOOPBACK;
  bonjour = new Bonjour(options, (error: unknown) => errors.push(error));
});
afterEach(async () => {
  await announcement.close();
  bonjour.destroy();
  expect(errors).toEqual([]);
});

it.each(['snapcast', 'snapcast-stream'])(
  'the server is found as _%s._tcp, and gone when it closes',
  async (type) => {
    const seen: Service[] = [];
    const gone: string[] = [];
    const browser = bonjour.find({ type, protocol: 'tcp' });
    browser.on('up', (service: Service) => service.port === PORT && seen.push(service));
    browser.on('down', (service: Service) => service.port === PORT && gone.push(service.name));
    await until('the server is seen', () => seen.length > 0);
    expect(seen[0]?.name).toMatch(/^Tutti on /);
    await announcement.close();
    await until('it has said goodbye', () => gone.length > 0);
  },
);
