import { describe, expect, it } from 'vitest';
import { Batches } from './batches.js';
import { textFrame, textFrameAround, type Frame } from './frames.js';

/** Counts what would be system calls: a write, or everything between cork and uncork. */
class CountingSink {
  readonly calls: Buffer[][] = [];
  #corked: Buffer[] | undefined;

  write(bytes: Buffer): void {
    if (this.#corked) this.#corked.push(bytes);
    else this.calls.push([bytes]);
  }
  cork(): void {
    this.#corked = [];
  }
  uncork(): void {
    if (this.#corked) this.calls.push(this.#corked);
    this.#corked = undefined;
  }
}

const size = (frames: readonly Frame[]): number => frames.reduce((sum, frame) => sum + frame.size, 0);
function sent(batches: Batches, frames: readonly Frame[], withPing = false): Buffer[] {
  const sink = new CountingSink();
  batches.write(sink, frames, size(frames), withPing);
  expect(sink.calls).toHaveLength(1);
  return sink.calls[0]!;
}

describe('[BP4] batches', () => {
  const [a, b] = [textFrame('a'), textFrame('b')];

  it('many frames and a ping are one write', () => {
    const [bytes] = sent(new Batches(7), [a, b], true);
    expect(bytes?.toString('latin1')).toBe('\u0081\u0001a\u0081\u0001b\u0089\u00017');
  });
  it('clients with the same frames share the bytes, with and without a ping', () => {
    const batches = new Batches(7);
    expect(sent(batches, [a, b])[0]).toBe(sent(batches, [a, b])[0]);
    expect(sent(batches, [a, b], true)[0]).toBe(sent(batches, [a, b], true)[0]);
    expect(sent(batches, [b, a])[0]?.toString('latin1')).toBe('\u0081\u0001b\u0081\u0001a');
  });
  it('one frame is written as it is', () => {
    expect(sent(new Batches(1), [a])[0]).toBe(a.chunks[0]);
  });
  it('a large snapshot is one vectored write that copies nothing', () => {
    const shared = Buffer.alloc(200_000, 'x');
    expect(sent(new Batches(1), [a, textFrameAround('{', shared, '}')])).toContain(shared);
  });
});
