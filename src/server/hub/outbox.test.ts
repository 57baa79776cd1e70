import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textFrame, type Frame } from './frames.js';
import {
  MAX_DELTAS,
  MAX_EVENT_BYTES,
  MAX_ONCE,
  MAX_REPLIES,
  MAX_UNREAD_BYTES,
  Outbox,
  type OutgoingEvent,
} from './outbox.js';
import type { WaitingRule } from './waiting-rule.js';

const event = (text: string, rule: WaitingRule, topic = 'room/a'): OutgoingEvent => ({
  frames: [textFrame(text)],
  topic,
  rule,
});
const latest = (key: string, text: string): OutgoingEvent => event(text, { kind: 'latest', key });
const delta = (text: string, topic = 'room/a'): OutgoingEvent => event(text, { kind: 'delta' }, topic);
const once = (text: string): OutgoingEvent => event(text, { kind: 'once' });
const read = (frame: Frame): string => Buffer.concat(frame.chunks).subarray(2).toString();
const taken = (outbox: Outbox): string[] =>
  outbox.take((topic) => textFrame(`snapshot of ${topic}`)).map(read);

describe('outbox', () => {
  it('[BP2] a newer state takes the place of the older one, at the end', () => {
    const outbox = new Outbox();
    for (const one of [latest('k', 'k1'), latest('l', 'l1'), once('o'), latest('k', 'k2')]) outbox.event(one);
    expect(taken(outbox)).toEqual(['l1', 'o', 'k2']);
    expect([outbox.empty, outbox.messages, outbox.bytes]).toEqual([true, 0, 0]);
  });

  it('[BP2] of told-once events the last 32 stay', () => {
    const outbox = new Outbox();
    for (let n = 0; n < 100; n++) outbox.event(once(`o${n}`));
    expect(taken(outbox)).toEqual(Array.from({ length: MAX_ONCE }, (_, n) => `o${n + 100 - MAX_ONCE}`));
  });

  it('[BP2] [BP3] of a client that does not read no more than 64 KiB of events wait', () => {
    const outbox = new Outbox();
    for (let n = 0; n < 20; n++) outbox.event(once(`${n} `.padEnd(5_000, 'x')));
    for (let n = 0; n < 4; n++) outbox.event(delta(`d${n}`));
    outbox.unread();
    expect(outbox.bytes).toBeLessThanOrEqual(MAX_UNREAD_BYTES);
    const left = taken(outbox);
    expect(left.at(-2)).toContain('19 xxx');
    expect(left.at(-1)).toBe('snapshot of room/a');
  });

  it('[BP3] too many deltas become one snapshot, and only of their own topic', () => {
    const outbox = new Outbox();
    outbox.event(latest('other', 'other'));
    outbox.event(event('state of a', { kind: 'latest', key: 'state' }));
    for (let n = 0; n <= MAX_DELTAS; n++) outbox.event(delta(`d${n}`, 'room/b'));
    outbox.event(delta('late', 'room/b'));
    expect(taken(outbox)).toEqual(['other', 'state of a', 'snapshot of room/b']);
    outbox.event(delta('next', 'room/b'));
    expect(taken(outbox)).toEqual(['next']);
  });

  it('[BP3] so do deltas over 256 KiB', () => {
    const outbox = new Outbox();
    for (let n = 0; n < 5; n++) outbox.event(delta('x'.repeat(MAX_EVENT_BYTES / 4)));
    expect(taken(outbox)).toEqual(['snapshot of room/a']);
  });

  it('[BP6] replies are never dropped, and too many of them are noticed', () => {
    const outbox = new Outbox();
    for (let n = 0; n < MAX_REPLIES; n++) outbox.reply(textFrame(`r${n}`));
    expect(outbox.overfull).toBe(false);
    outbox.reply(textFrame('one more'));
    expect(outbox.overfull).toBe(true);
    expect(taken(outbox)).toHaveLength(MAX_REPLIES + 1);
  });

  it('[SB3] a snapshot makes what waits of the topic needless, and leaves the rest', () => {
    const outbox = new Outbox();
    for (const one of [latest('k', 'k'), delta('d'), once('o'), delta('b', 'room/b')]) outbox.event(one);
    outbox.superseded('room/a');
    expect(taken(outbox)).toEqual(['o', 'b']);
  });

  it('[BP2] whatever happens, what waits is bounded, ordered, and ends in the newest state', () => {
    const steps = fc.array(
      fc.record({
        kind: fc.constantFrom<('latest' | 'delta' | 'once' | 'reply' | 'superseded' | 'take')[]>(
          'latest',
          'delta',
          'once',
          'reply',
          'superseded',
          'take',
        ),
        of: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 400 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const outbox = new Outbox();
        const newest = new Map<number, string>();
        let replies = 0;
        list.forEach(({ kind, of }, n) => {
          const text = `${String(n).padStart(4, '0')}`;
          if (kind === 'latest') newest.set(of, text);
          if (kind === 'latest') outbox.event(event(text, { kind, key: `k${of}` }, `state/${of}`));
          else if (kind === 'delta' || kind === 'once') outbox.event(event(text, { kind }, `other/${of}`));
          else if (kind === 'superseded') outbox.superseded(`other/${of}`);
          else if (kind === 'reply') outbox.reply(textFrame(`reply ${++replies}`));
          else {
            const frames = taken(outbox);
            const numbered = frames.filter((frame) => /^\d/.test(frame));
            expect(numbered).toEqual([...numbered].sort());
            for (const state of newest.values()) expect(frames).toContain(state);
            expect(frames.filter((frame) => frame.startsWith('reply'))).toHaveLength(replies);
            newest.clear();
            replies = 0;
          }
          expect(outbox.messages - replies).toBeLessThanOrEqual(MAX_ONCE + MAX_DELTAS + 3 + 3);
        });
      }),
    );
  });
});
