import { describe, expect, it } from 'vitest';
import { migrate, openDb, type Db } from '../storage/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { AttemptLedger } from './index.js';

const HOUR = 3_600_000;
const KEY = 'feed:https://example.org/feed#42';

function fresh(
  db: Db = openDb(':memory:'),
  clock = new ManualClock(),
): {
  db: Db;
  clock: ManualClock;
  ledger: AttemptLedger;
} {
  migrate(db);
  return { db, clock, ledger: new AttemptLedger({ db, clock }) };
}

describe('the ledger of attempts', () => {
  it('lets a feed that offers a broken file every minute fetch it three times in a month', async () => {
    const { clock, ledger } = fresh();
    const tries: number[] = [];
    const start = clock.wallMs();
    for (let minute = 0; minute < 30 * 24 * 60; minute++) {
      if (ledger.may(KEY).ok) {
        tries.push(Math.round((clock.wallMs() - start) / HOUR));
        ledger.note(KEY, 'failed', 'the file is cut short');
      }
      clock.set(clock.wallMs() + 60_000);
    }
    expect(tries).toEqual([0, 1, 7]);
    expect(ledger.may(KEY)).toMatchObject({ ok: false, reason: expect.stringContaining('cut short') });
    expect(ledger.may(KEY)).not.toHaveProperty('not_before_ms');
  });

  it('says when the next try may be', () => {
    const { clock, ledger } = fresh();
    ledger.note(KEY, 'failed');
    expect(ledger.may(KEY)).toMatchObject({ ok: false, not_before_ms: clock.wallMs() + HOUR });
    expect(ledger.may('feed:another')).toEqual({ ok: true });
  });

  it('is the same after a restart', () => {
    const { db, clock, ledger } = fresh();
    for (let n = 0; n < 3; n++) ledger.note(KEY, 'failed');
    clock.set(clock.wallMs() + 400 * 24 * HOUR);
    expect(fresh(db, clock).ledger.may(KEY).ok).toBe(false);
  });

  it('begins anew when a person acts, and when it was done', () => {
    const { ledger } = fresh();
    for (const act of [() => ledger.reopen(KEY), () => ledger.note(KEY, 'done')]) {
      for (let n = 0; n < 3; n++) ledger.note(KEY, 'failed');
      act();
      expect(ledger.may(KEY)).toEqual({ ok: true });
    }
  });

  it('does not rest for years when the clock was years ahead', () => {
    const { clock, ledger } = fresh();
    clock.set(clock.wallMs() + 10 * 365 * 24 * HOUR);
    ledger.note(KEY, 'failed');
    clock.set(clock.wallMs() - 10 * 365 * 24 * HOUR);
    const may = ledger.may(KEY);
    expect(may).toMatchObject({ ok: false });
    expect(!may.ok && may.not_before_ms).toBe(clock.wallMs() + HOUR);
  });
});
