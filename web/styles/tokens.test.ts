import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

/** Six-digit colours by name, of one rule. */
function colours(selector: string): Map<string, number[]> {
  const start = css.indexOf(selector);
  const rule = css.slice(start, css.indexOf('}', start));
  const pairs = [...rule.matchAll(/--([\w-]+): #([0-9a-f]{6});/g)];
  return new Map(
    pairs.map(([, name, hex]) => [name!, [0, 2, 4].map((at) => parseInt(hex!.slice(at, at + 2), 16))]),
  );
}

/** WCAG 2: relative luminance. */
function luminance(rgb: number[]): number {
  const [r, g, b] = rgb.map((value) => {
    const c = value / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

function contrast(one: number[], other: number[]): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
}

describe('colours', () => {
  for (const [theme, selector] of [
    ['dark', ':root {'],
    ['light', ":root[data-theme='light'] {"],
    ['light by the system', ":root:not([data-theme='dark']) {"],
  ] as const) {
    it(`reach 4.5:1 for text on every surface, ${theme}`, () => {
      const of = colours(selector);
      const weak: string[] = [];
      for (const text of ['text', 'dim', 'accent', 'warn', 'error'])
        for (const on of ['bg', 'surface', 'raised'])
          if (contrast(of.get(text)!, of.get(on)!) < 4.5) weak.push(`${text} on ${on}`);
      for (const [text, on] of [
        ['on-accent', 'accent'],
        ['bg', 'text'],
        ['bg', 'warn'],
        ['bg', 'error'],
      ] as const)
        if (contrast(of.get(text)!, of.get(on)!) < 4.5) weak.push(`${text} on ${on}`);
      expect(weak).toEqual([]);
    });
  }
});
