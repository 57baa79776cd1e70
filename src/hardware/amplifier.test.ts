import { expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { Amplifier } from './amplifier.js';

function stage(offAfter = 60) {
  const clock = new ManualClock();
  const switched: boolean[] = [];
  return { clock, switched, amplifier: new Amplifier(clock, offAfter, (on) => switched.push(on)) };
}

it('is on with the first music', () => {
  const { amplifier, switched } = stage();
  amplifier.follow(true);
  amplifier.follow(true);
  expect(switched).toEqual([true]);
});

it('stays on between two songs, and goes off when there was none for so long', async () => {
  const { amplifier, switched, clock } = stage();
  amplifier.follow(true);
  amplifier.follow(false);
  await clock.advance(59_000);
  amplifier.follow(true);
  await clock.advance(200_000);
  expect(switched).toEqual([true]);
  amplifier.follow(false);
  amplifier.follow(false);
  await clock.advance(60_000);
  expect(switched).toEqual([true, false]);
  expect(clock.pending).toBe(0);
});

it('is not switched off because a server that was restarted does not know yet what plays', async () => {
  const { amplifier, switched, clock } = stage();
  amplifier.follow(false);
  await clock.advance(5000);
  amplifier.follow(true);
  expect(switched).toEqual([true]);
});

it('is off after a start without music', async () => {
  const { amplifier, switched, clock } = stage(0);
  amplifier.follow(false);
  await clock.advance(1);
  expect(switched).toEqual([false]);
});
