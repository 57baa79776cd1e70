import { signal } from '@preact/signals';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/fakes/manual-clock.js';
import { Wish } from './wish.js';

function rig() {
  const clock = new ManualClock();
  const actual = signal('paused');
  const errors: unknown[] = [];
  const answers: { resolve(): void; reject(error: Error): void }[] = [];
  const wish = new Wish<string>({
    actual,
    send: () => new Promise<void>((resolve, reject) => answers.push({ resolve, reject })),
    onError: (error) => errors.push(error),
    after: (ms, run) => clock.after(ms, run),
  });
  return { clock, actual, errors, answers, wish };
}

describe('wish', () => {
  it('is shown at once', () => {
    const { wish } = rig();
    wish.set('playing');
    expect(wish.shown.value).toBe('playing');
    expect(wish.pending.value).toBe(true);
  });
  it('stays until the patch comes when the reply comes first', async () => {
    const { wish, answers, actual } = rig();
    wish.set('playing');
    answers[0]!.resolve();
    await settle();
    expect(wish.shown.value).toBe('playing');
    actual.value = 'loading';
    expect(wish.shown.value).toBe('loading');
  });
  it('gives way at the reply when the patch came first', async () => {
    const { wish, answers, actual } = rig();
    wish.set('playing');
    actual.value = 'loading';
    expect(wish.shown.value).toBe('playing');
    answers[0]!.resolve();
    await settle();
    expect(wish.shown.value).toBe('loading');
  });
  it('gives way after 2 s when the reply changed nothing', async () => {
    const { wish, answers, clock } = rig();
    wish.set('playing');
    answers[0]!.resolve();
    await settle();
    await clock.advance(2_000);
    expect(wish.shown.value).toBe('paused');
    expect(clock.pending).toBe(0);
  });
  it('gives way at once and says so when it is refused', async () => {
    const { wish, answers, errors } = rig();
    wish.set('playing');
    answers[0]!.reject(new Error('no'));
    await settle();
    expect(wish.shown.value).toBe('paused');
    expect(errors).toHaveLength(1);
  });
  it('is not disturbed by echoes of older values while a newer one waits', async () => {
    const { wish, answers, actual } = rig();
    wish.set('a');
    wish.set('b');
    actual.value = 'a';
    answers[0]!.resolve();
    await settle();
    expect(wish.shown.value).toBe('b');
    actual.value = 'b';
    answers[1]!.resolve();
    await settle();
    expect(wish.pending.value).toBe(false);
  });
});
