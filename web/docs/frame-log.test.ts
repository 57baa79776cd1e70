import { expect, it } from 'vitest';
import { matches, shown } from './frame-log.js';

const FRAME = {
  way: 'in',
  atMs: 0,
  bytes: 9,
  type: 'room:play rooms',
  text: '{"room_id":"Kitchen"}',
  tookMs: undefined,
} as const;

it.each([
  ['', true],
  ['kitchen', true],
  ['room:play KITCHEN', true],
  ['attic', false],
  ['-attic', true],
  ['room -kitchen', false],
])('a filter of %j lets a frame through: %s', (filter, through) =>
  expect(matches(FRAME, filter)).toBe(through),
);

it('a frame is shown without its secrets', () => {
  const frame = { type: 'auth', data: { token: 'tutti_x', deep: { password: 'y' } }, error: { code: 'E' } };
  expect(shown(frame)).toBe(
    '{"type":"auth","data":{"token":"***","deep":{"password":"***"}},"error":{"code":"E"}}',
  );
});
