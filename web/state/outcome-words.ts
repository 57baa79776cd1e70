import type { SyncClass } from '../../src/protocol/player.js';
import type { Player } from '../../src/protocol/player.js';
import type { Outcome } from '../../src/protocol/room.js';

/** How tight a player can be, before anybody tries. */
export const TIGHTNESS: Readonly<Record<SyncClass, string>> = {
  locked: 'Locked: tighter than 1 ms',
  steered: 'Steered: kept within about 1 ms',
  nudged: 'Nudged: within some 10 ms',
  loose: 'Loose: may echo',
};

/** What stands in the way of a player, said before it is tapped. */
export function obstacle({ link, problem, controlled_elsewhere }: Player): string | undefined {
  if (link === 'offline')
    return `Offline${problem === undefined ? '' : `: ${problem}`}. It joins when it is back`;
  if (link === 'connecting') return 'Not connected yet. It joins when it is';
  if (controlled_elsewhere) return 'Somebody else plays on it. It is left alone until you take it over';
  return undefined;
}

const DONE: Readonly<Record<string, string>> = {
  'room:group': 'Joined',
  'room:ungroup': 'On its own',
  'room:transfer': 'Plays on here',
  'room:announce': 'Announced',
};
const LATER: Readonly<Record<string, string>> = {
  'room:group': 'Joins when it is back',
  'room:ungroup': 'Leaves when it is back',
  'room:transfer': 'Plays on when it is back',
  'room:announce': 'Announced when it is back',
};

/** What came of a command for one player, in words. */
export function outcomeText(command: string, { outcome, reason, sync_class }: Outcome): string {
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (outcome) {
    case 'applied':
      return `${DONE[command] ?? 'Done'}${sync_class ? `, ${sync_class}` : ''}`;
    case 'queued':
      return reason === undefined ? (LATER[command] ?? 'Done when it is back') : `Not yet${because}`;
    case 'ignored':
      return `Left alone${because}`;
    case 'failed':
      return `Failed${because}`;
  }
}

/** One line for a command's outcomes that are not what was asked for; undefined when all are. */
export function troubleText(
  command: string,
  outcomes: readonly Outcome[],
  players: readonly Player[],
): string | undefined {
  const lines = outcomes
    .filter(({ outcome }) => outcome !== 'applied')
    .map((one) => {
      const name = players.find(({ player_id }) => player_id === one.player_id)?.name ?? 'A player';
      return `${name}: ${outcomeText(command, one).replace(/^./, (first) => first.toLowerCase())}`;
    });
  return lines.length === 0 ? undefined : lines.join('. ');
}

/** Why nothing got as loud as it was asked for, when that holds for all of them: one player at its limit is no news in a shared room. */
export function heldText(outcomes: readonly Outcome[]): string | undefined {
  const [first] = outcomes;
  const all = outcomes.every(({ outcome, reason }) => outcome === 'applied' && reason !== undefined);
  return all ? first?.reason?.replace(/^./, (letter) => letter.toUpperCase()) : undefined;
}
