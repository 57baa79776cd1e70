import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../base/index.js';
import { MAX_JSON_DEPTH, parseJson } from './json-door.js';

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('JSON from outside', () => {
  it('[EN3] may be 16 levels deep and no deeper', () => {
    expect(() => parseJson(nested(MAX_JSON_DEPTH))).not.toThrow();
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 1))).toThrow(/deeper/);
  });
  it('[EN3] brackets in strings are no depth', () => {
    const text = JSON.stringify({ a: '[[[[[[[[[[[[[[[[[[[[{{{"\\', b: '\\"[[[[[[[[[[[[[[[[[[[[[[[' });
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });
  it.each(['__proto__', 'constructor', 'prototype'])('[EN4] the key %s is refused wherever it is', (key) => {
    const inner = `{"${key}":1}`;
    for (const text of [inner, `{"a":${inner}}`, `[[${inner}]]`])
      expect(() => parseJson(text)).toThrow(AppError);
    expect(parseJson(`["${key}"]`)).toEqual([key]);
  });
  it('[EN1] any text gives what JSON.parse gives, or an AppError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json({ maxDepth: 12 })), (text) => {
        let expected: unknown;
        let valid = true;
        try {
          expected = JSON.parse(text);
        } catch {
          valid = false;
        }
        try {
          const value = parseJson(text);
          expect([valid, value]).toEqual([true, expected]);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
        }
      }),
    );
  });
});
