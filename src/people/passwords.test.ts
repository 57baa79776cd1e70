import { describe, expect, it } from 'vitest';
import { scryptPasswords } from './passwords.js';

describe('passwords', () => {
  const passwords = scryptPasswords();

  it('are kept as scrypt of at least 2^15 with a salt of their own', async () => {
    const [one, two] = await Promise.all([passwords.hash('Tannenzapfen'), passwords.hash('Tannenzapfen')]);
    expect(one).toMatch(/^scrypt\$32768\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(await passwords.matches('Tannenzapfen', one)).toBe(true);
    expect(await passwords.matches('tannenzapfen', one)).toBe(false);
  });

  it('are the same however a keyboard composes them', async () => {
    const kept = await passwords.hash('Gru\u0308ße-123');
    expect(await passwords.matches('Gr\u00fcße-123', kept)).toBe(true);
  });

  it('of nobody match nothing', async () => {
    expect(await passwords.matches('', undefined)).toBe(false);
  });

  it('leave the event loop alone while they are computed', async () => {
    let turns = 0;
    let computing = true;
    const count = (): void => {
      turns += 1;
      if (computing) setImmediate(count);
    };
    setImmediate(count);
    await passwords.hash('Tannenzapfen');
    computing = false;
    expect(turns).toBeGreaterThan(5);
  });

  it('are not computed for more people at once than can be served', async () => {
    const busy = scryptPasswords();
    const tries = Array.from({ length: 10 }, () => busy.matches('x', undefined));
    const codes = (await Promise.allSettled(tries.slice(-2))).map((result) =>
      result.status === 'rejected' ? (result.reason as { code?: string }).code : 'computed',
    );
    expect(codes).toEqual(['ERR_BUSY', 'ERR_BUSY']);
    await Promise.allSettled(tries);
  });
});
