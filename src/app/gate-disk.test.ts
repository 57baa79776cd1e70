import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { COMMAND_TYPES, type Caller, type Handlers } from '../protocol/index.js';
import { whileDiskTakes } from './gate-disk.js';

const done: string[] = [];
const handlers = Object.fromEntries(
  COMMAND_TYPES.map((type) => [type, () => void done.push(type)]),
) as unknown as Handlers;
const caller: Caller = { connection_id: 'test', role: 'admin' };

const answer = (gated: Handlers, type: (typeof COMMAND_TYPES)[number]): string => {
  try {
    (gated[type] as (request: unknown, caller: Caller) => unknown)({}, caller);
    return 'done';
  } catch (error) {
    return error instanceof AppError ? error.code : 'other';
  }
};

describe('[BK4] while the disk takes nothing', () => {
  const gated = whileDiskTakes(handlers, () => new AppError('ERR_DISK', 'full'));

  it.each([
    'room:play',
    'room:volume',
    'sleep:set',
    'library:search',
    'backup:remove',
    'token:revoke',
    'backup:list',
  ] as const)('%s goes on', (type) => expect(answer(gated, type)).toBe('done'));

  it.each([
    'queue:add',
    'room:rename',
    'people:add',
    'backup:create',
    'schedule:set',
    'upload:begin',
  ] as const)('%s is refused before it has done anything', (type) => {
    done.length = 0;
    expect([answer(gated, type), done]).toEqual(['ERR_DISK', []]);
  });

  it('everything goes on once it does again', () => {
    const fine = whileDiskTakes(handlers, () => undefined);
    expect(new Set(COMMAND_TYPES.map((type) => answer(fine, type)))).toEqual(new Set(['done']));
  });
});
