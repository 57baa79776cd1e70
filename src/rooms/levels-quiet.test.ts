import { describe, expect, it } from 'vitest';
import { minuteOfDay, systemOffset } from '../base/index.js';
import { isQuietAt } from './levels-quiet.js';

const NIGHT = { from: '22:00', to: '07:00', limit: 0.2 };

/** Minutes since midnight in a place with summer time. */
function inBerlin(wallMs: number): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'Europe/Berlin',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(wallMs);
  return Number(parts.slice(0, 2)) * 60 + Number(parts.slice(3, 5));
}

function quietInBerlin(iso: string): boolean {
  return isQuietAt(NIGHT, inBerlin(Date.parse(iso)));
}

describe('quiet hours', () => {
  it('begin at their first minute and are over at their last', () => {
    const nap = { from: '13:00', to: '15:00', limit: 0.2 };
    expect([779, 780, 899, 900].map((minute) => isQuietAt(nap, minute))).toEqual([false, true, true, false]);
  });

  it('go over midnight when they end earlier than they begin', () => {
    expect([1319, 1320, 1439, 0, 419, 420].map((minute) => isQuietAt(NIGHT, minute))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
  });

  it('last all day when they end when they begin, and never are without a rule', () => {
    expect(isQuietAt({ from: '08:00', to: '08:00', limit: 0.2 }, 3)).toBe(true);
    expect(isQuietAt(undefined, 3)).toBe(false);
  });

  it('follow the wall clock where summer time begins', () => {
    expect(quietInBerlin('2026-03-28T20:59:00Z')).toBe(false);
    expect(quietInBerlin('2026-03-28T21:00:00Z')).toBe(true);
    expect(quietInBerlin('2026-03-29T04:59:00Z')).toBe(true);
    expect(quietInBerlin('2026-03-29T05:00:00Z')).toBe(false);
  });

  it('follow the wall clock where summer time ends', () => {
    expect(quietInBerlin('2026-10-24T19:59:00Z')).toBe(false);
    expect(quietInBerlin('2026-10-24T20:00:00Z')).toBe(true);
    expect(quietInBerlin('2026-10-25T05:59:00Z')).toBe(true);
    expect(quietInBerlin('2026-10-25T06:00:00Z')).toBe(false);
  });

  it('read the clock of this machine', () => {
    const noon = new Date(2026, 10, 20, 12, 34).getTime();
    expect(minuteOfDay(noon, systemOffset)).toBe(12 * 60 + 34);
  });
});
