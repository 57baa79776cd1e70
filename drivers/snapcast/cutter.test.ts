import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cutterFor } from './cutter.js';
import { CHUNK_FRAMES, codecHeader, FRAME_BYTES, type Chunk, type Codec } from './sound-format.js';

function cut(codec: Codec, stream: Buffer, pieces: readonly number[], firstFrame = 0): Chunk[] {
  const cutter = cutterFor(codec, firstFrame);
  const chunks: Chunk[] = [];
  let at = 0;
  for (const piece of [...pieces, stream.length]) {
    chunks.push(...cutter.push(stream.subarray(at, at + piece)));
    at += piece;
  }
  return [...chunks, ...cutter.end()];
}

const followsOn = (chunks: readonly Chunk[]): boolean =>
  chunks.every((chunk, n) => n === 0 || chunk.frame === chunks[n - 1]!.frame + chunks[n - 1]!.frames);

describe('samples', () => {
  it('are cut into 20 ms and a rest, none lost, however they arrive', () => {
    const sizes = fc.array(fc.nat(9000), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(20_000), sizes, fc.nat(1e6), (bytes, pieces, first) => {
        const stream = Buffer.from(Uint8Array.from({ length: bytes }, (_, n) => n * 7));
        const chunks = cut('pcm', stream, pieces, first);
        const whole = bytes - (bytes % FRAME_BYTES);
        expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(stream.subarray(0, whole))).toBe(
          true,
        );
        expect(followsOn(chunks)).toBe(true);
        expect(chunks[0]?.frame ?? first).toBe(first);
        expect(chunks.slice(0, -1).every(({ frames }) => frames === CHUNK_FRAMES)).toBe(true);
      }),
    );
  });
});

describe('FLAC', () => {
  let stream: Buffer;
  beforeAll(() => {
    const source = 'anoisesrc=seed=1:sample_rate=48000:duration=1.234';
    const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', source, '-ac', '2', '-sample_fmt', 's16', '-c:a', 'flac', '-frame_size', '960', '-f', 'flac', 'pipe:1'], { maxBuffer: 1e8 }); // prettier-ignore
    if (made.error) throw new Error('ffmpeg is not installed: apt install ffmpeg', { cause: made.error });
    stream = made.stdout;
  });

  it('is cut at its frames, and they are the same however it arrives', () => {
    const once = cut('flac', stream, []);
    expect(once.map(({ frames }) => frames)).toEqual([...Array<number>(61).fill(960), 59_232 - 61 * 960]);
    expect(followsOn(once)).toBe(true);
    const layout = once.map(({ frame, frames, bytes }) => [frame, frames, bytes.length]);
    const all = Buffer.concat(once.map(({ bytes }) => bytes));
    const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, (pieces) => {
        const chunks = cut('flac', stream, pieces);
        expect(chunks.map(({ frame, frames, bytes }) => [frame, frames, bytes.length])).toEqual(layout);
        expect(Buffer.concat(chunks.map(({ bytes }) => bytes)).equals(all)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('decodes to what was encoded, behind the header that clients get', () => {
    const decode = (bytes: Buffer): Buffer =>
      spawnSync('ffmpeg', ['-v', 'error', '-f', 'flac', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], { input: bytes, maxBuffer: 1e8 }).stdout; // prettier-ignore
    const frames = cut('flac', stream, [5000, 1]).map(({ bytes }) => bytes);
    const again = decode(Buffer.concat([codecHeader('flac'), ...frames]));
    expect(again.length).toBe(59_232 * FRAME_BYTES);
    expect(again.equals(decode(stream))).toBe(true);
  });

  it('that is something else is refused', () => {
    const cutter = cutterFor('flac', 0);
    cutter.push(codecHeader('flac'));
    expect(() => cutter.push(Buffer.alloc(40_000, 1))).toThrow(RangeError);
  });
});
