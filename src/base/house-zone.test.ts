import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { HouseZone, offsetIn, systemZone, zoneNamed } from './house-zone.js';
import { systemOffset } from './local-time.js';
import { silentLogger } from './log.js';

interface Machine {
  own: string;
  linked: string | undefined;
  chosen: string | undefined;
}

function zoneOf(more: Partial<Machine>) {
  const machine: Machine = { own: 'UTC', linked: 'Etc/UTC', chosen: undefined, ...more };
  const clock = new ManualClock();
  const probe = { own: () => machine.own, linked: () => machine.linked };
  const zone = new HouseZone({ chosen: () => machine.chosen, clock, log: silentLogger, probe });
  return { machine, clock, zone };
}

const SUMMER = Date.UTC(2026, 6, 1, 12);
const WINTER = Date.UTC(2026, 0, 1, 12);

describe('the time zone of a house', () => {
  it('is that of its machine, also when that is set to another one', async () => {
    const { machine, clock, zone } = zoneOf({});
    expect([zone.name, zone.offsetAt(SUMMER)]).toEqual(['UTC', systemOffset(SUMMER)]);
    machine.linked = 'Europe/Berlin';
    await clock.advance(15_000);
    expect([zone.name, zone.offsetAt(SUMMER), zone.offsetAt(WINTER)]).toEqual(['Europe/Berlin', 120, 60]);
    machine.linked = undefined;
    await clock.advance(15_000);
    expect(zone.name).toBe('UTC');
  });
  it('is that of a process which was given one of its own', async () => {
    const { machine, clock, zone } = zoneOf({ own: 'Asia/Tokyo' });
    machine.linked = 'Europe/Berlin';
    await clock.advance(15_000);
    expect(zone.name).toBe('Asia/Tokyo');
  });
  it('is the one that somebody chose, while there is such a one', () => {
    const { machine, zone } = zoneOf({ chosen: 'America/New_York' });
    expect([zone.name, zone.offsetAt(SUMMER)]).toEqual(['America/New_York', -240]);
    machine.chosen = 'Atlantis/Centre';
    zone.look();
    expect(zone.name).toBe('UTC');
  });
});

describe('the offset of any time zone', () => {
  it.each([
    ['Asia/Kathmandu', SUMMER, 345],
    ['Australia/Lord_Howe', WINTER, 660],
    ['Australia/Lord_Howe', SUMMER, 630],
    ['America/St_Johns', WINTER, -210],
    ['Pacific/Apia', WINTER, 780],
    ['UTC', WINTER, 0],
    ['Africa/Casablanca', Date.UTC(2027, 1, 20), 0],
    ['Africa/Casablanca', SUMMER, 60],
  ])('%s', (name, ms, minutes) => expect(offsetIn(name)(ms)).toBe(minutes));
  it('knows names from other words', () => {
    expect(['europe/berlin', 'Etc/UTC', '+02:00', 'Berlin', '', undefined].map(zoneNamed)).toEqual([
      'Europe/Berlin',
      'UTC',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
  it('is asked of this machine', () => {
    expect(zoneNamed(systemZone.own())).toBeDefined();
  });
});
