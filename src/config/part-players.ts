import type { Fault } from './problem.js';
import type { Config } from './schema.js';

type Player = Config['players'][number];

/** A player as far as it was understood; undefined: an entry that is none. */
export type PartPlayer = (Omit<Player, 'name'> & { readonly name: string | undefined }) | undefined;

/** What drivers know of players. */
export type PlayersJudge = (players: readonly PartPlayer[]) => readonly Fault[];

/** What else is wrong with players whose form is wrong, `known`: the same, and all others, are told at once. */
export function deeperFaults(written: unknown, known: readonly Fault[], look: PlayersJudge): Fault[] {
  const single = !Array.isArray(written);
  const entries: readonly unknown[] = single ? [written] : written;
  const told = new Set(known.filter(({ path }) => path.length > 1).map(({ path }) => path.join('/')));
  return look(entries.map(partOf))
    .filter(({ path }) => !told.has(path.join('/')))
    .map((fault) => (single ? { ...fault, path: fault.path.slice(1) } : fault));
}

type Entry = Readonly<Record<string, unknown>>;

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function partOf(entry: unknown): PartPlayer {
  if (!isEntry(entry)) return undefined;
  const { id, kind, name, ...options } = entry;
  if (typeof kind !== 'string' || kind === '') return undefined;
  return { id: textOf(id), kind, name: textOf(name), options: options as Player['options'] };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
