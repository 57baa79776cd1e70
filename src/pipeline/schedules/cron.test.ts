import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError, systemOffset } from '../../base/index.js';
import { nextAfter, readCron } from './cron.js';

const zone = process.env['TZ'];
beforeAll(() => {
  process.env['TZ'] = 'Europe/Berlin';
});
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

/** The next times after a moment, as this machine's clock on the wall shows them. */
function next(cron: string, after: string, count = 1): string[] {
  const pattern = readCron(cron);
  const times: string[] = [];
  let at = new Date(after).getTime();
  for (let n = 0; n < count; n++) {
    at = nextAfter(pattern, at, systemOffset) ?? NaN;
    times.push(new Date(at).toISOString());
  }
  return times;
}

describe('the next time of a pattern', () => {
  it('is in the time zone of this machine', () => {
    expect(next('0 3 * * *', '2026-11-20T09:00:00Z', 2)).toEqual([
      '2026-11-21T02:00:00.000Z',
      '2026-11-22T02:00:00.000Z',
    ]);
  });
  it('is never the moment itself', () => {
    expect(next('*/5 * * * *', '2026-11-20T09:05:00Z', 2)).toEqual([
      '2026-11-20T09:10:00.000Z',
      '2026-11-20T09:15:00.000Z',
    ]);
  });
  it('knows weekdays, months and leap years', () => {
    expect(next('30 4 * * 0', '2026-11-20T09:00:00Z')).toEqual(['2026-11-22T03:30:00.000Z']);
    expect(next('30 4 * * sun', '2026-11-20T09:00:00Z')).toEqual(['2026-11-22T03:30:00.000Z']);
    expect(next('0 0 29 2 *', '2026-11-20T09:00:00Z')).toEqual(['2028-02-28T23:00:00.000Z']);
  });
  it('comes an hour later where summer time leaves it out, and not never', () => {
    expect(next('30 2 * * *', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:30:00.000Z',
      '2026-03-30T00:30:00.000Z',
    ]);
  });
  it('comes once where winter time brings it twice', () => {
    expect(next('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });
  it('of every hour comes in each of them, also in the one that is there twice', () => {
    const hours = next('15 * * * *', '2026-10-24T23:30:00Z', 4).map((time) => time.slice(11, 16));
    expect(hours).toEqual(['00:15', '01:15', '02:15', '03:15']);
  });
});

describe('a pattern', () => {
  it.each(['', '* * * *', '* * * * * *', '61 * * * *', 'a b c d e', '0 0 31 2 *', '0 0 L * *', '@daily'])(
    'is not %j',
    (cron) => expect(() => readCron(cron)).toThrow(AppError),
  );
});
