import { describe, expect, it } from 'vitest';
import type { Player } from '../../src/protocol/player.js';
import type { SyncReport } from '../../src/protocol/sync.js';
import { limitText } from './limit-words.js';
import { isQuiet } from './limits.js';
import { strideAt } from '../components/hold-button.js';
import { outcomeText } from './outcome-words.js';
import { syncBadge } from './sync-badge.js';
import { clockText, correctionText, scaleOf, signedMs, skewText, spreadOf, trendText } from './sync-words.js';

const report = (player_id: string, more: Partial<SyncReport> = {}): SyncReport => ({
  player_id,
  sync_class: 'steered',
  state: 'in-sync',
  estimated: false,
  skew_ms: { now: 0.1, p50: 0.1, p95: 0.4 },
  ...more,
});
const players = ['a', 'b'].map((player_id) => ({ player_id, sync_class: 'steered' }) as Player);
const badge = (...reports: SyncReport[]) => syncBadge({ room_id: 'r', at_us: 1, players: reports }, players);
const without = ({ skew_ms: _skew, ...rest }: SyncReport): SyncReport => ({ ...rest, state: 'unmeasured' });

describe('the badge', () => {
  it('has the worst number that was measured', () => {
    const loose = report('b', { skew_ms: { now: 1, p50: 1, p95: 3.24 } });
    expect(badge(report('a'), report('b'))).toEqual({ kind: 'good', text: '±0.40 ms' });
    expect(badge(report('a'), loose)).toEqual({ kind: 'fair', text: '±3.2 ms' });
  });
  it('says so when a number is an estimate, or is missing', () => {
    expect(badge(report('a', { estimated: true }), report('b')).text).toBe('about ±0.40 ms');
    const unsure = report('a', { estimated: true, error_ms: 250 });
    expect(badge(unsure, report('b')).text).toBe('about ±250 ms');
    expect(badge(report('a'), without(report('b'))).text).toBe('±0.40 ms, 1 not measured');
    expect(badge(without(report('a')), without(report('b'))).text).toBe('not measured');
    expect(badge(report('a'), without(report('b'))).kind).toBe('fair');
  });
  it('has no number while a player is not in step', () => {
    expect(badge(report('a'), report('b', { state: 'lost' }))).toEqual({ kind: 'bad', text: 'not in sync' });
    expect(badge(report('a', { state: 'settling' }), report('b')).text).toBe('getting in step');
  });
  it('names the class of the loosest when nothing was said', () => {
    const mixed = [players[0]!, { ...players[1]!, sync_class: 'nudged' as const }];
    expect(syncBadge(undefined, mixed)).toEqual({ kind: 'none', text: 'nudged' });
  });
});

describe('words about sync', () => {
  it('get the sign right: positive is ahead', () => {
    expect(skewText(0.123)).toBe('0.12 ms ahead');
    expect(skewText(-23.4)).toBe('23 ms behind');
    expect(skewText(0.001)).toBe('exactly on time');
    expect(signedMs(-4.26)).toBe('−4.3');
    expect(trendText(0.01)).toBe('steady');
    expect(trendText(-1.5)).toBe('−1.5 ms a minute');
  });
  it('say what was corrected, when and why', () => {
    expect(correctionText(undefined, 0)).toBe('Nothing had to be corrected.');
    const correction = { kind: 'seek', skew_ms: -80, reason: 'beyond 20 ms', at_us: 5e6 } as const;
    expect(correctionText(correction, 17e6)).toBe('It jumped 12 s ago: it was 80 ms behind (beyond 20 ms).');
    const whole = { ...correction, reason: 'it was 80.0 ms behind: it jumps' };
    expect(correctionText(whole, 17e6)).toBe('12 s ago: it was 80.0 ms behind: it jumps.');
  });
  it('have a scale that holds every value, and the band', () => {
    expect([[], [0.3], [2.1], [-48], [1700]].map(scaleOf)).toEqual([2, 2, 5, 50, 2000]);
  });
  it('tell how far apart two are, and nothing about one', () => {
    const late = report('b', { skew_ms: { now: -0.3, p50: 0, p95: 1 } });
    expect(spreadOf([report('a'), late])).toBe(0.4);
    expect(spreadOf([report('a'), { ...late, estimated: true }])).toBeUndefined();
    expect(spreadOf([report('a'), without(late)])).toBeUndefined();
  });
});

describe('words about loudness', () => {
  const night = { from: '22:00', to: '07:00', limit: 0.3 };
  const room = { volume_limit: 0.8, quiet_hours: night } as Parameters<typeof limitText>[0];
  it('know hours over midnight', () => {
    expect([21 * 60 + 59, 22 * 60, 0, 6 * 60 + 59, 7 * 60].map((minute) => isQuiet(night, minute))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });
  it('say the rules of a room', () => {
    expect(limitText(room, 12 * 60)).toBe(
      'Never louder than 80\u00a0%. Quiet from 22:00 to 07:00: no louder than 30\u00a0%',
    );
    expect(limitText(room, 23 * 60)).toBe(
      'Never louder than 80\u00a0%. Quiet until 07:00: no louder than 30\u00a0%',
    );
  });
});

it('a held button goes faster and faster', () => {
  expect([0, 7, 8, 19, 20, 90].map(strideAt)).toEqual([1, 1, 5, 5, 20, 20]);
});

it('outcomes are said in words', () => {
  const said = (outcome: 'applied' | 'queued' | 'ignored' | 'failed', reason?: string) =>
    outcomeText('room:group', { player_id: 'p', outcome, ...(reason === undefined ? {} : { reason }) });
  expect([
    said('applied'),
    said('queued'),
    said('ignored', 'it is here'),
    said('failed', 'no answer'),
  ]).toEqual(['Joined', 'Joins when it is back', 'Left alone: it is here', 'Failed: no answer']);
});

describe('the clock of the server', () => {
  it('is told with how wrong it may be and what that was learnt from', () => {
    expect(clockText({ error_us: 420, rtt_us: 1300 })).toContain('±0.42 ms; an answer takes 1.3 ms');
  });

  it('is not known before it was asked for', () => {
    expect(clockText(undefined)).toContain('not known yet');
  });
});
