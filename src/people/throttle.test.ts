import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { networkOf, Throttle } from './throttle.js';

/** One try that fails: 0 when it was let through, or how long to wait. */
function guess(throttle: Throttle, address: string, known = false): number {
  try {
    throttle.begin(address, known);
    return 0;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'ERR_RATE_LIMITED') throw error;
    return Number(error.params['retry_after_ms']);
  }
}

/** Tries until `count` were let through, waiting as told; the milliseconds it took. */
async function guesses(
  clock: ManualClock,
  throttle: Throttle,
  address: string,
  count: number,
): Promise<number> {
  const start = clock.nowUs();
  for (let done = 0; done < count;) {
    const wait = guess(throttle, address);
    if (wait === 0) done += 1;
    else await clock.advance(wait);
  }
  return (clock.nowUs() - start) / 1000;
}

describe('who guesses [S5]', () => {
  it('has to wait twice as long after each failure', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle(clock);
    const waits: number[] = [];
    for (let failure = 0; failure < 9; failure++) {
      const wait = guess(throttle, 'a');
      if (wait > 0) {
        waits.push(wait);
        await clock.advance(wait);
        expect(guess(throttle, 'a')).toBe(0);
      }
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000]);
  });

  it('needs most of an hour for a hundred tries, however the waits are kept', async () => {
    const clock = new ManualClock();
    expect(await guesses(clock, new Throttle(clock), 'a', 100)).toBeGreaterThan(45 * 60_000);
  });

  it('gains nothing by trying at the same time', () => {
    const throttle = new Throttle(new ManualClock());
    const through = Array.from({ length: 100 }, () => guess(throttle, 'a')).filter((wait) => wait === 0);
    expect(through).toHaveLength(3);
  });

  it('does not hold up others', async () => {
    const clock = new ManualClock();
    const throttle = new Throttle(clock);
    for (let tries = 0; tries < 1000; tries++) guess(throttle, 'a');
    expect(guess(throttle, 'b')).toBe(0);
  });

  it('from many addresses at once holds up strangers, and nobody who has signed in before', () => {
    const throttle = new Throttle(new ManualClock());
    const through = Array.from({ length: 500 }, (_, host) =>
      guess(throttle, `10.0.${host >> 8}.${host & 255}`),
    );
    expect(through.filter((wait) => wait === 0)).toHaveLength(60);
    expect(guess(throttle, 'stranger')).toBeGreaterThan(0);
    expect(guess(throttle, 'phone of the house', true)).toBe(0);
  });

  it('is forgiven by getting it right', () => {
    const throttle = new Throttle(new ManualClock());
    for (let tries = 0; tries < 50; tries++) throttle.begin('a', false)();
    expect(guess(throttle, 'a')).toBe(0);
  });

  it('is remembered for a bounded number of addresses', () => {
    const throttle = new Throttle(new ManualClock());
    for (let host = 0; host < 10_000; host++) guess(throttle, `host-${host}`, true);
    expect(throttle.addresses).toBe(4096);
  });

  it.each([
    ['192.168.1.2', '192.168.1.2'],
    ['::ffff:192.168.1.2', '192.168.1.2'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('at %s is the household %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
