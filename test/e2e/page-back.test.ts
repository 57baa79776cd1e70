import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialogs = (page: Page) => page.locator('dialog');
const at = (page: Page) => page.evaluate(() => location.hash);
const entries = (page: Page) => page.evaluate(() => history.length);
const gone = (page: Page) => until('no sheet is open', async () => (await dialogs(page).count()) === 0);
const isAt = (page: Page, hash: string) => until(`it is at ${hash}`, async () => (await at(page)) === hash);

/** On the alarms, which one came to from the settings. */
async function onAlarms() {
  const opened = await open('', {}, PHONE);
  const { page } = opened;
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('link', { name: 'Alarms' }).click();
  await button(page, 'New alarm').waitFor();
  return opened;
}

/** Presses of the back key and of the other one, each with as many steps of the history as it brings about. */
const press = async (page: Page, way: 'back' | 'forward', steps = 1): Promise<void> => {
  await page.evaluate(
    ([which, count]) =>
      new Promise<void>((resolve) => {
        let left = count;
        const step = (): void => {
          if (--left > 0) return;
          removeEventListener('popstate', step);
          resolve();
        };
        addEventListener('popstate', step);
        history[which]();
      }),
    [way, steps] as const,
  );
};
const back = (page: Page) => press(page, 'back');
/** The history has taken along what was closed. */
const settled = (page: Page) =>
  until('no entry stands for a sheet', () => page.evaluate(() => history.state === null));

describe('the back key', () => {
  it('closes a sheet and leaves the page beneath it, then the page', async () => {
    const { page, complaints } = await onAlarms();
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await back(page);
    await gone(page);
    await settled(page);
    expect(await at(page)).toBe('#/alarms');
    expect(await button(page, 'New alarm').evaluate((one) => one === document.activeElement)).toBe(true);
    await back(page);
    await isAt(page, '#/settings');
    expect(complaints).toEqual([]);
  });

  it('is one step however often sheets were closed by their buttons, which leave nothing behind', async () => {
    const { page } = await onAlarms();
    const before = await entries(page);
    for (let n = 0; n < 4; n++) {
      await button(page, 'New alarm').click();
      await button(page, 'Close').click();
      await gone(page);
      await button(page, 'New alarm').click();
      await dialogs(page).waitFor();
      await page.keyboard.press('Escape');
      await gone(page);
    }
    expect(await entries(page)).toBeLessThanOrEqual(before + 1);
    await settled(page);
    await back(page);
    await isAt(page, '#/settings');
  });

  it('closes one of two sheets that lie over one another', async () => {
    const { page } = await onAlarms();
    await button(page, 'New alarm').click();
    await page.evaluate(() => (document.activeElement as { blur?: () => void } | null)?.blur?.());
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await dialogs(page).count()).toBe(2);
    await back(page);
    await until('one is left', async () => (await dialogs(page).count()) === 1);
    await page.getByRole('dialog', { name: 'New alarm' }).waitFor();
    await back(page);
    await gone(page);
    await settled(page);
    expect(await at(page)).toBe('#/alarms');
    await back(page);
    await isAt(page, '#/settings');
  });

  it('closes the sheet that took the place of another, in one step', async () => {
    const { page } = await open('#/rooms', {}, PHONE);
    await page.evaluate(() => (location.hash = '#/queue'));
    await page.evaluate(() => (location.hash = '#/rooms'));
    await button(page, 'More for Kitchen').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sleep timer' }).click();
    await page.getByRole('dialog', { name: 'Sleep timer of Kitchen' }).waitFor();
    await back(page);
    await gone(page);
    await settled(page);
    expect(await at(page)).toBe('#/rooms');
    await back(page);
    await isAt(page, '#/queue');
  });

  it('leads from where a sheet led to the page that the sheet lay over', async () => {
    const { page } = await open('#/rooms', {}, PHONE);
    await button(page, 'More for Kitchen').first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Alarms' }).click();
    await isAt(page, '#/alarms');
    await gone(page);
    await settled(page);
    await back(page);
    await isAt(page, '#/rooms');
    expect(await dialogs(page).count()).toBe(0);
    await press(page, 'forward');
    await isAt(page, '#/alarms');
  });

  it('is one step after a reload too, which closes what was open', async () => {
    const { page } = await onAlarms();
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await page.reload();
    await button(page, 'New alarm').waitFor();
    await settled(page);
    expect([await dialogs(page).count(), await at(page)]).toEqual([0, '#/alarms']);
    await back(page);
    await isAt(page, '#/settings');
  });

  it('can be pressed in vain the other way: no sheet comes back, and nothing is in the way', async () => {
    const { page } = await onAlarms();
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await back(page);
    await gone(page);
    // There, and back by itself.
    await press(page, 'forward', 2);
    expect([await dialogs(page).count(), await at(page)]).toEqual([0, '#/alarms']);
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await button(page, 'Close').click();
    await gone(page);
    await settled(page);
    await back(page);
    await isAt(page, '#/settings');
  });

  it('leaves a link that is tapped while a sheet closes alone', async () => {
    const { page } = await onAlarms();
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await page.evaluate(async () => {
      const click = (which: string): void => {
        const element = document.querySelector(which);
        if (element instanceof HTMLElement) element.click();
      };
      click('dialog button[aria-label=Close]');
      // The sheet is gone, the browser is still on its way.
      await new Promise((resolve) => queueMicrotask(() => queueMicrotask(() => resolve(undefined))));
      while (document.querySelector('dialog')) await Promise.resolve();
      click('nav.tabs a[href="#/queue"]');
    });
    await isAt(page, '#/queue');
    await settled(page);
    expect(await at(page)).toBe('#/queue');
    await back(page);
    await isAt(page, '#/alarms');
  });

  it('closes a sheet along with the page that another address took the place of', async () => {
    const { page } = await onAlarms();
    await button(page, 'New alarm').click();
    await dialogs(page).waitFor();
    await page.evaluate(() => (location.hash = '#/queue'));
    await gone(page);
    await back(page);
    // Past the entry of the sheet, by itself.
    await settled(page);
    await isAt(page, '#/alarms');
    expect(await dialogs(page).count()).toBe(0);
    await back(page);
    await isAt(page, '#/settings');
  });
});

it('the button for it does what the key does', async () => {
  const { page } = await onAlarms();
  await button(page, 'New alarm').click();
  await dialogs(page).waitFor();
  await page.evaluate(() => (location.hash = '#/limits'));
  await gone(page);
  for (const hash of ['#/alarms', '#/settings']) {
    await button(page, 'Back').click();
    await isAt(page, hash);
    await settled(page);
  }
  expect(await dialogs(page).count()).toBe(0);
});

it('the button for it leads to what plays when the page was opened where it stands', async () => {
  const { page } = await open('#/alarms', {}, PHONE);
  await button(page, 'Back').click();
  await isAt(page, '#/');
  await page.getByRole('region', { name: 'Now playing' }).waitFor();
});
