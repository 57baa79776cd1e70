import { afterEach, beforeEach, expect, it } from 'vitest';
import { RoomHouse } from '../../test/fakes/room-house.js';

const ALL = ['a', 'b'];
let house: RoomHouse;

beforeEach(async () => {
  house = new RoomHouse(ALL, { a: 'nudged', b: 'nudged' });
  await house.queue('a', 'u v w', false);
  await house.group('a', 'b');
  await house.command('play', 'a');
});
afterEach(() => house.close());

/** Time passes, and both say how far off they are. */
async function passes(seconds: number, skews: Readonly<Record<string, number>>): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    if (second % 10 === 0)
      for (const [name, skew_ms] of Object.entries(skews)) {
        const at_us = house.clock.nowUs();
        house.player(name).fact({ type: 'sync', skew_ms, error_ms: 4, estimated: true, at_us });
      }
    await house.clock.advance(1000);
  }
}

/** The beginnings each was told, ms, `-` for none. */
const told = (name: string): unknown[] =>
  house.player(name).sent.flatMap((command) => (command.type === 'preload' ? [command.skip_ms ?? '-'] : []));

it('the one that lags is told shortly before the end what to leave out, and nobody starts anew', async () => {
  await passes(94, { a: 0, b: -6 });
  expect(told('b')).not.toContain(6);
  await passes(5, { a: 0, b: -6 });
  expect(told('b').filter((skip) => skip !== '-')).toEqual([6]);
  expect(told('a').filter((skip) => skip !== '-')).toEqual([]);
  const starts = house.player('b').sent.filter(({ type }) => type === 'play');
  expect(starts).toHaveLength(1);
});

it('it is taken back when they start anew before the end', async () => {
  await passes(98, { a: 0, b: -6 });
  await house.command('pause', 'a');
  await house.command('play', 'a');
  await passes(1, {});
  expect(told('b').filter((skip) => skip !== '-')).toEqual([6, 0]);
});

it('nothing is told to those that are together', async () => {
  await passes(99, { a: 0.5, b: -0.5 });
  expect([...told('a'), ...told('b')].filter((skip) => skip !== '-')).toEqual([]);
});
