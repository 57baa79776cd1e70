import { roundLevel } from '../state/index.js';

/** A member of a room whose volume can be set. */
export interface Standing {
  readonly player_id: string;
  /** How loud it is, 0..1. */
  readonly volume: number;
  /** Where it would stand if nothing held it between 0 and its ceiling; may be outside 0..1. */
  readonly wanted: number;
  /** The loudest it may be. */
  readonly ceiling: number;
}

export interface Place {
  readonly player_id: string;
  readonly volume: number;
  readonly wanted: number;
}

/** Differences of means below this cannot be told by any player. */
const SAME = 0.0001;
const HALVINGS = 50;

/**
 * What each member is told so that the mean becomes `asked`: all move by the same amount, what one loses at 0 or at its ceiling the
 * others take over, and nobody moves against the direction asked. Because everybody starts from where they would stand without bounds,
 * a room that goes to 0 (or up to its limits) and back is as it was. When the mean cannot be reached, as near as the ceilings allow.
 */
export function balanced(members: readonly Standing[], asked: number): Place[] {
  const starts = members.map(({ volume, ceiling }) => Math.min(volume, ceiling));
  const from = mean(starts);
  if (Math.abs(asked - from) < SAME) return placed(members, starts, 0);
  const up = asked > from;
  const at = (shift: number): number[] =>
    members.map(({ wanted, ceiling }, index) => {
      const moved = Math.min(ceiling, Math.max(0, wanted + shift));
      return up ? Math.max(starts[index] ?? 0, moved) : Math.min(starts[index] ?? 0, moved);
    });
  const shift = search(
    (candidate) => mean(at(candidate)) - asked,
    Math.min(...members.map(({ wanted }) => -wanted)),
    Math.max(...members.map(({ wanted, ceiling }) => ceiling - wanted)),
  );
  return placed(members, at(shift), shift);
}

/**
 * What each member is told so that the mean becomes `asked`, as loud as they are to each other; but nobody is left unheard beside one that is
 * much louder: half of their mean is the least. What one loses at its ceiling the others take over.
 */
export function inProportion(
  members: readonly Pick<Standing, 'volume' | 'ceiling'>[],
  asked: number,
): number[] {
  if (members.length === 0) return [];
  const least = mean(members.map(({ volume }) => volume)) / 2;
  const shares = members.map(({ volume }) => (least > 0 ? Math.max(volume, least) : 1));
  const at = (times: number): number[] =>
    members.map(({ ceiling }, index) => Math.min(ceiling, (shares[index] ?? 0) * times));
  const most = Math.max(...members.map(({ ceiling }, index) => ceiling / (shares[index] ?? 1)));
  return at(search((times) => mean(at(times)) - asked, 0, most)).map(roundLevel);
}

function placed(members: readonly Standing[], volumes: readonly number[], shift: number): Place[] {
  return members.map(({ player_id, wanted }, index) => ({
    player_id,
    volume: roundLevel(volumes[index] ?? 0),
    wanted: roundLevel(wanted + shift),
  }));
}

/** Where a rising function passes 0 between two bounds; the bound when it does not. */
function search(rising: (value: number) => number, low: number, high: number): number {
  if (rising(high) <= 0) return high;
  if (rising(low) >= 0) return low;
  let [below, above] = [low, high];
  for (let round = 0; round < HALVINGS; round++) {
    const middle = (below + above) / 2;
    if (rising(middle) < 0) below = middle;
    else above = middle;
  }
  return above;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
