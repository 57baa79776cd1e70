import { describe, expect, it } from 'vitest';
import { RestartGuard } from './guard.js';

const S = 1_000_000;

describe('the guard of restarts', () => {
  it('lets a few restarts through at once', () => {
    const guard = new RestartGuard();
    expect([guard.made(0), guard.waitUs(1 * S), guard.made(1 * S), guard.waitUs(2 * S)]).toEqual([
      0, 0, 0, 0,
    ]);
  });
  it('lets as many through as may be, when they are far apart', () => {
    const guard = new RestartGuard();
    for (let n = 0; n < 20; n++) {
      expect(guard.waitUs(n * 30 * S)).toBe(0);
      expect(guard.made(n * 30 * S)).toBe(0);
    }
  });
  it('waits longer after each one too many, and not for ever', () => {
    const guard = new RestartGuard();
    const pauses: number[] = [];
    for (let n = 0, now = 0; n < 10; n++) {
      now += guard.waitUs(now);
      pauses.push(guard.made(now) / S);
    }
    expect(pauses).toEqual([0, 0, 5, 10, 20, 40, 60, 60, 60, 60]);
  });
  it('is suspicious until it has been calm for a while after the last pause', () => {
    const guard = new RestartGuard();
    for (let n = 0; n < 3; n++) guard.made(n * S);
    expect(guard.suspicious(20 * S)).toBe(true);
    expect(guard.suspicious(28 * S)).toBe(false);
    expect(guard.waitUs(28 * S)).toBe(0);
    expect(guard.made(28 * S)).toBe(0);
  });
});
