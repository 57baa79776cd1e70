import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const NONE = { user: 1, device: 1, user_quiet: 1, device_quiet: 1 };
const ANN = { role: 'user', subject_id: 'u-ann', name: 'Ann' } as const;
const MO = { role: 'admin', subject_id: 'u-mo', name: 'Mo' } as const;
/** Quiet at every hour of the day. */
const ALWAYS = { from: '00:00', to: '00:00', limit: 0.6 };

const slider = (page: Page, name: string) =>
  page.getByRole('slider', { name, exact: true }).filter({ visible: true }).first();
const slide = (page: Page, name: string, value: number) =>
  slider(page, name).evaluate((input: HTMLInputElement, to) => {
    input.value = String(to);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
/** Where it ends, 0..1. */
const limitOf = (page: Page, name: string) =>
  slider(page, name).evaluate((input: HTMLInputElement) => input.style.getPropertyValue('--limit'));

it('[VL5] an admin sets how loud people and programs may turn anything, in quiet hours too', async () => {
  const { page, fake, handlers, complaints } = await open('#/settings', { you: MO }, PHONE);
  await page.getByRole('link', { name: 'Volume limits' }).click();
  await page.getByText('Who manages Tutti is held by the limits of rooms alone').waitFor();
  await slide(page, 'People: Never louder than', 55);
  await slide(page, 'People: In quiet hours no louder than', 90);
  await until('both are set', () => fake.house.system.role_limits?.user_quiet === 0.55);
  await slide(page, 'People: In quiet hours no louder than', 20);
  await slide(page, 'Programs: Never louder than', 70);
  const wanted = { user: 0.55, device: 0.7, user_quiet: 0.2, device_quiet: 1 };
  await until('all is set', () => JSON.stringify(fake.house.system.role_limits) === JSON.stringify(wanted));
  handlers['house:limits']!({ device: 0.4 });
  await until(
    'what somebody else sets is seen',
    async () => (await slider(page, 'Programs: Never louder than').inputValue()) === '40',
  );
  await auditPage(page, 'limits-admin');
  await button(page, 'Change: Kitchen').click();
  await slide(page, 'Never louder than', 70);
  await button(page, 'Save').click();
  await page.getByText('Never louder than 70 %').waitFor();
  expect(complaints).toEqual([]);
});

it('[VL5] others see what holds for them, and can change nothing', async () => {
  const { page, handlers } = await open('#/settings', { you: ANN }, PHONE);
  handlers['room:limits']!({ room_id: 'kitchen', volume_limit: 0.8, quiet_hours: ALWAYS });
  await page.getByRole('link', { name: 'Volume limits' }).click();
  await page.getByText('You may turn everything as loud as its room may be.').waitFor();
  handlers['house:limits']!({ ...NONE, user: 0.5, user_quiet: 0.2 });
  await page.getByText('You may turn it up to 50 %, in quiet hours to 20 %.').waitFor();
  await page.getByText('Never louder than 80 %. Quiet until 00:00: no louder than 60 %').waitFor();
  expect(await page.getByRole('slider', { name: /louder/ }).count()).toBe(0);
  expect(await page.getByRole('button', { name: /^Change/ }).count()).toBe(0);
  await auditPage(page, 'limits-user');
});

it('[VL5] a slider that goes no further says why, and leads to where it is set', async () => {
  const { page, fake, handlers } = await open('', { you: ANN }, PHONE);
  const volume = () => fake.house.player('p-living-room')!.volume;
  handlers['room:volume']!({ room_id: 'living-room', volume: 0.1 });
  handlers['house:limits']!({ ...NONE, user: 0.5, user_quiet: 0.2 });
  await until('it is there', async () => (await slider(page, 'Volume of Living room').inputValue()) === '10');
  await slide(page, 'Volume of Living room', 90);
  await page.getByText('You may turn it up to 50 %').waitFor();
  await until('it stops there', () => volume() === 0.5);
  expect(await slider(page, 'Volume of Living room').getAttribute('aria-valuetext')).toBe(
    '50 percent, the limit',
  );
  await auditPage(page, 'limits-held');
  handlers['room:limits']!({ room_id: 'living-room', quiet_hours: ALWAYS });
  await slide(page, 'Volume of Living room', 10);
  await until('it is down', () => volume() === 0.1);
  await until('the page knows', async () => (await limitOf(page, 'Volume of Living room')) === '0.2');
  await slide(page, 'Volume of Living room', 90);
  await page.getByText('Quiet until 00:00: you may turn it up to 20 %').waitFor();
  await page.getByRole('button', { name: 'Limits' }).first().click();
  await page.getByRole('heading', { name: 'Volume limits' }).waitFor();
});

it('[VL5] a key that turns it louder is told why it does not', async () => {
  const { page, handlers, living } = await open('', { you: ANN }, PHONE);
  handlers['room:limits']!({ room_id: 'living-room', volume_limit: 0.41 });
  await until('the page knows', async () =>
    /limited/.test((await slider(page, 'Volume of Living room').getAttribute('class'))!),
  );
  await page.keyboard.press('ArrowUp');
  await page.getByText('Held at 41 % by the volume limit of the room').waitFor();
  expect(living().playback.volume).toBeCloseTo(0.41);
});
