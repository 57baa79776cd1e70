import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { BadSettings } from '../config/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { statusOf, Unset } from './failure.js';

const NEVER = new Promise<never>(() => undefined);
const SERVICE = { NOTIFY_SOCKET: '/run/systemd/notify' };
const taken = new AppError('ERR_CONFLICT', 'Port 8080 is taken');

describe('a service that cannot start', () => {
  it('waits before it ends, so that it is not started again and again', async () => {
    const clock = new ManualClock();
    let status: number | undefined;
    void statusOf(taken, { env: SERVICE, clock, ranMs: 900, stopped: NEVER }).then(
      (known) => (status = known),
    );
    await clock.advance(9_000);
    expect(status).toBeUndefined();
    await clock.advance(1_000);
    expect(status).toBe(1);
  });

  it('ends at once when somebody wants it to', async () => {
    const clock = new ManualClock();
    await expect(
      statusOf(taken, { env: SERVICE, clock, ranMs: 900, stopped: Promise.resolve() }),
    ).resolves.toBe(1);
  });

  it('ends at once when it had run, or is no service', async () => {
    const clock = new ManualClock();
    await expect(statusOf(taken, { env: SERVICE, clock, ranMs: 3_600_000, stopped: NEVER })).resolves.toBe(1);
    await expect(statusOf(taken, { env: {}, clock, ranMs: 900, stopped: NEVER })).resolves.toBe(1);
  });

  it.each([
    ['wrong settings', new BadSettings([{ where: 'tutti.yaml:3:1', reason: 'prot is no setting.' }])],
    ['settings that are missing', new Unset('a worker needs a bus')],
  ])('says by its status that %s are for a person to mend', async (_, error) => {
    const clock = new ManualClock();
    await expect(statusOf(error, { env: SERVICE, clock, ranMs: 900, stopped: NEVER })).resolves.toBe(78);
  });
});
