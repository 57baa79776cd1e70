import type { Mark } from './realign.js';

/** Less is not worth it, and near what an estimate can be wrong by. */
const WORTH_MS = 1.5;
/** More would be missed in the music, and is what starting anew is for. */
const MOST_MS = 15;
/** Estimates of one player that differ by more say nothing. */
const STEADY_MS = 3;
const FEWEST = 2;
/** An estimate with less error is also true against players of another kind. */
const SURE_MS = 6;

/**
 * How much of the next track's beginning each nudged member leaves out so that all of them are together in it, ms, by player. Those that lag
 * skip to the one that is farthest ahead; beside a leader that is steered, and if their estimates are good for that, to the room's timeline.
 * Nobody can wait without a gap, so who is ahead stays there. Empty when the estimates do not allow it. `led`: the room goes with one of them.
 */
export function skipsOf(marks: readonly Mark[], led: boolean): Map<string, number> {
  const alike = marks.every(({ player }) => player.kept.kind === marks[0]?.player.kept.kind);
  const steady = marks.every(({ count, spread_ms }) => count >= FEWEST && spread_ms <= STEADY_MS);
  if (!alike || !steady) return new Map();
  const sure = !led && marks.every(({ error_ms }) => error_ms <= SURE_MS);
  const target = sure ? 0 : Math.max(...marks.map(({ skew_ms }) => skew_ms));
  const skips = marks.map(({ player, skew_ms }) => [player.kept.player_id, target - skew_ms] as const);
  if (skips.some(([, ms]) => ms > MOST_MS)) return new Map();
  return new Map(skips.flatMap(([id, ms]) => (ms < WORTH_MS ? [] : [[id, Math.round(ms)]])));
}
