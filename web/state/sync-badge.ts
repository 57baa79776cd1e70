import type { Player } from '../../src/protocol/player.js';
import type { SyncReport } from '../../src/protocol/sync.js';
import type { SyncMoment } from './sync-log.js';

/** How well a room is together, in a word or a number, and never a number that nobody measured. */
export interface SyncBadge {
  readonly kind: 'good' | 'fair' | 'bad' | 'none';
  readonly text: string;
}

/** Milliseconds with as many digits as mean something. */
export function msText(ms: number): string {
  const size = Math.abs(ms);
  return size < 0.995 ? size.toFixed(2) : size < 9.95 ? size.toFixed(1) : size.toFixed(0);
}

const LOOSEST_FIRST = ['loose', 'nudged', 'steered', 'locked'] as const;

/** As tight as the loosest of them. */
export function loosestOf(players: readonly Pick<Player, 'sync_class'>[]): Player['sync_class'] | undefined {
  return LOOSEST_FIRST.find((one) => players.some(({ sync_class }) => sync_class === one));
}

export function syncBadge(now: SyncMoment | undefined, players: readonly Player[]): SyncBadge {
  const loosest = loosestOf(players) ?? 'loose';
  const reports = now?.players.filter(({ player_id }) => players.some((one) => one.player_id === player_id));
  if (!reports || reports.length === 0) return { kind: 'none', text: loosest };
  if (reports.some(({ state }) => state === 'lost')) return { kind: 'bad', text: 'not in sync' };
  if (reports.some(({ state }) => state === 'settling')) return { kind: 'fair', text: 'getting in step' };
  return measured(reports, players.length);
}

/** What can be said of one player: an estimate is worth no more than its own error bound. */
function surelyWithin({ skew_ms, estimated, error_ms = 0 }: SyncReport): number {
  const within = skew_ms?.p95 ?? 0;
  return estimated ? Math.max(within, error_ms) : within;
}

function measured(reports: readonly SyncReport[], members: number): SyncBadge {
  const known = reports.filter(({ skew_ms }) => skew_ms !== undefined);
  if (known.length === 0) return { kind: 'none', text: 'not measured' };
  const worst = Math.max(...known.map(surelyWithin));
  const about = known.some(({ estimated }) => estimated) ? 'about ' : '';
  const missing = members - known.length;
  const text = `${about}±${msText(worst)} ms${missing > 0 ? `, ${missing} not measured` : ''}`;
  return { kind: about === '' && missing === 0 && worst <= 1 ? 'good' : 'fair', text };
}
