import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/fakes/manual-clock.js';
import { LogRing } from './log-ring.js';
import { silentLogger } from './log.js';

const ring = () => {
  const kept = new LogRing(new ManualClock());
  return { kept, log: kept.through(silentLogger) };
};

describe('the last lines of the log', () => {
  it('are kept from info on, with the fields of who says them', () => {
    const { kept, log } = ring();
    log.debug({}, 'decided');
    log.child({ player_id: 'bath' }).warn({ reason: 'gone' }, 'player lost');
    expect(kept.lines()).toEqual([
      '{"at":"2026-11-20T09:00:00.000Z","level":"warn","player_id":"bath","reason":"gone","message":"player lost"}',
    ]);
  });

  it('are so many and no more, the oldest first', () => {
    const { kept, log } = ring();
    for (let n = 0; n < 1000; n++) log.info({ n }, 'again');
    const lines = kept.lines();
    expect(lines).toHaveLength(400);
    expect(lines[0]).toContain('"n":600');
    expect(lines.at(-1)).toContain('"n":999');
  });

  it('are cut when they are long, and never throw', () => {
    const { kept, log } = ring();
    const round: Record<string, unknown> = {};
    round['self'] = round;
    log.info({ text: 'x'.repeat(100_000) }, 'long');
    log.error({ round }, 'round');
    log.warn({ error: new Error('why') }, 'failed');
    expect(kept.lines()[0]!.length).toBeLessThan(1000);
    expect(kept.lines()[1]).toContain('"lost":"fields"');
    expect(kept.lines()[2]).toContain('"message":"why"');
  });
});
