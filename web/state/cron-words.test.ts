import { describe, expect, it } from 'vitest';
import { cronWords, USUAL } from './cron-words.js';

describe('times in words', () => {
  it('say what people choose most', () => {
    expect(USUAL.map(cronWords)).toEqual([
      'Every 5 minutes',
      'Every hour',
      'Every day at 03:00',
      'Every Sunday at 04:00',
    ]);
  });
  it('say other plain ones', () => {
    expect(['* * * * *', '7 * * * *', '15 */6 * * *', '30 2 1 * *', '0 4 * * 7'].map(cronWords)).toEqual([
      'Every minute',
      'Every hour at 07 past',
      'Every 6 hours',
      'On day 1 of the month at 02:30',
      'Every Sunday at 04:00',
    ]);
  });
  it('are silent about what they would say wrongly', () => {
    for (const cron of ['', 'x', '0 3 * 5 *', '0 3 1 * 1', '0 1-5 * * *', '0 3 * * 1,2', '0 0 3 * * *'])
      expect(cronWords(cron), cron).toBeUndefined();
  });
});
