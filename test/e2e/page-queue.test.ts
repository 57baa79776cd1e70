import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';

const { open } = pageStage();
const titles = (page: Page): Promise<string[]> => page.locator('.queue-row .row-title').allTextContents();

describe('the queue', () => {
  it('is reordered by keyboard, and the focus goes with the item', async () => {
    const { page, living } = await open('#/queue');
    const [first] = await titles(page);
    await page.locator('.queue-row .row-main').first().focus();
    for (let step = 1; step <= 3; step++) {
      await page.keyboard.press('Alt+ArrowDown');
      await until(`moved ${step}`, () => living().queue.items[step]?.title === first);
    }
    expect(await page.evaluate(() => document.activeElement?.querySelector('.row-title')?.textContent)).toBe(
      first,
    );
    expect((await titles(page))[3]).toBe(first);
  });

  it('is reordered by dragging the handle', async () => {
    const { page, living } = await open('#/queue');
    const [first] = await titles(page);
    const handle = (await page.locator('.drag-handle').first().boundingBox())!;
    const target = (await page.locator('.drag-handle').nth(4).boundingBox())!;
    await page.mouse.move(handle.x + 20, handle.y + 20);
    await page.mouse.down();
    await page.mouse.move(handle.x + 20, handle.y + 120, { steps: 4 });
    await page.mouse.move(target.x + 20, target.y + 20, { steps: 8 });
    await page.mouse.up();
    await until('the first is the fifth', () => living().queue.items[4]?.title === first);
    await until('and is drawn there', async () => (await titles(page))[4] === first);
  });

  it('is reordered by a menu for those who cannot drag', async () => {
    const { page, living } = await open('#/queue');
    const first = living().queue.items[0]!.item_id;
    await page.locator('.queue-row').nth(0).getByRole('button', { name: /^More/ }).click();
    await button(page, 'Move down').click();
    await until('moved', () => living().queue.items[1]?.item_id === first);
  });

  it('gives back what was removed', async () => {
    const { page, living } = await open('#/queue');
    const before = living().queue.items;
    await page.locator('.queue-row').nth(2).getByRole('button', { name: /^More/ }).click();
    await button(page, 'Remove').click();
    await until('it is gone', () => living().queue.items.length === before.length - 1);
    await page.getByText(`Removed ${before[2]!.title}`).waitFor();
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
    await until('it is back', () => living().queue.items.length === before.length);
    expect(living().queue.items[2]!.item_id).toBe(before[2]!.item_id);
  });

  it('removes by a swipe to the left', async () => {
    const { page, living } = await open('#/queue', {}, { hasTouch: true });
    const before = living().queue.items.length;
    const row = (await page.locator('.queue-row').nth(3).boundingBox())!;
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x, y: row.y + 30 }],
      });
    await touch('touchStart', row.x + 260);
    for (const x of [240, 200, 150, 100, 40]) await touch('touchMove', row.x + x);
    await touch('touchEnd', 0);
    await until('one less', () => living().queue.items.length === before - 1);
  });

  it('plays what is tapped', async () => {
    const { page, living } = await open('#/queue');
    await page.locator('.queue-row .row-main').nth(5).click();
    await until('it plays', () => living().playback.current_index === 5);
    await until('it is marked', async () =>
      (await page.locator('.queue-row').nth(5).getAttribute('class'))!.includes('current'),
    );
  });

  it('is emptied, and undone by the button', async () => {
    const { page, living } = await open('#/queue');
    await button(page, 'Clear queue').click();
    await page.getByText('Nothing is queued.').waitFor();
    await page.locator('.header-actions').getByRole('button', { name: 'Undo' }).click();
    await until('all are back', () => living().queue.items.length === 24);
  });

  it('is saved as a playlist', async () => {
    const { page, fake } = await open('#/queue');
    await button(page, 'Save as playlist').click();
    await page.getByLabel('Name').fill('Rainy day');
    await button(page, 'Save').click();
    await page.getByText('Saved as Rainy day').waitFor();
    expect(fake.house.music.playlists.at(-1)?.name).toBe('Rainy day');
  });

  it('scrolls through 10,000 items with few of them drawn', async () => {
    const { page, living, complaints } = await open('#/queue', { items: 10_000 });
    await page.getByText('10,000 tracks').waitFor();
    await page.locator('.scroller').evaluate((element) => (element.scrollTop = element.scrollHeight));
    await page.locator('[aria-posinset="10000"]').waitFor();
    expect(await page.locator('.queue-row').count()).toBeLessThan(60);
    await page.locator('[aria-posinset="9999"] .row-main').focus();
    await page.keyboard.press('Delete');
    await until('9,999 are left', () => living().queue.items.length === 9_999);
    await page.getByText('9,999 tracks').waitFor();
    expect(complaints).toEqual([]);
  });
});
