import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventStream, KEY, wordBytesOf, type RawEvent } from './event-stream.js';

const bytes = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex');

/** What evtest and hexdump show of KEY_PLAYPAUSE pressed on a USB keyboard: its scan code, the key, the end of the report. */
const PRESSED_64 = bytes(`
  2a3c9f6700000000 18d3040000000000 0400 0400 cd000c00
  2a3c9f6700000000 18d3040000000000 0100 a400 01000000
  2a3c9f6700000000 18d3040000000000 0000 0000 00000000`);
/** The same as a 32-bit process gets it. */
const PRESSED_32 = bytes(`
  2a3c9f67 18d30400 0400 0400 cd000c00
  2a3c9f67 18d30400 0100 a400 01000000
  2a3c9f67 18d30400 0000 0000 00000000`);
const PRESSED: readonly RawEvent[] = [
  { type: 4, code: 4, value: 0xc00cd },
  { type: KEY, code: 164, value: 1 },
  { type: 0, code: 0, value: 0 },
];

it('reads the events of a 64-bit process', () => {
  expect(new EventStream(8).push(PRESSED_64)).toEqual(PRESSED);
});

it('reads the events of a 32-bit process', () => {
  expect(new EventStream(4).push(PRESSED_32)).toEqual(PRESSED);
});

it('reads steps backwards', () => {
  const turned = bytes('2a3c9f67 18d30400 0200 0700 feffffff');
  expect(new EventStream(4).push(turned)).toEqual([{ type: 2, code: 7, value: -2 }]);
});

it('reads the same wherever a pipe cuts it', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(PRESSED_64.length), { maxLength: 6 }), (cuts) => {
      const stream = new EventStream(8);
      const edges = [0, ...cuts.sort((a, b) => a - b), PRESSED_64.length];
      const events = edges.flatMap((edge, n) => stream.push(PRESSED_64.subarray(edges[n - 1] ?? 0, edge)));
      expect(events).toEqual(PRESSED);
    }),
  );
});

it('knows how long a word of each processor is', () => {
  expect(['arm', 'ia32', 'arm64', 'x64', 'riscv64'].map(wordBytesOf)).toEqual([4, 4, 8, 8, 8]);
});
