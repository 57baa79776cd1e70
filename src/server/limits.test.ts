import { expect, it } from 'vitest';
import { Admission } from './hub/admission.js';
import { DEFAULT_LIMITS, LiveLimits } from './limits.js';
import { TokenBucket } from './token-bucket.js';

it('limits that change count at once for who counts by them already', () => {
  const limits = new LiveLimits({ ...DEFAULT_LIMITS, clients: 1 });
  const admission = new Admission(limits.current);
  const bucket = new TokenBucket(limits.current.messages, 0);
  admission.enter('10.0.0.1', undefined);
  expect(() => admission.enter('10.0.0.2', undefined)).toThrow('as many connections as it takes');
  limits.change({ ...DEFAULT_LIMITS, clients: 2, messages: { burst: 2, per_minute: 60 } });
  admission.enter('10.0.0.2', undefined);
  expect([bucket.take(0), bucket.take(0)]).toEqual([0, 0]);
  expect(bucket.take(0)).toBeGreaterThan(0);
});

it('what is agreed with clients at the start stays, and the defaults are nobody else’s to change', () => {
  const limits = new LiveLimits(DEFAULT_LIMITS);
  limits.change({ ...DEFAULT_LIMITS, heartbeatMs: 1, messageBytes: 1, compression: 'shared', clients: 7 });
  const { heartbeatMs, messageBytes, compression } = DEFAULT_LIMITS;
  expect(limits.current).toMatchObject({ heartbeatMs, messageBytes, compression, clients: 7 });
  expect(DEFAULT_LIMITS.clients).toBe(1000);
});
