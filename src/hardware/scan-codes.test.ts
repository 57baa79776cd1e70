import { expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { DROPPED, KEY, MISC, SCAN, SYNC } from './event-stream.js';
import { ScanCodes } from './scan-codes.js';

const OK = 0x40bf07;

function stage() {
  const clock = new ManualClock();
  const told: string[] = [];
  const codes = new ScanCodes(clock, {
    press: (key) => told.push(`${key} pressed`),
    release: (key) => told.push(`${key} let go`),
  });
  const says = (code: number): void => codes.take({ type: MISC, code: SCAN, value: code });
  const key = (value: number): void => codes.take({ type: KEY, code: 28, value });
  const ends = (code = 0): void => codes.take({ type: SYNC, code, value: 0 });
  return { clock, told, codes, says, key, ends };
}

it('makes one press of a code that is said again while its key is held', async () => {
  const { clock, told, says, ends } = stage();
  for (let n = 0; n < 5; n++) {
    says(OK);
    ends();
    await clock.advance(110);
  }
  expect(told).toEqual(['SCAN_40BF07 pressed']);
  await clock.advance(200);
  expect(told).toEqual(['SCAN_40BF07 pressed', 'SCAN_40BF07 let go']);
  expect(clock.pending).toBe(0);
});

/** As the kernel says a NEC key of its table that is held: the key once, then only its code, and the last of it when it was let go already. */
it('says nothing of keys that the kernel names', async () => {
  const { clock, told, says, key, ends } = stage();
  says(OK);
  key(1);
  ends();
  for (let n = 0; n < 3; n++) {
    await clock.advance(110);
    says(OK);
    ends();
  }
  key(0);
  ends();
  says(OK);
  ends();
  await clock.advance(1000);
  expect(told).toEqual([]);
});

it('bears long codes, and events that were lost', () => {
  const { told, says, ends } = stage();
  says(-1);
  ends(DROPPED);
  expect(told).toEqual([]);
  says(-1);
  ends();
  expect(told).toEqual(['SCAN_FFFFFFFF pressed']);
});

it('leaves no timer behind', () => {
  const { clock, codes, says, ends } = stage();
  says(OK);
  ends();
  codes.forget();
  expect(clock.pending).toBe(0);
});
