import { describe, expect, it } from 'vitest';
import { ORIGIN, PeopleHouse } from '../../test/fakes/people-house.js';

describe('the entrance', () => {
  it('makes the first admin by the link of the first start, once', async () => {
    const house = new PeopleHouse();
    const link = house.firstLink();
    const { entrance } = house.people;
    const { identity, session, max_age_seconds } = await entrance.signIn(
      { how: 'link', link, name: 'Ann' },
      ORIGIN,
    );
    expect(identity).toMatchObject({ role: 'admin', name: 'Ann' });
    expect(max_age_seconds).toBe(30 * 86_400);
    await expect(entrance.signIn({ how: 'link', link, name: 'Bob' }, ORIGIN)).rejects.toThrow(
      'Sign in first',
    );
    expect(await entrance.identify(session, 'cookie', ORIGIN.address)).toEqual(identity);
    expect(house.people.firstLink()).toBeUndefined();
  });
});
