import { describe, expect, it } from 'vitest';
import { silentLogger } from '../base/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { openNotifier, watchdogMs, type Notifier } from './notify.js';

const ENV = { NOTIFY_SOCKET: '/run/systemd/notify', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' };

interface Listened {
  readonly clock: ManualClock;
  readonly said: string[];
  readonly notifier: Notifier;
}

/** What systemd hears; `hold` keeps it from answering. */
function listened(env: Record<string, string>, hold = Promise.resolve()): Listened {
  const clock = new ManualClock();
  const said: string[] = [];
  const tell = async (lines: readonly string[]): Promise<void> => {
    said.push(lines.join(' '));
    await hold;
  };
  return { clock, said, notifier: openNotifier(env, { clock, log: silentLogger, pid: 42, tell }) };
}

describe('what systemd is told', () => {
  it('is nothing where there is no systemd', async () => {
    const { notifier, said } = listened({});
    notifier.ready('http://tutti.local:8080');
    await notifier.stopping();
    expect(said).toEqual([]);
  });

  it('is that it is ready, where, and that it stops, in order and on one line each', async () => {
    const { notifier, said } = listened(ENV);
    notifier.ready('Playing at\n http://tutti.local:8080');
    notifier.status('Two rooms');
    await notifier.stopping();
    expect(said).toEqual([
      'READY=1 STATUS=Playing at http://tutti.local:8080',
      'STATUS=Two rooms',
      'STOPPING=1 STATUS=Stopping',
    ]);
  });

  it('is a sign of life at half the time that systemd allows, from the moment it is ready until it stops', async () => {
    const { notifier, said, clock } = listened(ENV);
    await clock.advance(60_000);
    notifier.ready('here');
    await clock.advance(60_000);
    await notifier.stopping();
    await clock.advance(60_000);
    expect(said.filter((line) => line === 'WATCHDOG=1')).toHaveLength(4);
    expect(said.at(-1)).toContain('STOPPING=1');
  });

  it('is not said twice at once when systemd is slow to hear it', async () => {
    const { notifier, said, clock } = listened(ENV, new Promise<void>(() => undefined));
    notifier.ready('here');
    await clock.advance(150_000);
    expect(said).toEqual(['READY=1 STATUS=here']);
  });

  it('costs nobody anything when it cannot be told', async () => {
    const clock = new ManualClock();
    const tell = (): Promise<void> => Promise.reject(new Error('no such program'));
    const notifier = openNotifier(ENV, { clock, log: silentLogger, pid: 42, tell });
    notifier.ready('here');
    await expect(notifier.stopping()).resolves.toBeUndefined();
  });
});

describe('the watchdog', () => {
  it.each([
    [{ WATCHDOG_USEC: '30000000' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '42' }, 15_000],
    [{ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '41' }, undefined],
    [{ WATCHDOG_USEC: '' }, undefined],
    [{ WATCHDOG_USEC: 'soon' }, undefined],
    [{ WATCHDOG_USEC: '-1' }, undefined],
    [{}, undefined],
  ])('with %j is heard every %s ms', (env: Record<string, string>, ms) => {
    expect(watchdogMs(env, 42)).toBe(ms);
  });
});
