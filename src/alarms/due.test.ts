import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { dateOf, dayAt, momentOf, systemOffset } from '../base/index.js';
import { WEEKDAYS } from '../protocol/index.js';
import { judge, LOOK_MS, nextAfter, nextRing, type Past, type Times } from './due.js';

const own = process.env['TZ'];
afterEach(() => {
  if (own === undefined) delete process.env['TZ'];
  else process.env['TZ'] = own;
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const daily = (time: string): Times => ({ time, days: [...WEEKDAYS] });

/** The moments of an alarm in a place, from a moment on. */
function rings(zone: string, times: Times, from: string, count: number): string[] {
  process.env['TZ'] = zone;
  const found: string[] = [];
  let at = Date.parse(from);
  for (let n = 0; n < count; n++) {
    at = nextAfter(times, at, systemOffset)?.at_ms ?? NaN;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe('[AL2] an alarm in a place', () => {
  it('Berlin: in the hour that is left out it rings at the first moment after it, and only that day', () => {
    expect(rings('Europe/Berlin', daily('02:30'), '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T01:00',
      '2027-03-29T00:30',
    ]);
  });
  it('Berlin: in the hour that comes twice it rings the first time, and once', () => {
    expect(rings('Europe/Berlin', daily('02:30'), '2027-10-30T12:00:00Z', 2)).toEqual([
      '2027-10-31T00:30',
      '2027-11-01T01:30',
    ]);
  });
  it('New York: gap and overlap', () => {
    expect(rings('America/New_York', daily('02:15'), '2027-03-13T12:00:00Z', 2)).toEqual([
      '2027-03-14T07:00',
      '2027-03-15T06:15',
    ]);
    expect(rings('America/New_York', daily('01:30'), '2027-11-06T12:00:00Z', 2)).toEqual([
      '2027-11-07T05:30',
      '2027-11-08T06:30',
    ]);
  });
  it('Lord Howe: half an hour of summer time', () => {
    expect(rings('Australia/Lord_Howe', daily('02:10'), '2027-10-02T00:00:00Z', 2)).toEqual([
      '2027-10-02T15:30',
      '2027-10-03T15:10',
    ]);
    expect(rings('Australia/Lord_Howe', daily('01:45'), '2027-04-03T00:00:00Z', 2)).toEqual([
      '2027-04-03T14:45',
      '2027-04-04T15:15',
    ]);
  });
  it('Kathmandu: a zone of quarter hours, without summer time', () => {
    expect(rings('Asia/Kathmandu', daily('06:00'), '2027-03-27T12:00:00Z', 2)).toEqual([
      '2027-03-28T00:15',
      '2027-03-29T00:15',
    ]);
  });
  it('Apia: on a day that the place leaves out it does not ring', () => {
    expect(rings('Pacific/Apia', daily('07:00'), '2011-12-29T12:00:00Z', 2)).toEqual([
      '2011-12-29T17:00',
      '2011-12-30T17:00',
    ]);
    process.env['TZ'] = 'Pacific/Apia';
    expect(momentOf(Date.UTC(2011, 11, 30) / DAY, 7 * 60, systemOffset)).toBeUndefined();
  });
  it('Nuuk: a gap that ends at midnight rings at midnight', () => {
    expect(rings('America/Nuuk', daily('23:30'), '2024-03-30T12:00:00Z', 1)).toEqual(['2024-03-31T01:00']);
  });
  it('São Paulo and Tehran: a gap that begins at midnight', () => {
    expect(rings('America/Sao_Paulo', daily('00:30'), '2018-11-03T12:00:00Z', 2)).toEqual([
      '2018-11-04T03:00',
      '2018-11-05T02:30',
    ]);
    expect(rings('Asia/Tehran', daily('00:15'), '2022-03-20T21:00:00Z', 2)).toEqual([
      '2022-03-21T20:30',
      '2022-03-22T19:45',
    ]);
  });
  it('Casablanca: no summer time in Ramadan, with a gap and an overlap of its own', () => {
    expect(rings('Africa/Casablanca', daily('02:30'), '2027-02-06T12:00:00Z', 2)).toEqual([
      '2027-02-07T01:30',
      '2027-02-08T02:30',
    ]);
    expect(rings('Africa/Casablanca', daily('02:30'), '2027-03-13T12:00:00Z', 2)).toEqual([
      '2027-03-14T02:00',
      '2027-03-15T01:30',
    ]);
  });
  it('keeps to its days of the week', () => {
    const times: Times = { time: '07:00', days: ['mon', 'fri'] };
    expect(rings('Europe/Berlin', times, '2026-11-20T12:00:00Z', 3)).toEqual([
      '2026-11-23T06:00',
      '2026-11-27T06:00',
      '2026-11-30T06:00',
    ]);
  });
});

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Africa/Casablanca',
  'America/St_Johns',
] as const;

/** A server that looks at a clock as alarms do: every 15 s, and at the moment itself. */
class Watch {
  readonly rung: string[] = [];
  readonly missed: string[] = [];
  past: Past;

  constructor(
    readonly times: Times,
    public now: number,
    readonly graceMs: number,
    public skipDate?: string,
  ) {
    this.past = { looked_ms: now, done: [] };
  }

  look(): void {
    const { graceMs, skipDate } = this;
    const verdict = judge(this.times, this.past, this.now, { graceMs, skipDate, offsetAt: systemOffset });
    const dates = [verdict.skipped, verdict.rings].flatMap((one) => one?.date ?? []);
    this.past = { looked_ms: verdict.looked_ms, done: [...this.past.done, ...dates] };
    if (verdict.rings) this.rung.push(verdict.rings.date);
    this.missed.push(...verdict.missed.map(({ date }) => date));
  }

  /** Time goes by. Long stretches in which nothing can happen are leapt over, as a look would find nothing. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      this.look();
      const next = nextRing(this.times, this.past, undefined, systemOffset)?.at_ms ?? Infinity;
      if (next > end) break;
      this.now = Math.max(this.now, next);
    }
    this.now = end;
    this.look();
  }

  /** The clock is set, or the server was off; it is looked at up to 15 s later. */
  step(ms: number, noticedAfter = LOOK_MS): void {
    this.now += ms + noticedAfter;
    this.look();
  }
}

const at = (local: string): number => new Date(local).getTime();

describe('[AL3] a clock that is set, and downtime', () => {
  const watch = (from: string, graceMinutes = 30): Watch => {
    process.env['TZ'] = 'Europe/Berlin';
    return new Watch(daily('07:00'), at(from), graceMinutes * MINUTE);
  };
  it('makes up what was missed by less than the grace', () => {
    const one = watch('2026-11-20T06:50:00');
    one.step(35 * MINUTE);
    expect([one.rung, one.missed]).toEqual([['2026-11-20'], []]);
  });
  it('leaves out what was missed by more, and says so', () => {
    const one = watch('2026-11-20T06:50:00');
    one.step(45 * MINUTE);
    expect([one.rung, one.missed]).toEqual([[], ['2026-11-20']]);
    one.pass(DAY);
    expect(one.rung).toEqual(['2026-11-21']);
  });
  it('never rings again when the clock is set back', () => {
    const one = watch('2026-11-20T06:00:00');
    one.pass(2 * HOUR);
    for (const back of [2_000, 2 * HOUR, 5 * DAY]) {
      one.step(-back);
      one.pass(back - MINUTE);
    }
    expect(one.rung.filter((date) => date === '2026-11-20')).toHaveLength(1);
  });
  it('rings truly when a clock that was wrongly ahead had left it out', () => {
    const one = watch('2026-11-20T06:00:00');
    one.step(3 * HOUR);
    expect(one.missed).toEqual(['2026-11-20']);
    one.step(-3 * HOUR);
    one.pass(2 * HOUR);
    expect(one.rung).toEqual(['2026-11-20']);
  });
  it('is not silenced by years ahead and back again', () => {
    const one = watch('2026-11-20T06:00:00');
    one.step(10 * 365 * DAY);
    expect(one.missed.length).toBeGreaterThan(300);
    one.step(-10 * 365 * DAY);
    one.pass(2 * HOUR);
    expect(one.rung).toEqual(['2026-11-20']);
  });
  it('from 1970 to now rings for nothing but what is due now', () => {
    const one = watch('1970-01-02T12:00:00');
    one.now = at('2026-11-20T07:10:00');
    one.look();
    expect(one.rung).toEqual(['2026-11-20']);
  });
  it('a server that was off for a week makes up the last one alone', () => {
    const one = watch('2026-11-20T12:00:00');
    one.now = at('2026-11-27T07:05:00');
    one.look();
    expect(one.rung).toEqual(['2026-11-27']);
    expect(one.missed).toHaveLength(6);
  });
  it('for once means the day for which it was set, and no later one', () => {
    process.env['TZ'] = 'Europe/Berlin';
    const one = new Watch({ time: '07:00', days: [] }, at('2026-11-20T06:50:00'), 30 * MINUTE);
    one.now = at('2026-11-22T07:05:00');
    one.look();
    expect([one.rung, one.missed]).toEqual([[], ['2026-11-20']]);
  });
  it('leaves a day out once when somebody wants it', () => {
    const one = watch('2026-11-20T06:00:00');
    one.skipDate = '2026-11-20';
    one.pass(2 * DAY);
    expect([one.rung, one.missed]).toEqual([['2026-11-21'], []]);
  });
  it('without grace rings on time all the same', () => {
    const one = watch('2026-11-20T06:59:50', 0);
    one.step(0);
    expect(one.rung).toEqual(['2026-11-20']);
  });
});

describe('[AL3] whatever the clock does within the grace', () => {
  const GRACE = 30 * MINUTE;
  const moves = fc.array(
    fc.oneof(
      fc.record({ pass: fc.integer({ min: 1, max: 3 * DAY }) }),
      fc.record({
        step: fc.integer({ min: -GRACE + 1, max: GRACE - 1 }),
        late: fc.integer({ min: 0, max: LOOK_MS }),
      }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  it('an alarm rings exactly once on each of its days that went by', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 0, 1) }),
        fc.integer({ min: 0, max: 1439 }),
        fc.subarray([...WEEKDAYS]),
        moves,
        (zone, start, minute, days, list) => {
          process.env['TZ'] = zone;
          const time = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
          const one = new Watch({ time, days }, start, GRACE);
          let [earliest, latest] = [start, start];
          for (const move of list) {
            if ('pass' in move) one.pass(move.pass);
            else one.step(move.step, move.late);
            earliest = Math.min(earliest, one.now);
            latest = Math.max(latest, one.now);
          }
          const due: string[] = [];
          for (let day = dayAt(earliest, systemOffset) - 1; day <= dayAt(latest, systemOffset) + 1; day++) {
            const found = nextAfter(one.times, momentBefore(day, minute), systemOffset);
            if (found?.date === dateOf(day) && found.at_ms > start && found.at_ms <= latest)
              due.push(found.date);
          }
          expect(one.missed).toEqual([]);
          // Set back before its start, a clock may come to a day that lies before it as well.
          expect([...new Set(one.rung)]).toEqual(one.rung);
          for (const date of due) expect(one.rung).toContain(date);
        },
      ),
      { numRuns: 300 },
    );
  });

  function momentBefore(day: number, minute: number): number {
    return (momentOf(day, minute, systemOffset) ?? day * DAY) - 1;
  }
});
