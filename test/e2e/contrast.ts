import type { Page } from 'playwright-core';

/** Texts on the page now whose colour is nearer than 4.5:1 (large ones 3:1) to what is painted under them; empty when none is. */
export function auditContrast(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Colour = readonly [number, number, number, number];
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!;
    const parse = (text: string): Colour => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r = 0, g = 0, b = 0, a = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top: Colour, below: Colour): Colour => {
      const mix = (at: 0 | 1 | 2): number => top[at] * top[3] + below[at] * (1 - top[3]);
      return [mix(0), mix(1), mix(2), 1];
    };
    const luminance = (colour: Colour): number => {
      const [r, g, b] = [colour[0], colour[1], colour[2]].map((value) => {
        const c = value / 255;
        return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
    };
    const under = (element: Element | null): Colour => {
      if (!element) return parse(getComputedStyle(document.body).backgroundColor);
      const own = parse(getComputedStyle(element).backgroundColor);
      return own[3] === 1 ? own : over(own, under(element.parentElement));
    };
    const found: string[] = [];
    const walker = document.createTreeWalker(document.querySelector('dialog') ?? document.body, 4);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      const text = node.textContent?.trim() ?? '';
      if (!element || text === '' || element.closest('.visually-hidden, [disabled], script, option'))
        continue;
      if (!element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      const ground = under(element);
      const ink = over(parse(style.color), ground);
      const [dark, light] = [luminance(ink), luminance(ground)].sort((one, other) => one - other);
      const ratio = (light! + 0.05) / (dark! + 0.05);
      if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5))
        found.push(`${ratio.toFixed(1)}: ${element.className} "${text.slice(0, 40)}"`);
    }
    return found;
  });
}
