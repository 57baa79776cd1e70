import type * as z from 'zod';
import type { Fault } from './problem.js';

const EXAMPLE = 'For example: - { kind: mpd, name: Kitchen, host: 192.168.1.20 }';
const KINDS = 'Kinds are mpd, chromecast, snapserver, snapcast and local.';

/** What is wrong with an entry of `players`. Passwords may stand in it: what is in it is not repeated. */
export function ofPlayers(
  path: readonly PropertyKey[],
  issue: z.core.$ZodIssue,
  value: unknown,
): Omit<Fault, 'path'> {
  const [index, field] = path;
  if (index === undefined)
    return {
      reason: 'players: a list of players is expected.',
      suggestion: `Begin each with a dash. ${EXAMPLE}`,
    };
  const which = `players: entry ${Number(index) + 1}`;
  if (field === undefined) return { reason: `${which} is no player.`, suggestion: EXAMPLE };
  if (field === 'kind') return { reason: `${which} needs a kind.`, suggestion: `${KINDS} ${EXAMPLE}` };
  if (field === 'name') {
    const number = issue.code === 'invalid_type' && /number|boolean/.test(issue.message);
    const suggestion = number ? 'Put it into quotes.' : EXAMPLE;
    return { reason: `${which} needs a name, a text of 1 to 128 characters.`, suggestion };
  }
  if (field === 'id')
    return {
      reason: `${which}: an id has small letters, digits and dashes.`,
      suggestion: 'For example: id: kitchen-radio',
    };
  if (isEmpty(value, path))
    return {
      reason: `${which}: nothing stands behind ${String(field)}.`,
      suggestion: 'Write something behind the colon, or remove it.',
    };
  const nested = issue.code === 'invalid_union';
  return {
    reason: `${which}: ${String(field)} ${nested ? 'is no text, no number and neither true nor false' : issue.message}.`,
    suggestion: nested ? 'What a driver is told stands beside kind and name, in the same column.' : undefined,
  };
}

function isEmpty(value: unknown, path: readonly PropertyKey[]): boolean {
  const inner = path.reduce(
    (at: unknown, part) => (at as Readonly<Record<PropertyKey, unknown>>)[part],
    value,
  );
  return inner === null;
}
