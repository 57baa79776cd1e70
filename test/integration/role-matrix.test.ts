import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { silentLogger } from '../../src/base/index.js';
import {
  COMMAND_TYPES,
  COMMANDS,
  ROLES,
  SCOPES,
  type Caller,
  type CommandType,
  type Handlers,
  type Scope,
} from '../../src/protocol/index.js';
import { commandRunner } from '../../src/server/index.js';

const spec = readFileSync(join(import.meta.dirname, '../../src/protocol/SPEC.md'), 'utf8');

/** The table of SPEC.md: what people read is what is asserted, cell by cell. */
const table = spec.split('table: matrix -->')[1]?.split('<!-- end')[0] ?? '';
const MATRIX = new Map(
  table
    .trim()
    .split('\n')
    .slice(2)
    .map((row) => {
      const [command = '', ...cells] = row.slice(2, -2).split(' | ');
      return [command.replaceAll('`', ''), cells] as const;
    }),
);

interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly minLength?: number;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly pattern?: string;
}

/** One of a few texts that fits. */
function textFor({ pattern = '', minLength = 0 }: Shape): string {
  const texts = ['x'.repeat(Math.max(4, minLength)), 'http://radio.example/live', 'KEY_MUTE', '07:00'];
  return texts.find((text) => new RegExp(pattern, 'u').test(text)) ?? '';
}

/** Something that a schema takes: the least of it. */
function sample(shape: Shape): unknown {
  const choice = shape.anyOf?.[0] ?? shape.oneOf?.[0];
  if (choice) return sample(choice);
  if (shape.const !== undefined) return shape.const;
  if (shape.enum) return shape.enum[0];
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(
        (shape.required ?? []).map((name) => [name, sample(shape.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: shape.minItems ?? 0 }, () => sample(shape.items ?? {}));
    case 'number':
    case 'integer':
      return Math.max(0, shape.minimum ?? 0);
    case 'boolean':
      return true;
    case undefined:
    default:
      return textFor(shape);
  }
}

const reached: string[] = [];
const run = commandRunner(
  Object.fromEntries(
    COMMAND_TYPES.map((type) => [type, (): object => (reached.push(type), {})]),
  ) as unknown as Handlers,
  silentLogger,
);

/** `reached`: its handler ran; else the code of the refusal. */
async function attempt(type: CommandType, who: Partial<Caller>, roomId = 'kitchen'): Promise<string> {
  const request = sample(z.toJSONSchema(COMMANDS[type].request, { io: 'input' }) as Shape) as object;
  const inRoom = 'room_id' in request ? { ...request, room_id: roomId } : request;
  reached.length = 0;
  const result = await run(type, inRoom, { connection_id: 'test', role: 'guest', ...who });
  if (!result.ok) return result.error.code;
  return reached[0] === type && reached.length === 1 ? 'reached' : 'another handler';
}

const hasRoom = (type: CommandType): boolean => 'room_id' in COMMANDS[type].request.shape;
const INCLUDES: Readonly<Record<Scope, readonly string[]>> = {
  read: ['read'],
  control: ['read', 'control'],
  admin: ['read', 'control', 'admin', 'metrics'],
  metrics: ['metrics'],
  satellite: ['satellite'],
};

/** Who may ask, and whether the cell says that they may. */
function callers(
  type: CommandType,
  role: (typeof ROLES)[number],
  cell: string,
): [Partial<Caller>, boolean, string][] {
  if (cell === 'yes' || cell === 'no') {
    const scopes = role === 'device' ? SCOPES : undefined;
    return [[{ role, scopes, room_id: 'kitchen' }, cell === 'yes', 'kitchen']];
  }
  if (cell === 'own room')
    return [
      [{ role, room_id: 'kitchen' }, hasRoom(type), 'kitchen'],
      [{ role, room_id: 'kitchen' }, false, 'bath'],
      [{ role }, false, 'kitchen'],
    ];
  return SCOPES.map((scope) => [
    { role, scopes: [scope] },
    INCLUDES[scope].includes(cell.replaceAll('`', '')),
    'kitchen',
  ]);
}

describe('the matrix of SPEC.md [S16, RO1]', () => {
  it('has a row for every command and a cell for every role', () => {
    expect([...MATRIX.keys()]).toEqual(COMMAND_TYPES);
    for (const cells of MATRIX.values()) expect(cells).toHaveLength(ROLES.length);
  });

  it.each(COMMAND_TYPES)('holds for %s', async (type) => {
    for (const [index, role] of ROLES.entries())
      for (const [who, may, roomId] of callers(type, role, MATRIX.get(type)?.[index] ?? '')) {
        const outcome = await attempt(type, who, roomId);
        expect([type, who, roomId, outcome]).toEqual([
          type,
          who,
          roomId,
          may ? 'reached' : 'ERR_NOT_ALLOWED',
        ]);
      }
  });

  it('lets guests look, ask for music and take part, and nothing else', () => {
    const guests = [...MATRIX].filter(([, cells]) => cells[2] !== 'no').map(([type]) => type);
    const harmless =
      /^(library:|playlist:(list|get)|system:status|people:me|room:(get|listen|join|leave|close|rules|hand-over|chat|vote-skip|veto)|queue:(add|remove)|activity:|job:)/;
    expect(guests.filter((type) => !harmless.test(type))).toEqual([]);
  });

  it('refuses before it looks at what is wrong with a request', async () => {
    const result = await run('people:add', { name: 7, secret: 'x' }, { connection_id: 'test', role: 'user' });
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_NOT_ALLOWED' } });
  });
});
