import { describe, expect, it } from 'vitest';
import { KeyedBuckets, TokenBucket } from './token-bucket.js';

const SECOND = 1_000_000;

describe('[RA1] a bucket', () => {
  it('gives its burst at once, then says when there is more', () => {
    const bucket = new TokenBucket({ burst: 3, per_minute: 60 }, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(0))).toEqual([0, 0, 0, 1000]);
    expect(bucket.take(0.5 * SECOND)).toBe(500);
    expect(bucket.take(SECOND)).toBe(0);
  });

  it('never holds more than its burst, and takes nothing when it refuses', () => {
    const bucket = new TokenBucket({ burst: 2, per_minute: 60 }, 0);
    bucket.take(0, 2);
    expect(bucket.take(3600 * SECOND, 2)).toBe(0);
    expect(bucket.take(3600 * SECOND, 2)).toBe(2000);
    expect(bucket.take(3601 * SECOND, 1)).toBe(0);
  });

  it('lets through what costs more than it ever holds, when it is full', () => {
    expect(new TokenBucket({ burst: 2, per_minute: 60 }, 0).take(0, 10)).toBe(0);
  });

  it('is one for each key, and ten thousand keys take no more memory than four thousand', () => {
    const buckets = new KeyedBuckets({ burst: 1, per_minute: 60 });
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([0, 1000, 0]);
    for (let n = 0; n < 10_000; n++) buckets.take(`k${n}`, 0);
    expect(buckets.size).toBeLessThanOrEqual(4096);
  });
});
