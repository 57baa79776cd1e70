import { expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { DROPPED, KEY, RELATIVE, SYNC } from './event-stream.js';
import { Gestures, type KeyRules } from './gestures.js';

const PLAY = 164;
const VOLUME_UP = 115;
const DIAL = 7;

function stage(rules: Partial<KeyRules> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const gestures = new Gestures(
    clock,
    () => ({ hold: false, repeats: false, bounces: true, ...rules }),
    ({ key, gesture, steps, again }) => told.push(`${key} ${gesture} ${steps}${again ? ' again' : ''}`),
  );
  const key = (code: number, value: number): void => gestures.take({ type: KEY, code, value });
  const turn = (value: number): void => gestures.take({ type: RELATIVE, code: DIAL, value });
  return { clock, told, gestures, key, turn };
}

it('acts when a key goes down, so that nothing waits for the finger', () => {
  const { told, key } = stage();
  key(PLAY, 1);
  expect(told).toEqual(['KEY_PLAYPAUSE press 1']);
});

it('waits for the finger only where holding means something else', async () => {
  const { clock, told, key } = stage({ hold: true });
  key(PLAY, 1);
  await clock.advance(300);
  expect(told).toEqual([]);
  key(PLAY, 0);
  await clock.advance(50);
  expect(told).toEqual(['KEY_PLAYPAUSE press 1']);
  key(PLAY, 1);
  await clock.advance(700);
  key(PLAY, 0);
  await clock.advance(50);
  expect(told).toEqual(['KEY_PLAYPAUSE press 1', 'KEY_PLAYPAUSE hold 1']);
});

it('goes on with the volume while its key is held, and ends with it', async () => {
  const { clock, told, key } = stage({ repeats: true });
  key(VOLUME_UP, 1);
  await clock.advance(450 + 3 * 110);
  expect(told).toEqual(['KEY_VOLUMEUP press 1', ...Array<string>(4).fill('KEY_VOLUMEUP press 1 again')]);
  key(VOLUME_UP, 0);
  await clock.advance(5000);
  expect(told).toHaveLength(5);
  expect(clock.pending).toBe(0);
});

it('hears a contact that bounces once', async () => {
  const { clock, told, key } = stage();
  for (const value of [1, 0, 1, 0, 1]) {
    key(PLAY, value);
    await clock.advance(4);
  }
  key(PLAY, 0);
  await clock.advance(100);
  expect(told).toEqual(['KEY_PLAYPAUSE press 1']);
  key(PLAY, 1);
  expect(told).toHaveLength(2);
});

/** As the kernel gives a remote of Philips whose key is pressed again before it was taken for let go: both in one report. */
it.each([false, true])('hears two presses where contacts do not bounce (held means more: %s)', (hold) => {
  const { told, key } = stage({ bounces: false, hold });
  for (const value of [1, 0, 1, 0]) key(PLAY, value);
  expect(told).toEqual(Array<string>(2).fill('KEY_PLAYPAUSE press 1'));
});

it('does not repeat because the kernel does', () => {
  const { told, key } = stage();
  key(PLAY, 1);
  for (let n = 0; n < 10; n++) key(PLAY, 2);
  expect(told).toHaveLength(1);
});

it('lets a key go whose end was lost', async () => {
  const { clock, told, key } = stage({ repeats: true });
  key(VOLUME_UP, 1);
  await clock.advance(60_000);
  const then = told.length;
  await clock.advance(60_000);
  expect(told).toHaveLength(then);
  key(VOLUME_UP, 1);
  expect(told).toHaveLength(then + 1);
});

it('forgets what is held when the kernel lost events', async () => {
  const { clock, told, key, gestures } = stage({ repeats: true });
  key(VOLUME_UP, 1);
  gestures.take({ type: SYNC, code: DROPPED, value: 0 });
  await clock.advance(5000);
  expect(told).toHaveLength(1);
});

it('keeps what was let go and turned before the kernel lost events', async () => {
  const { clock, told, key, turn, gestures } = stage({ hold: true });
  turn(1);
  key(PLAY, 1);
  key(PLAY, 0);
  gestures.take({ type: SYNC, code: DROPPED, value: 0 });
  await clock.advance(100);
  expect(told).toEqual(['KEY_PLAYPAUSE press 1', 'REL_DIAL+ press 1']);
});

it('adds the steps of a knob up instead of telling each', async () => {
  const { clock, told, turn } = stage();
  turn(1);
  turn(1);
  await clock.advance(40);
  expect(told).toEqual(['REL_DIAL+ press 2']);
  turn(-1);
  turn(1);
  await clock.advance(1000);
  expect(told).toHaveLength(1);
});

it('counts more when a knob is turned quickly, and one step as one', async () => {
  const { clock, told, turn } = stage();
  turn(-1);
  await clock.advance(1000);
  for (let n = 0; n < 10; n++) turn(-1);
  await clock.advance(40);
  expect(told).toEqual(['REL_DIAL- press 1', 'REL_DIAL- press 30']);
});

it('stays where it is with a contact that trembles between two steps', async () => {
  const { clock, told, turn } = stage();
  for (let n = 0; n < 20; n++) {
    turn(n % 2 === 0 ? 1 : -1);
    await clock.advance(45);
  }
  expect(told).toHaveLength(20);
  expect(new Set(told)).toEqual(new Set(['REL_DIAL+ press 1', 'REL_DIAL- press 1']));
});

it('makes no more of a mad knob than of a quick one', async () => {
  const { clock, told, turn } = stage();
  turn(2_000_000_000);
  await clock.advance(40);
  expect(told).toEqual(['REL_DIAL+ press 40']);
});
