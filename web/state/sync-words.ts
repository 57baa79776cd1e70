import type { Player } from '../../src/protocol/player.js';
import type { SyncCorrection, SyncReport } from '../../src/protocol/sync.js';
import { msText } from './sync-badge.js';
import type { SyncMoment } from './sync-log.js';

export const STATE_TEXT: Readonly<Record<SyncReport['state'], string>> = {
  'in-sync': 'In sync',
  settling: 'Getting in step',
  lost: 'Not in sync',
  unmeasured: 'Not measured',
};

/** `0.12 ms ahead`. */
export function skewText(ms: number): string {
  const size = msText(Math.abs(ms));
  return Number(size) === 0 ? 'exactly on time' : `${size} ms ${ms > 0 ? 'ahead' : 'behind'}`;
}

/** `+0.12`, with a sign that is as wide as the other. */
export function signedMs(ms: number): string {
  const size = msText(Math.abs(ms));
  return Number(size) === 0 ? size : `${ms > 0 ? '+' : '−'}${size}`;
}

export function trendText(ms_per_minute: number | undefined): string {
  if (ms_per_minute === undefined) return '–';
  if (Math.abs(ms_per_minute) < 0.05) return 'steady';
  return `${signedMs(ms_per_minute)} ms a minute`;
}

const CORRECTED: Readonly<Record<SyncCorrection['kind'], string>> = {
  rate: 'Its speed was trimmed',
  seek: 'It jumped',
  restart: 'It was paused and started again at the right moment',
  realign: 'The whole room was started again together',
};

/** What was done last to bring a player back, when and why. */
export function correctionText(correction: SyncCorrection | undefined, now_us: number): string {
  if (!correction) return 'Nothing had to be corrected.';
  const { kind, skew_ms, reason, at_us } = correction;
  const seconds = Math.max(0, Math.round((now_us - at_us) / 1e6));
  const when = seconds < 90 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
  // Some drivers say all of it themselves.
  if (/ (ahead|behind)\b/.test(reason)) return `${when}: ${reason}.`;
  return `${CORRECTED[kind]} ${when}: it was ${skewText(skew_ms)} (${reason}).`;
}

/** How far apart the first and the last of the players are heard now, ms. Estimates do not count; undefined with fewer than two others. */
export function spreadOf(reports: readonly SyncReport[]): number | undefined {
  const values = reports.flatMap(({ skew_ms, estimated }) => (skew_ms && !estimated ? [skew_ms.now] : []));
  return values.length < 2 ? undefined : Math.max(...values) - Math.min(...values);
}

/** The page in a sentence, for those who hear it. Numbers are rounded, so that it is said again only when something changed. */
export function spokenSync(now: SyncMoment | undefined, players: readonly Player[]): string {
  if (!now) return 'Nothing is measured now.';
  const told = now.players.map((report) => {
    const name = players.find(({ player_id }) => player_id === report.player_id)?.name ?? 'A player';
    if (!report.skew_ms) return `${name}: ${STATE_TEXT[report.state].toLowerCase()}`;
    const { error_ms = 0, estimated, skew_ms } = report;
    const within = roughly(estimated ? Math.max(skew_ms.p95, error_ms) : skew_ms.p95);
    const about = report.estimated ? ', an estimate' : '';
    return `${name}: ${STATE_TEXT[report.state].toLowerCase()}, within ${within}${about}`;
  });
  return told.join('. ');
}

const STEPS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

function roughly(ms: number): string {
  const step = STEPS_MS.find((most) => Math.abs(ms) <= most);
  return step === undefined ? 'more than a second' : `${step} ms`;
}

/** The end of a scale that holds these values: at least twice the band of one millisecond. */
export function scaleOf(values: readonly number[]): number {
  const most = Math.max(0, ...values.map(Math.abs));
  return STEPS_MS.find((step) => step >= 2 && step >= most) ?? Math.ceil(most / 1000) * 1000;
}

/** How well this page knows the time of the server, from which it draws where the music is. */
export function clockText(clock: { readonly error_us: number; readonly rtt_us: number } | undefined): string {
  if (!clock) return 'The clock of the server is not known yet.';
  const [error, trip] = [clock.error_us, clock.rtt_us].map((us) => msText(us / 1000));
  return `This page knows the clock of the server to ±${error} ms; an answer takes ${trip} ms.`;
}
