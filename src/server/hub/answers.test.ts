import { describe, expect, it } from 'vitest';
import { Answers } from './answers.js';
import { textFrame, type Frame } from './frames.js';

const frame = textFrame('answer');

function heard(): { answers: Answers; frames: Frame[] } {
  const frames: Frame[] = [];
  return { answers: new Answers((one) => frames.push(one)), frames };
}

describe('[CM3] answers', () => {
  it('an id is new once; repeats while it runs are counted, repeats afterwards get the answer', () => {
    const { answers, frames } = heard();
    expect([answers.begin('a'), answers.begin('a'), answers.running]).toEqual(['new', 'running', 1]);
    answers.finish('a', frame, true);
    expect(frames).toEqual([frame, frame]);
    expect([answers.begin('a'), answers.running]).toEqual([frame, 0]);
  });
  it('what has no effect is not kept', () => {
    const { answers } = heard();
    answers.begin('a');
    answers.finish('a', frame, false);
    expect(answers.begin('a')).toBe('new');
  });
  it('the last 128 finished ones are kept, and running ones are never forgotten', () => {
    const { answers } = heard();
    answers.begin('running');
    for (let n = 0; n < 129; n++) {
      answers.begin(`c${n}`);
      answers.finish(`c${n}`, frame, true);
    }
    expect([answers.begin('c1'), answers.begin('running'), answers.begin('c0')]).toEqual([
      frame,
      'running',
      'new',
    ]);
  });
  it('large answers are kept up to 4 MiB together; what was said before them is never done again', () => {
    const { answers } = heard();
    const large = textFrame('x'.repeat(1024 * 1024));
    for (let n = 0; n < 5; n++) {
      answers.begin(`c${n}`);
      answers.finish(`c${n}`, large, true);
    }
    expect(answers.begin('c4')).toBe(large);
    expect(String((answers.begin('c0') as Frame).chunks[0])).toContain('ERR_CONFLICT');
    expect(answers.bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  });
  it('what is kept takes no more memory than it has bytes', () => {
    const { answers } = heard();
    for (let n = 0; n < 128; n++) {
      answers.begin(`c${n}`);
      answers.finish(`c${n}`, textFrame(`answer ${n}`), true);
    }
    const kept = Array.from({ length: 128 }, (_, n) => answers.begin(`c${n}`) as Frame);
    const held = new Set(kept.flatMap(({ chunks }) => chunks.map(({ buffer }) => buffer)));
    expect([...held].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(answers.bytes);
  });
  it('[RE1] what runs while nobody is there is answered when it is asked again, and only then', () => {
    const { answers, frames } = heard();
    answers.begin('a');
    answers.begin('b');
    answers.hand(undefined);
    answers.finish('a', frame, true);
    const later: Frame[] = [];
    answers.hand((one) => later.push(one));
    expect([answers.begin('a'), answers.begin('b')]).toEqual([frame, 'running']);
    answers.finish('b', frame, true);
    expect([frames, later]).toEqual([[], [frame]]);
  });
});
