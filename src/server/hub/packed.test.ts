import { constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pingFrame, textFrame, textFrameAround } from './frames.js';
import { packed } from './packed.js';

function unpacked(bytes: Buffer): string {
  const length = bytes[1]! & 0x7f;
  const at = length < 126 ? 2 : length === 126 ? 4 : 10;
  const body = bytes.subarray(at);
  expect(
    length < 126 ? length : length === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)),
  ).toBe(body.length);
  if (bytes[0] === 0x81) return body.toString();
  expect(bytes[0]).toBe(0xc1);
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  return inflateRawSync(Buffer.concat([body, tail]), { finishFlush: constants.Z_SYNC_FLUSH }).toString();
}

describe('[EN6] packed frames', () => {
  it('say the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 3000 }), fc.nat(60), (text, times) => {
        const said = text.repeat(times + 1);
        const frame = packed(textFrame(said));
        expect(unpacked(Buffer.concat(frame.chunks))).toBe(said);
      }),
      { numRuns: 60 },
    );
  });

  it('are made once for all, and shorter', () => {
    const frame = textFrameAround('{"a":', Buffer.from('"x"'.repeat(500)), '}');
    expect(packed(frame)).toBe(packed(frame));
    expect(packed(frame).size).toBeLessThan(frame.size / 10);
  });

  it('are as they were when they are short, long, or no messages', () => {
    for (const frame of [textFrame('short'), textFrame('x'.repeat(100_000)), pingFrame(7)])
      expect(packed(frame)).toBe(frame);
  });
});
