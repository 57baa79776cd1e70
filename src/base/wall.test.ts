import { describe, expect, it } from 'vitest';
import { EARLIEST_MS, FAR_MS, judgeWall, PATIENCE_MS, type WallEvidence } from './wall.js';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 11, 24, 18);

const judged = (evidence: Partial<WallEvidence>): boolean =>
  judgeWall({
    machine_ms: NOW,
    known_ms: NOW,
    at_start: true,
    synchronized: undefined,
    just_booted: false,
    battery: false,
    steady_ms: 0,
    ...evidence,
  });

describe('the clock of the machine', () => {
  it('is believed when it is where it should be, and after a house was off for months', () => {
    expect(judged({})).toBe(true);
    expect(judged({ known_ms: undefined })).toBe(true);
    expect(judged({ known_ms: NOW - 200 * DAY })).toBe(true);
    expect(judged({ known_ms: NOW - 5000, at_start: false })).toBe(true);
  });

  it('is never believed before Tutti was made, however long it goes on', () => {
    for (const machine_ms of [0, Date.UTC(2019, 0, 1), EARLIEST_MS - 1])
      expect(judged({ machine_ms, known_ms: undefined, synchronized: true, steady_ms: 1e9 })).toBe(false);
  });

  it('waits when it is earlier than what is known, until the network sets it or it goes on', () => {
    const early = { known_ms: NOW + 5 * 60_000 };
    expect(judged(early)).toBe(false);
    expect(judged({ ...early, battery: true })).toBe(false);
    expect(judged({ ...early, synchronized: true })).toBe(true);
    expect(judged({ ...early, steady_ms: PATIENCE_MS })).toBe(true);
  });

  it('waits when it is years ahead of what is known', () => {
    const far = { known_ms: NOW - FAR_MS - DAY };
    expect(judged(far)).toBe(false);
    expect(judged({ ...far, at_start: false })).toBe(false);
    expect(judged({ ...far, steady_ms: PATIENCE_MS })).toBe(true);
  });

  it('waits at a start for the network to be asked, unless a battery speaks for it', () => {
    expect(judged({ synchronized: false })).toBe(false);
    expect(judged({ synchronized: false, battery: true })).toBe(true);
    expect(judged({ synchronized: false, at_start: false })).toBe(true);
    expect(judged({ synchronized: false, steady_ms: PATIENCE_MS })).toBe(true);
  });

  it('waits where nobody sets it by the network, when the machine goes on from where it went off', () => {
    expect(judged({ just_booted: true })).toBe(false);
    expect(judged({ just_booted: true, battery: true })).toBe(true);
    expect(judged({ just_booted: true, known_ms: NOW - DAY })).toBe(true);
    expect(judged({ just_booted: true, steady_ms: PATIENCE_MS })).toBe(true);
  });

  it('may be set back a little while the server runs, and not by days', () => {
    expect(judged({ at_start: false, known_ms: NOW + 30 * 60_000 })).toBe(true);
    expect(judged({ at_start: false, known_ms: NOW + 2 * DAY })).toBe(false);
  });
});
