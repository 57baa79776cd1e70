import { describe, expect, it } from 'vitest';
import { daysText, leftText, sleepText, sourceText, untilText, placeText } from './alarm-words.js';

const NOW = Date.parse('2026-11-20T22:00:00Z');

describe('words of alarms', () => {
  it.each([
    [[], 'Once'],
    [['mon', 'tue', 'wed', 'thu', 'fri'], 'Monday to Friday'],
    [['sat', 'sun'], 'Saturday and Sunday'],
    [['wed'], 'Every Wednesday'],
    [['mon', 'wed', 'sun'], 'Mo, We, Su'],
    [['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], 'Every day'],
  ] as const)('%j is %s', (days, text) => expect(daysText(days)).toBe(text));

  it('name places as people do', () => {
    expect(['Europe/Berlin', 'America/St_Johns', 'America/Argentina/San_Luis', 'UTC'].map(placeText)).toEqual(
      ['Berlin', 'St Johns', 'San Luis', 'UTC'],
    );
  });

  it('say how long it is until then', () => {
    expect(untilText('2026-11-20T22:00:30Z', NOW)).toBe('in 1 min');
    expect(untilText('2026-11-21T05:05:00Z', NOW)).toBe('in 7 h 5 min');
    expect(untilText('2026-11-23T22:00:00Z', NOW)).toBe('in 3 days');
  });
  it('name what wakes', () => {
    expect(sourceText({ source: { tone: true } })).toBe('The tone');
    expect(sourceText({ source: { album_id: 'x' }, source_title: 'Blue' })).toBe('Blue');
    expect(sourceText({ source: { url: 'http://radio/x' } })).toBe('http://radio/x');
  });
  it('count down', () => {
    expect([leftText(61e6, 0), leftText(30e6, 0), leftText(3_700e6, 0), leftText(0, 5e6)]).toEqual([
      '2 min',
      '30 s',
      '1 h 2 min',
      '0 s',
    ]);
  });
  it('say when a room falls silent', () => {
    const sleep = { sleep_id: 'a', room_id: 'a', fade_seconds: 20, fading: false } as const;
    expect(sleepText({ ...sleep, until: 'time', ends_at_us: 600e6 }, 0)).toBe('Silent in 10 min');
    expect(sleepText({ ...sleep, until: 'album' }, 0)).toBe('Silent after this album');
    expect(sleepText({ ...sleep, until: 'track', ends_at_us: 90e6 }, 0)).toBe(
      'Silent after this track, 2 min',
    );
  });
});
