import * as z from 'zod';
import { hostFault, nearest, slug } from '../base/index.js';
import type { DriverDefinition } from './contract.js';
import { optionFault } from './option-words.js';

/** A player from the config file. */
export interface ConfiguredPlayer {
  readonly id?: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** One that was understood in part: what is wrong with the rest of it is known already. */
export type PartPlayer = Pick<ConfiguredPlayer, 'id' | 'kind' | 'options'> & {
  readonly name: string | undefined;
};

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

/** Everything that is wrong with players of the config file; undefined: an entry that is no player. No option is repeated: it may be a password. */
export function configuredPlayerFaults(
  kinds: readonly PlayerKind[],
  players: readonly (PartPlayer | undefined)[],
): PlayerFault[] {
  const ids = players.map((player) => player && idOf(player));
  return players.flatMap((player, index) => {
    if (!player) return [];
    const faults = kindFaults(kinds, player, index);
    const id = ids[index];
    const twin = id === undefined ? index : ids.indexOf(id);
    if (twin === index) return faults;
    const reason = `players: entry ${index + 1} is the same player as entry ${twin + 1}.`;
    return [...faults, { path: [index], reason, suggestion: 'Give it another name, or an id of its own.' }];
  });
}

function idOf({ id, kind, name, options }: PartPlayer): string | undefined {
  return name === undefined ? id : configuredId({ id, kind, name, options });
}

function kindFaults(
  kinds: readonly PlayerKind[],
  { kind, options }: PartPlayer,
  index: number,
): PlayerFault[] {
  const known = kinds.find((each) => each.kind === kind);
  if (known) return optionFaults(known, options, index);
  const names = kinds.map((each) => each.kind);
  const meant = OTHER_NAMES.find(([pattern]) => pattern.test(kind))?.[1] ?? nearest(kind, names);
  const all = `There are ${names.join(', ')}.`;
  return [
    {
      path: [index, 'kind'],
      reason: `players: entry ${index + 1}: no player is of the kind ${JSON.stringify(kind.slice(0, 40))}.`,
      suggestion: meant === undefined ? all : `Did you mean ${meant}? ${all}`,
    },
  ];
}

const EXAMPLES: Readonly<Record<string, string>> = {
  host: '192.168.1.20',
  client_id: 'b8:27:eb:00:00:01',
};

/** What people call kinds of players. */
const OTHER_NAMES: readonly (readonly [RegExp, string])[] = [
  [/cast\b|^google|^nest|^chromecast|home.?mini/i, 'chromecast'],
  [/^snap-?client$/i, 'snapcast'],
  [/mopidy|music.?player.?daemon|volumio|moode/i, 'mpd'],
  [/^(alsa|mpv|usb|hdmi|dac|hifiberry|pulse(audio)?|pipewire|output|speaker|this.*)$/i, 'local'],
  [/^(none|silent|silence|dummy)$/i, 'null'],
];

function optionFaults(
  { kind, options: schema }: PlayerKind,
  options: ConfiguredPlayer['options'],
  index: number,
): PlayerFault[] {
  const parsed = schema.safeParse(options);
  const which = `players: entry ${index + 1}`;
  const hosts = hostFaults(options, which, index);
  if (parsed.success) return hosts;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const faults = parsed.error.issues.flatMap((issue): PlayerFault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => unknownOption(kind, known, key, index));
    const [field = ''] = issue.path;
    const name = String(field);
    if (!Object.hasOwn(options, field))
      return [
        {
          path: [index],
          reason: `${which}: ${kind} players need ${name}.`,
          suggestion: `For example: ${name}: ${EXAMPLES[name] ?? 'text'}`,
        },
      ];
    const { reason, suggestion } = optionFault(issue, options[name], schema);
    return [{ path: [index, field], reason: `${which}: ${name} of ${kind} players ${reason}.`, suggestion }];
  });
  const isToldOf = faults.some(({ path }) => path[1] === 'host');
  return isToldOf ? faults : [...faults, ...hosts];
}

/** Names and addresses that can be none are said before a player is offline for ever. */
function hostFaults(options: ConfiguredPlayer['options'], which: string, index: number): PlayerFault[] {
  const { host } = options;
  const fault = typeof host === 'string' ? hostFault(host) : undefined;
  if (!fault) return [];
  return [{ path: [index, 'host'], reason: `${which}: host ${fault.reason}.`, suggestion: fault.suggestion }];
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
