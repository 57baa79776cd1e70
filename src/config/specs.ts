import * as z from 'zod';
import { limitKeys } from './limits.js';
import { pipelineKeys } from './pipeline.js';
import { ConfigSchema, type FileConfig } from './schema.js';
import { List, Marks, Switch } from './values.js';

export type SettingKey = keyof FileConfig;

/** How a value is written: what people are offered, and what a wrong one is told. `players` and `other` are more than one value. */
export type SettingKind = 'text' | 'address' | 'number' | 'switch' | 'choice' | 'list' | 'players' | 'other';

/** A setting, as the schema says it. */
export interface SettingSpec {
  readonly key: SettingKey;
  readonly group: string;
  readonly kind: SettingKind;
  readonly description: string;
  /** The environment variable that sets it. */
  readonly variable: string;
  /** Undefined: there is none, or it depends on this machine, as the description says. */
  readonly fallback: unknown;
  readonly choices: readonly string[];
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  /** Without a fraction. */
  readonly whole: boolean;
  readonly live: boolean;
  readonly secret: boolean;
  readonly only_file: boolean;
  readonly folder: boolean;
  readonly form: z.infer<typeof Marks>['form'];
  readonly example: string | undefined;
}

/** Headings, in the order of the files and of the page; what none of them names stands under the last. */
const GROUPS: readonly (readonly [heading: string, belongs: (key: string) => boolean])[] = [
  ['Players', (key) => /^(players|mdns|local_output|snapcast.*|mpd_port)$/.test(key)],
  ['Remotes and pins', (key) => /^(inputs|gpio_.*)$/.test(key)],
  ['Music', (key) => /^(music_dir|watch)$/.test(key)],
  ['Music in and out', (key) => Object.hasOwn(pipelineKeys, key)],
  [
    'Network',
    (key) =>
      /^(port|host|auth|allowed_hosts|allowed_origins|public_url|trusted_proxies|tls_cert|tls_key)$/.test(
        key,
      ),
  ],
  ['Limits', (key) => Object.hasOwn(limitKeys, key)],
  ['Several processes', (key) => /^(bus|bus_name|bus_secret|house_url)$/.test(key)],
];
const REST = 'This server';
export const GROUP_NAMES: readonly string[] = [...GROUPS.map(([heading]) => heading), REST];

/** Every setting, by its heading and below that in the order of the schema. */
export const SPECS: readonly SettingSpec[] = (Object.entries(ConfigSchema.shape) as [SettingKey, z.ZodType][])
  .map(([key, schema]) => specOf(key, schema))
  .toSorted((one, other) => GROUP_NAMES.indexOf(one.group) - GROUP_NAMES.indexOf(other.group));

const BY_KEY: ReadonlyMap<string, SettingSpec> = new Map(SPECS.map((spec) => [spec.key, spec]));

/** Undefined for what is no setting. */
export function specFor(key: string): SettingSpec | undefined {
  return BY_KEY.get(key);
}

function specOf(key: SettingKey, schema: z.ZodType): SettingSpec {
  const marks = Marks.parse(schema.meta() ?? {});
  const { inner, fallback } = unwrapped(schema);
  const limits = inner instanceof z.ZodNumber ? inner : undefined;
  return {
    ...marks,
    key,
    group: GROUPS.find(([, belongs]) => belongs(key))?.[0] ?? REST,
    kind: kindOf(key, inner),
    variable: `TUTTI_${key.toUpperCase()}`,
    fallback,
    choices: inner instanceof z.ZodEnum ? inner.options.map(String) : [],
    minimum: limits?.minValue ?? undefined,
    maximum: limits?.maxValue ?? undefined,
    whole: limits?.isInt ?? false,
    example: marks.example,
    form: marks.form,
  };
}

function kindOf(key: SettingKey, inner: z.ZodType): SettingKind {
  if (key === 'players') return 'players';
  if (inner === List) return 'list';
  if (inner === Switch) return 'switch';
  if (inner instanceof z.ZodEnum) return 'choice';
  if (inner instanceof z.ZodNumber) return 'number';
  if (inner instanceof z.ZodURL) return 'address';
  return inner instanceof z.ZodString ? 'text' : 'other';
}

/** What a value has to be, behind "may be absent", "is this by default" and what is made of it. */
function unwrapped(schema: z.ZodType): { readonly inner: z.ZodType; readonly fallback: unknown } {
  let inner = schema;
  let fallback: unknown;
  for (;;) {
    if (inner instanceof z.ZodDefault) {
      fallback = inner.def.defaultValue;
      inner = inner.unwrap() as z.ZodType;
    } else if (inner instanceof z.ZodOptional) inner = inner.unwrap() as z.ZodType;
    else if (inner instanceof z.ZodPipe) inner = inner.in as z.ZodType;
    else return { inner, fallback };
  }
}
