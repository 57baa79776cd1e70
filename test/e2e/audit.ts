import type { Page } from 'playwright-core';

/** What keeps fingers and screen readers from using what is on the page now; empty when nothing does. */
export function auditControls(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const name = (element: Element): string => {
      const label =
        element.getAttribute('aria-label') ?? element.closest('label')?.textContent ?? element.textContent;
      return (label ?? '').trim();
    };
    const describe = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.className} "${name(element)}"`;
    for (const element of document.querySelectorAll('a[href], button, input, select, [role=button]')) {
      // A box in a label is touched through the label.
      const target = element instanceof HTMLInputElement ? (element.closest('label') ?? element) : element;
      const box = target.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      if (name(element) === '') found.push(`no label: ${describe(element)}`);
      if (box.height < 43.5 || box.width < 43.5)
        found.push(`${Math.round(box.width)}x${Math.round(box.height)}: ${describe(element)}`);
    }
    for (const image of document.querySelectorAll('img:not([alt])')) found.push(`no alt: ${describe(image)}`);
    for (const svg of document.querySelectorAll('svg:not([aria-hidden])'))
      found.push(`svg is heard: ${describe(svg)}`);
    if (document.documentElement.lang === '') found.push('the page has no language');
    if (document.querySelectorAll('main').length !== 1) found.push('there is not one main');
    for (const element of document.querySelectorAll('main, aside, .foot, .top, .view, dialog *')) {
      const { right } = element.getBoundingClientRect();
      if (right > innerWidth + 1) found.push(`wider than the screen: ${describe(element).slice(0, 60)}`);
    }
    for (const element of document.querySelectorAll('main button, main a, .top a, .foot a, .foot button')) {
      if (element.closest('.shelf')) continue;
      if (element.getBoundingClientRect().right > innerWidth + 1) found.push(`cut off: ${describe(element)}`);
    }
    return found;
  });
}
