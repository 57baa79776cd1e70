/** The part of JSON Schema that our schemas use. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly prefixItems?: readonly JsonSchema[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

const WIDTH = 88;
const MAX_DEPTH = 8;
/** What zod writes for any integer. */
const LARGEST = 9007199254740991;

/** A schema as people read it, in the manner of TypeScript: `{ room_id: string, volume: number 0..1 }`. */
export function schemaText(schema: JsonSchema, indent = '', depth = 0): string {
  if (depth > MAX_DEPTH) return '…';
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((one) => schemaText(one, indent, depth + 1)).join(' | ');
  if (schema.allOf) return schema.allOf.map((one) => schemaText(one, indent, depth + 1)).join(' & ');
  switch (schema.type) {
    case 'object':
      return objectText(schema, indent, depth);
    case 'array':
      return `[${schemaText(schema.items ?? {}, indent, depth + 1)}]${range(schema.minItems, schema.maxItems)}`;
    case 'string':
      return `string${schema.format === undefined ? '' : ` ${schema.format}`}${range(schema.minLength, schema.maxLength)}`;
    case 'number':
    case 'integer':
      return `${schema.type}${range(schema.minimum, schema.maximum)}`;
    case undefined:
    default:
      return schema.type ?? 'anything';
  }
}

function objectText(schema: JsonSchema, indent: string, depth: number): string {
  const { properties = {}, required = [], additionalProperties } = schema;
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(([name, field]) => {
    const standard = field.default === undefined ? '' : ` = ${JSON.stringify(field.default)}`;
    return `${name}${required.includes(name) ? '' : '?'}: ${schemaText(field, inner, depth + 1)}${standard}`;
  });
  if (typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0)
    fields.push(`[name]: ${schemaText(additionalProperties, inner, depth + 1)}`);
  if (fields.length === 0) return '{}';
  const line = `{ ${fields.join(', ')} }`;
  if (line.length + indent.length <= WIDTH && !line.includes('\n')) return line;
  return `{\n${fields.map((field) => `${inner}${field}\n`).join('')}${indent}}`;
}

function range(least: number | undefined, most: number | undefined): string {
  const from = least === undefined || least === -LARGEST ? '' : String(least);
  const to = most === undefined || most === LARGEST ? '' : String(most);
  return from === '' && to === '' ? '' : ` ${from}..${to}`;
}
