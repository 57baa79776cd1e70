import type * as z from 'zod';
import { ConfigSchema, type FileConfig } from './schema.js';
import { nearest } from '../base/index.js';
import { formFaults } from './forms.js';
import { deeperFaults, type PlayersJudge } from './part-players.js';
import { ofPlayers } from './player-words.js';
import type { TogetherFault } from './together.js';
import { unitHint } from './units.js';
import type { Fault } from './problem.js';
import type { SettingKey, SettingSpec } from './specs.js';

/** What only other parts know of a value that has the right form: whether a driver takes these options, whether a template makes sense. */
export type Judges = {
  readonly [K in Exclude<SettingKey, 'players'>]?: (value: NonNullable<FileConfig[K]>) => readonly Fault[];
} & {
  readonly players?: PlayersJudge;
  /** What settings are to each other that are right one by one. */
  readonly together?: (values: ReadonlyMap<SettingKey, unknown>) => readonly TogetherFault[];
};

/** A value that was understood, or why it was not. */
export type Judged = { readonly value: unknown } | { readonly faults: readonly Fault[] };

type Issue = z.core.$ZodIssue;

/** Reads a value as somebody wrote it: a number may be a text with a number in it. */
export function judge(spec: SettingSpec, written: unknown, judges: Judges = {}): Judged {
  const value = spec.kind === 'number' ? numberIn(written) : written;
  const schema: z.ZodType = ConfigSchema.shape[spec.key];
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const faults = uniqueByReason(parsed.error.issues.map((issue) => faultOf(spec, value, issue)));
    if (spec.kind !== 'players' || !judges.players) return { faults };
    const deeper = deeperFaults(value, faults, judges.players);
    return { faults: [...faults, ...deeper].toSorted((one, other) => entryOf(one) - entryOf(other)) };
  }
  const forms = formFaults(spec, spec.kind === 'list' ? parsed.data : value);
  if (forms.length > 0) return { faults: forms };
  const look = judges[spec.key] as ((value: unknown) => readonly Fault[]) | undefined;
  const faults = parsed.data === undefined ? [] : (look?.(parsed.data) ?? []);
  return faults.length > 0 ? { faults } : { value: parsed.data };
}

/** What is wrong with the list itself comes first. */
const entryOf = ({ path: [entry] }: Fault): number => (typeof entry === 'number' ? entry : -1);

function numberIn(written: unknown): unknown {
  if (typeof written !== 'string' || !/^\s*[+-]?\d+(\.\d+)?\s*$/.test(written)) return written;
  return Number(written);
}

function faultOf(spec: SettingSpec, value: unknown, issue: Issue): Fault {
  const { path } = issue;
  if (spec.kind === 'players') return { path, ...ofPlayers(path, issue, value) };
  const { key } = spec;
  const shown = spec.secret ? 'the value' : shorten(value);
  const example = `For example: ${key}: ${exampleOf(spec)}`;
  switch (spec.kind) {
    case 'number': {
      const suggestion = unitHint(spec, value) ?? example;
      return { path: [], reason: `${key}: ${shown} is no ${numbers(spec)}.`, suggestion };
    }
    case 'switch':
      return { path: [], reason: `${key}: ${shown} is neither true nor false.`, suggestion: example };
    case 'choice':
      return {
        path: [],
        reason: `${key}: ${shown} is not one of its values.`,
        suggestion: choices(spec, value),
      };
    case 'list':
      return { path: [], reason: `${key}: ${shown} is no list of texts.`, suggestion: example };
    case 'address':
      return { path: [], reason: `${key}: ${shown} is no web address.`, suggestion: example };
    case 'text':
      return { path: [], reason: `${key}: ${shown} ${textFault(issue)}.`, suggestion: example };
    case 'other':
      return { path, reason: `${key}: ${[...path.map(String), issue.message].join(': ')}.` };
  }
}

/** `whole number from 0 to 65535` */
export function numbers({ minimum, maximum, whole }: SettingSpec): string {
  const number = whole ? 'whole number' : 'number';
  return minimum === undefined || maximum === undefined ? number : `${number} from ${minimum} to ${maximum}`;
}

function choices({ choices: known }: SettingSpec, value: unknown): string {
  const meant = typeof value === 'string' ? nearest(value, known) : undefined;
  const all = `It may be ${known.join(', ')}.`;
  return meant === undefined ? all : `Did you mean ${meant}? ${all}`;
}

function textFault(issue: Issue): string {
  if (issue.code === 'invalid_type') return 'is no text; put it into quotes';
  if (issue.code === 'too_small' && issue.minimum === 1) return 'is empty';
  if (issue.code === 'too_small') return `is too short, it needs ${String(issue.minimum)} characters`;
  if (issue.code === 'too_big') return `is too long, it may have ${String(issue.maximum)} characters`;
  return 'does not have the right form';
}

/** As one would write it in the config file. */
export function exampleOf({ example, fallback, kind, choices: known }: SettingSpec): string {
  if (example !== undefined) return example;
  if (fallback !== undefined) return JSON.stringify(fallback).replaceAll('"', '');
  if (kind === 'switch') return 'true';
  return kind === 'number' ? '1' : (known[0] ?? 'text');
}

function shorten(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function uniqueByReason(faults: readonly Fault[]): Fault[] {
  return faults.filter(({ reason }, at) => faults.findIndex((other) => other.reason === reason) === at);
}
