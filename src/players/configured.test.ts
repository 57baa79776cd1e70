import { expect, it } from 'vitest';
import * as z from 'zod';
import { configuredPlayerFaults, type ConfiguredPlayer, type PartPlayer } from './configured.js';

const KINDS = [
  {
    kind: 'mpd',
    options: z.strictObject({
      host: z.string(),
      port: z.int().default(6600),
      password: z.string().optional(),
    }),
  },
  { kind: 'null', options: z.strictObject({}) },
];
const player = (
  options: ConfiguredPlayer['options'],
  more: Partial<ConfiguredPlayer> = {},
): ConfiguredPlayer => ({
  kind: 'mpd',
  name: 'Kitchen',
  options,
  ...more,
});
const said = (...players: (PartPlayer | undefined)[]): string[] =>
  configuredPlayerFaults(KINDS, players).map(({ path, reason, suggestion = '' }) =>
    `${path.join('/')} ${reason} ${suggestion}`.trim(),
  );

it('has nothing to say of players that drivers take', () => {
  expect(said(player({ host: 'a' }), player({}, { kind: 'null', name: 'Silence' }))).toEqual([]);
});

it('names the kind that was meant', () => {
  expect(said(player({}, { kind: 'mdp' }))).toEqual([
    '0/kind players: entry 1: no player is of the kind "mdp". Did you mean mpd? There are mpd, null.',
  ]);
});

it('names the option that was meant, the one that is missing and the one that cannot be', () => {
  expect(said(player({ hots: 'a', port: 'x' }))).toEqual([
    '0 players: entry 1: mpd players need host. For example: host: 192.168.1.20',
    '0/port players: entry 1: port of mpd players is no number.',
    '0/hots players: entry 1: hots is no option of mpd players. Did you mean host?',
  ]);
});

it('never repeats an option: it may be a password', () => {
  expect(said(player({ host: 'a', password: ['sesame'] })).join()).not.toContain('sesame');
});

it('finds the same player named twice', () => {
  const twice = said(player({ host: 'a' }), player({ host: 'b' }));
  expect(twice).toEqual([
    '1 players: entry 2 is the same player as entry 1. Give it another name, or an id of its own.',
  ]);
  expect(said(player({ host: 'a' }), player({ host: 'b' }, { id: 'other' }))).toEqual([]);
});

it('finds what else is wrong with an entry, and with those behind one that is no player', () => {
  const nameless = { id: undefined, kind: 'mpd', name: undefined, options: { host: 'a b', prot: 1 } };
  expect(said(undefined, nameless, nameless, player({ host: 'a' }), player({ host: 'a' }))).toEqual([
    expect.stringContaining('1/prot players: entry 2: prot is no option') as string,
    expect.stringContaining('1/host players: entry 2: host ') as string,
    expect.stringContaining('2/prot players: entry 3: prot is no option') as string,
    expect.stringContaining('2/host players: entry 3: host ') as string,
    expect.stringContaining('4 players: entry 5 is the same player as entry 4.') as string,
  ]);
});
