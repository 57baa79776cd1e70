import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, type Clock } from '../../src/base/index.js';
import type { Fact, Media, PlayerCommand } from '../../src/players/index.js';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { SilentLink } from './link.js';

const LATE_MS = 7;

let manual: ManualClock;
let facts: Fact[];
let link: SilentLink;

function track(ref: string, duration_seconds: number): Media {
  return { ref, title: ref, duration_seconds, live: false };
}

async function run(command: PlayerCommand): Promise<void> {
  await link.execute(command, new AbortController().signal);
}

/** When the item's first sample was due, by the last fact about it, µs. */
function beginningOf(ref: string): number | undefined {
  const about = facts.findLast((fact) => fact.type === 'playback' && fact.ref === ref && fact.rate > 0);
  return about?.type === 'playback' ? about.at_us - about.position_seconds * 1e6 : undefined;
}

beforeEach(() => {
  manual = new ManualClock();
  facts = [];
  /** Every timer is late, as on a busy machine. */
  const clock: Clock = {
    nowUs: () => manual.nowUs(),
    wallMs: () => manual.wallMs(),
    after: (ms, go) => manual.after(ms + LATE_MS, go),
    every: (ms, go) => manual.every(ms + LATE_MS, go),
  };
  link = new SilentLink({
    player_id: 'silent',
    emit: (fact) => facts.push(fact),
    log: silentLogger,
    clock,
    memory: null,
    httpPort: 0,
    runtimeDir: '/nonexistent',
  });
});

describe('the silent output', () => {
  it('is exactly on its cue although its timer was late', async () => {
    await run({ type: 'load', media: track('a', 60), position_seconds: 12, playing: false });
    const at_us = manual.nowUs() + 300_000;
    await run({ type: 'play', cue: { position_seconds: 12, at_us } });
    await manual.advance(400);
    expect(beginningOf('a')).toBeCloseTo(at_us - 12e6, 3);
  });

  it('begins each item where the one before ended, to the microsecond', async () => {
    const at_us = manual.nowUs() + 200_000;
    const items = [track('a', 1.2345), track('b', 0.7771), track('c', 30)] as const;
    await run({ type: 'load', media: items[0], next: items[1], position_seconds: 0, playing: true, at_us });
    await manual.advance(1500);
    await run({ type: 'preload', next: items[2] });
    await manual.advance(1500);
    expect(beginningOf('b')).toBeCloseTo(at_us + 1_234_500, 3);
    expect(beginningOf('c')).toBeCloseTo(at_us + 1_234_500 + 777_100, 3);
  });

  it('is in the next item already when the cue says that the first one is over', async () => {
    const at_us = manual.nowUs() - 5_000_000;
    const items = [track('a', 3), track('b', 30)] as const;
    await run({ type: 'load', media: items[0], next: items[1], position_seconds: 0, playing: true, at_us });
    await manual.advance(50);
    expect(beginningOf('b')).toBeCloseTo(at_us + 3e6, 3);
  });

  it('keeps the timeline of an item until that item plays', async () => {
    const items = [track('a', 2), track('b', 30)] as const;
    await run({ type: 'load', media: items[0], next: items[1], position_seconds: 0, playing: true });
    const at_us = manual.nowUs() + 1_990_000;
    await run({ type: 'follow', ref: 'b', cue: { position_seconds: 0, at_us } });
    await manual.advance(2500);
    expect(beginningOf('b')).toBeCloseTo(at_us, 3);
  });

  it('plays on until the moment of a seek', async () => {
    await run({ type: 'load', media: track('a', 60), position_seconds: 0, playing: true });
    const began = manual.nowUs();
    const at_us = began + 900_000;
    await run({ type: 'seek', position_seconds: 40, at_us });
    await manual.advance(800);
    expect(beginningOf('a')).toBeCloseTo(began, 3);
    await manual.advance(200);
    expect(beginningOf('a')).toBeCloseTo(at_us - 40e6, 3);
  });

  it('leaves no timer behind when it is closed while it waits for a moment', async () => {
    const at_us = manual.nowUs() + 5_000_000;
    await run({ type: 'load', media: track('a', 60), position_seconds: 0, playing: true, at_us });
    await link.close();
    expect(manual.pending).toBe(0);
  });
});
