import { describe, expect, it } from 'vitest';
import { Frames } from './frames.js';

function packet(body: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(body));
  return Buffer.concat([length, Buffer.from(body)]);
}

describe('frames', () => {
  it('come out whole, however the bytes are cut', () => {
    const bytes = Buffer.concat([packet('one'), packet('the second'), packet('3')]);
    for (let size = 1; size <= bytes.length; size++) {
      const frames = new Frames();
      const out: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        out.push(...frames.push(bytes.subarray(at, at + size)).map(String));
      }
      expect(out).toEqual(['one', 'the second', '3']);
    }
  });

  it.each([0, 262_145, 0xffff_ffff])('of %i bytes are refused before anything is kept', (length) => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    expect(() => new Frames().push(header)).toThrow('no Chromecast');
  });
});
