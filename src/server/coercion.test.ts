import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../protocol/index.js';
import { textCoercion } from './coercion.js';

describe('[RS2] text of paths and queries', () => {
  const coerce = textCoercion(COMMANDS['library:search'].request);
  it('becomes a number where the schema wants one', () => {
    expect(coerce({ query: '12', limit: '5' })).toEqual({ query: '12', limit: 5 });
  });
  it.each(['', ' 5', '5 ', '0x5', '1e3', 'NaN', 'Infinity', '--5'])(
    '%j is no number and stays text',
    (limit) => {
      expect(coerce({ limit })).toEqual({ limit });
    },
  );
  it('becomes a boolean for true and false alone', () => {
    const scan = textCoercion(COMMANDS['library:scan'].request);
    expect([scan({ full: 'true' }), scan({ full: 'false' }), scan({ full: '1' })]).toEqual([
      { full: true },
      { full: false },
      { full: '1' },
    ]);
  });
  it('lists and unknown fields pass as they are', () => {
    expect(coerce({ limit: ['1', '2'], bogus: '1' })).toEqual({ limit: ['1', '2'], bogus: '1' });
  });
});
