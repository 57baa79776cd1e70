import { describe, expect, it } from 'vitest';
import { Answers } from './answers.js';
import { textFrame } from './frames.js';

const frame = textFrame('answer');

describe('[CM3] answers', () => {
  it('an id is new once; repeats while it runs are counted, repeats afterwards get the answer', () => {
    const answers = new Answers();
    expect([answers.begin('a'), answers.begin('a'), answers.running]).toEqual(['new', 'running', 1]);
    expect(answers.finish('a', frame, true)).toBe(2);
    expect([answers.begin('a'), answers.running]).toEqual([frame, 0]);
  });
  it('what has no effect is not kept', () => {
    const answers = new Answers();
    answers.begin('a');
    answers.finish('a', frame, false);
    expect(answers.begin('a')).toBe('new');
  });
  it('the last 128 finished ones are kept, and running ones are never forgotten', () => {
    const answers = new Answers();
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
  it('large answers are kept up to 4 MiB together', () => {
    const answers = new Answers();
    const large = textFrame('x'.repeat(1024 * 1024));
    for (let n = 0; n < 5; n++) {
      answers.begin(`c${n}`);
      answers.finish(`c${n}`, large, true);
    }
    expect(answers.begin('c4')).toBe(large);
    expect(answers.begin('c0')).toBe('new');
  });
});
