import { describe, expect, it } from 'vitest';
import { pingFrame, textFrame, textFrameAround, type Frame } from './frames.js';

const bytes = (frame: Frame): Buffer => Buffer.concat(frame.chunks);

describe('frames', () => {
  it.each([
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 0xff, 0xff]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]],
  ])('a text of %i bytes has the header of RFC 6455', (length, head) => {
    const text = 'x'.repeat(length);
    const frame = textFrame(text);
    expect([...bytes(frame).subarray(0, head.length)]).toEqual(head);
    expect(bytes(frame).subarray(head.length).toString()).toBe(text);
    expect(frame.size).toBe(bytes(frame).length);
  });
  it('a text around shared bytes is the same message, and does not copy them', () => {
    const shared = Buffer.from('"Müller"'.repeat(20_000));
    const frame = textFrameAround('{"a":"ü",', shared, '}');
    expect(bytes(frame).equals(bytes(textFrame(`{"a":"ü",${shared.toString()}}`)))).toBe(true);
    expect(frame.chunks).toContain(shared);
  });
  it('a ping carries its number', () => {
    expect(bytes(pingFrame(123)).toString('latin1')).toBe('\u0089\u0003123');
  });
});
