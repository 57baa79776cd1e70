import { describe, expect, it } from 'vitest';
import { outputName } from './launch.js';

describe('the name of an output', () => {
  it.each([
    ['local', '', 'local'],
    ['kitchen-2', '', 'kitchen-2'],
    ['alsa-plughw', 'satellite-', 'satellite-alsa-plughw'],
  ])('of %s is what a person types', (playerId, prefix, name) => {
    expect(outputName(playerId, prefix)).toBe(name);
  });

  it.each(['', '-x', 'Küche', 'a/b', '../x', 'a b', 'a.service', 'x'.repeat(65), 'a\nb'])(
    'of %j is one that the door takes',
    (playerId) => {
      expect(outputName(playerId, '')).toMatch(/^[0-9a-f]{16}$/);
    },
  );

  it('differs for each player that has none of its own', () => {
    expect(outputName('Küche', '')).not.toBe(outputName('Köche', ''));
  });
});
