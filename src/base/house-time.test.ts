import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { HouseTime, offsetIn, systemPlace, placeNamed } from './house-time.js';
import { systemOffset } from './local-time.js';
import { silentLogger } from './log.js';

interface Machine {
  own: string;
  linked: string | undefined;
  chosen: string | undefined;
}

function houseIn(more: Partial<Machine>) {
  const machine: Machine = { own: 'UTC', linked: 'Etc/UTC', chosen: undefined, ...more };
  const clock = new ManualClock();
  const probe = { own: () => machine.own, linked: () => machine.linked };
  const time = new HouseTime({ chosen: () => machine.chosen, clock, log: silentLogger, probe });
  return { machine, clock, time };
}

const SUMMER = Date.UTC(2026, 6, 1, 12);
const WINTER = Date.UTC(2026, 0, 1, 12);

describe('the time zone of a house', () => {
  it('is that of its machine, also when that is set to another one', async () => {
    const { machine, clock, time } = houseIn({});
    expect([time.name, time.offsetAt(SUMMER)]).toEqual(['UTC', systemOffset(SUMMER)]);
    machine.linked = 'Europe/Berlin';
    await clock.advance(15_000);
    expect([time.name, time.offsetAt(SUMMER), time.offsetAt(WINTER)]).toEqual(['Europe/Berlin', 120, 60]);
    machine.linked = undefined;
    await clock.advance(15_000);
    expect(time.name).toBe('UTC');
  });
  it('is that of a process which was given one of its own', async () => {
    const { machine, clock, time } = houseIn({ own: 'Asia/Tokyo' });
    machine.linked = 'Europe/Berlin';
    await clock.advance(15_000);
    expect(time.name).toBe('Asia/Tokyo');
  });
  it('is the one that somebody chose, while there is such a one', () => {
    const { machine, time } = houseIn({ chosen: 'America/New_York' });
    expect([time.name, time.offsetAt(SUMMER)]).toEqual(['America/New_York', -240]);
    machine.chosen = 'Atlantis/Centre';
    time.look();
    expect(time.name).toBe('UTC');
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
    expect(['europe/berlin', 'Etc/UTC', '+02:00', 'Berlin', '', undefined].map(placeNamed)).toEqual([
      'Europe/Berlin',
      'UTC',
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
  it('is asked of this machine', () => {
    expect(placeNamed(systemPlace(process.env['TZ']).own())).toBe(placeNamed(systemPlace('').own()));
  });
});
