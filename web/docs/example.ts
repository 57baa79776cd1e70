/** The part of JSON Schema that requests use. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
}

/** What people would write for a field of this name; taken when the schema admits it. */
const LIKELY: Readonly<Record<string, string>> = {
  url: 'https://radio.example/stream',
  stream_url: 'https://radio.example/stream',
  query: 'blue',
  text: 'Dinner is ready',
  name: 'Ann',
  title: 'Sunday',
};

/** A request that the server would read: only what is needed, with the least values. */
export function exampleOf(schema: JsonSchema, name = ''): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = (schema.anyOf ?? schema.oneOf)?.[0];
  if (choice) return exampleOf(choice, name);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((field) => [field, exampleOf(schema.properties?.[field] ?? {}, field)]),
      );
    case 'array':
      return Array.from({ length: Math.max(1, schema.minItems ?? 0) }, () =>
        exampleOf(schema.items ?? {}, name.replace(/s$/, '')),
      );
    case 'integer':
    case 'number':
      return numberWithin(schema);
    case 'boolean':
      return true;
    case 'string':
      return textOf(schema, name);
    case undefined:
    default:
      return null;
  }
}

function numberWithin({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): number {
  return minimum > Number.MIN_SAFE_INTEGER ? Math.max(minimum, Math.min(0, maximum)) : 0;
}

function textOf({ format, minLength = 0, maxLength = 64, pattern }: JsonSchema, name: string): string {
  if (format === 'uri') return LIKELY['url']!;
  if (format === 'date-time') return '2026-12-24T18:00:00Z';
  const likely = LIKELY[name] ?? (name.replace(/_id$/, '') || 'text');
  const long = likely.padEnd(minLength, 'x').slice(0, maxLength);
  if (pattern === undefined || new RegExp(pattern, 'u').test(long)) return long;
  const tries = [4, 6, 16, 22, 32, 43].flatMap((length) => ['0'.repeat(length), 'a'.repeat(length)]);
  return [long.replaceAll('_', '-'), ...tries].find((one) => new RegExp(pattern, 'u').test(one)) ?? long;
}
