import * as z from 'zod';
import { nearest, slug } from '../base/index.js';
import type { DriverDefinition } from './contract.js';

/** A player from the config file. */
export interface ConfiguredPlayer {
  readonly id?: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a kind of player is told; the rest of its driver is not needed to judge that. */
export type PlayerKind = Pick<DriverDefinition, 'kind' | 'options'>;

/** Something wrong with an entry; `path` begins with its index and leads to what is meant. */
export interface PlayerFault {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
  readonly suggestion?: string | undefined;
}

/** The player's id, which is the same as long as kind and name are. */
export function configuredId(player: ConfiguredPlayer): string {
  return player.id ?? `${player.kind}-${slug(player.name)}`;
}

/** Everything that is wrong with players of the config file. No option is repeated: it may be a password. */
export function configuredPlayerFaults(
  kinds: readonly PlayerKind[],
  players: readonly ConfiguredPlayer[],
): PlayerFault[] {
  const ids = players.map(configuredId);
  return players.flatMap((player, index) => {
    const faults = kindFaults(kinds, player, index);
    const twin = ids.indexOf(ids[index] ?? '');
    if (twin === index) return faults;
    const reason = `players: entry ${index + 1} is the same player as entry ${twin + 1}.`;
    return [...faults, { path: [index], reason, suggestion: 'Give it another name, or an id of its own.' }];
  });
}

function kindFaults(
  kinds: readonly PlayerKind[],
  { kind, options }: ConfiguredPlayer,
  index: number,
): PlayerFault[] {
  const known = kinds.find((each) => each.kind === kind);
  if (known) return optionFaults(known, options, index);
  const names = kinds.map((each) => each.kind);
  const meant = nearest(kind, names);
  const all = `There are ${names.join(', ')}.`;
  return [
    {
      path: [index, 'kind'],
      reason: `players: entry ${index + 1}: no player is of the kind ${JSON.stringify(kind.slice(0, 40))}.`,
      suggestion: meant === undefined ? all : `Did you mean ${meant}? ${all}`,
    },
  ];
}

function optionFaults(
  { kind, options: schema }: PlayerKind,
  options: ConfiguredPlayer['options'],
  index: number,
): PlayerFault[] {
  const parsed = schema.safeParse(options);
  if (parsed.success) return [];
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return parsed.error.issues.flatMap((issue): PlayerFault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownOption(kind, known, key, index));
    const [field = ''] = issue.path;
    const missing = !Object.hasOwn(options, field);
    const reason = missing
      ? `players: entry ${index + 1}: ${kind} players need ${String(field)}.`
      : `players: entry ${index + 1}: ${String(field)} of ${kind} players: ${issue.message}.`;
    return [{ path: missing ? [index] : [index, field], reason }];
  });
}

function unknownOption(kind: string, known: readonly string[], key: string, index: number): PlayerFault {
  const meant = nearest(key, ['id', 'kind', 'name', ...known]);
  const all = `It has ${known.length === 0 ? 'none' : known.join(', ')}.`;
  return {
    path: [index, key],
    reason: `players: entry ${index + 1}: ${key} is no option of ${kind} players.`,
    suggestion: meant === undefined ? all : `Did you mean ${meant}?`,
  };
}
