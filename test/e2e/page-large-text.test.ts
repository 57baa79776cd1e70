import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { anAlarm, ringing } from '../fakes/fake-alarms.js';
import { aBackup } from '../fakes/fake-backups.js';
import { aCheck } from '../fakes/fake-doctor.js';
import { fakeHandlers } from '../fakes/fake-commands.js';
import { auditControls } from './audit.js';
import { button, pageStage } from './page-stage.js';
import { PHONE } from './pipeline-stage.js';

const { startFake, openPage } = pageStage();

/** The letters that somebody has chosen in the browser. */
const twice = (): void => {
  new MutationObserver((_, watch) => {
    watch.disconnect();
    document.documentElement.style.fontSize = '200%';
  }).observe(document, { childList: true });
};

async function large(hash: string) {
  const fake = await startFake();
  const item = fake.house.room('living-room')!.queue.items[1]!;
  fakeHandlers(fake.house)['room:play']!({ room_id: 'living-room', item_id: item.item_id });
  const opened = await openPage(`${fake.url}/${hash}`, PHONE, twice);
  await opened.page.locator('.app:not(.not-live)').waitFor();
  return { ...opened, fake };
}

/** Texts that are cut off at the side, or by what holds them. */
const cutOff = (page: Page, within: string): Promise<string[]> =>
  page.evaluate(
    (selector) =>
      [...document.querySelectorAll(`${selector} *`)]
        .filter(
          (element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1,
        )
        .map((element) => `${element.className} ${element.textContent.slice(0, 30)}`),
    within,
  );

describe('with letters twice as large everything fits the screen', () => {
  it.each([
    '',
    '#/queue',
    '#/alarms',
    '#/limits',
    '#/house-settings',
    '#/inputs',
    '#/doctor',
    '#/backups',
    '#/settings',
  ])('%s', async (hash) => {
    const { page, fake } = await large(hash);
    const { pipeline, backups } = fake.house;
    pipeline.put(
      'alarms',
      anAlarm({ name: 'A very long name of an alarm', next_at: new Date().toISOString() }),
    );
    pipeline.put('checks', aCheck({ severity: 'warning', fix: 'sudo iw dev wlan0 set power_save off' }));
    backups.backups = [aBackup()];
    await page.locator('main :is(h1, h2)').first().waitFor();
    const size = await page.locator('body').evaluate((body) => getComputedStyle(body).fontSize);
    expect(size).toBe('34px');
    expect(await auditControls(page)).toEqual([]);
    expect(await cutOff(page, '.foot')).toEqual([]);
  });

  it('the sheet of an alarm', async () => {
    const { page } = await large('#/alarms');
    await button(page, 'New alarm').click();
    await page.getByRole('dialog').getByText('More', { exact: true }).click();
    expect(await auditControls(page)).toEqual([]);
    const chips = await page
      .locator('.day-chips .chip')
      .evaluateAll((all) =>
        all.filter((chip) => chip.scrollWidth > chip.clientWidth + 1).map((chip) => chip.textContent),
      );
    expect(chips).toEqual([]);
  });

  it('an alarm that rings', async () => {
    const { page, fake } = await large('#/alarms');
    await button(page, 'New alarm').waitFor();
    fake.house.pipeline.put(
      'alarms',
      anAlarm({
        name: 'A very long name of an alarm that wakes all of the house now',
        ring: ringing({ problem: 'No player of its room is connected. '.repeat(4) }),
      }),
    );
    await page.getByRole('alertdialog').waitFor();
    expect(await cutOff(page, '.ringing')).toEqual([]);
    await page.setViewportSize({ width: 320, height: 568 });
    const stop = await button(page, 'Stop').boundingBox();
    const whole = await page.getByRole('alertdialog').boundingBox();
    expect(stop!.y + stop!.height).toBeLessThanOrEqual(whole!.y + whole!.height);
  });
});
