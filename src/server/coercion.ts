import * as z from 'zod';

/** Field -> what its text has to become. Fields that are text already, or that no text can stand for, are not in it. */
type Kinds = ReadonlyMap<string, 'number' | 'boolean'>;

/** For a request schema: turns the text of path and query fields into numbers and booleans. Text that is neither stays for the schema to refuse. [RS2] */
export function textCoercion(
  request: z.ZodType,
): (fields: Record<string, unknown>) => Record<string, unknown> {
  const kinds = kindsOf(request);
  return (fields) =>
    Object.fromEntries(
      Object.entries(fields).map(([name, text]) => [
        name,
        typeof text === 'string' ? coerce(kinds.get(name), text) : text,
      ]),
    );
}

function coerce(kind: 'number' | 'boolean' | undefined, text: string): unknown {
  if (kind === 'number' && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function kindsOf(request: z.ZodType): Kinds {
  const { properties = {} } = z.toJSONSchema(request, { io: 'input' });
  const kinds = new Map<string, 'number' | 'boolean'>();
  for (const [name, field] of Object.entries(properties)) {
    if (typeof field === 'boolean') continue;
    if (field.type === 'integer' || field.type === 'number') kinds.set(name, 'number');
    if (field.type === 'boolean') kinds.set(name, 'boolean');
  }
  return kinds;
}
