import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';
import { button, pageStage } from './page-stage.js';

const { open } = pageStage();
const slider = (page: Page, name: string) =>
  page.getByRole('slider', { name, exact: true }).filter({ visible: true }).first();
const slide = (page: Page, name: string, value: number) =>
  slider(page, name).evaluate((input: HTMLInputElement, to) => {
    input.value = String(to);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);

/** The kitchen plays with the living room, softer, and the sliders of both are open. */
async function two() {
  const opened = await open('#/rooms');
  const { page, handlers, fake } = opened;
  handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
  handlers['player:volume']!({ player_id: 'p-kitchen', volume: 0.2 });
  await button(page, 'Volume of each player in Living room').click();
  await slider(page, 'Volume of Kitchen alone').waitFor();
  const volume = (id: string) => fake.house.player(id)!.volume!;
  return { ...opened, volume };
}

describe('the volume', () => {
  it('of a room moves all its players and keeps the balance', async () => {
    const { page, volume } = await two();
    await until(
      'the room stands between them',
      async () => (await slider(page, 'Volume of Living room').inputValue()) === '30',
    );
    await slide(page, 'Volume of Living room', 50);
    await until('both moved by as much', () => Math.abs(volume('p-kitchen') - 0.4) < 0.01);
    expect(volume('p-living-room')).toBeCloseTo(0.6);
    await until(
      'it is seen',
      async () => (await slider(page, 'Volume of Kitchen alone').inputValue()) === '40',
    );
  });

  it('of one player is set alone, and one is muted alone', async () => {
    const { page, volume, fake } = await two();
    await slide(page, 'Volume of Kitchen alone', 70);
    await until('it is louder', () => volume('p-kitchen') === 0.7);
    expect(volume('p-living-room')).toBe(0.4);
    await button(page, 'Mute Kitchen').click();
    await until('it is silent', () => fake.house.player('p-kitchen')!.muted);
    expect(fake.house.player('p-living-room')!.muted).toBe(false);
    expect(await button(page, 'Mute Living room').first().isVisible()).toBe(true);
  });

  it('is shown as turned before the server answers', async () => {
    const { page, fake, volume } = await two();
    fake.silent = true;
    await slide(page, 'Volume of Kitchen alone', 66);
    await until(
      'it stands there',
      async () => (await slider(page, 'Volume of Kitchen alone').inputValue()) === '66',
    );
    fake.silent = false;
    expect(volume('p-kitchen')).toBe(0.2);
  });

  it('cannot pass a limit, which is marked and said', async () => {
    const { page, handlers, volume } = await two();
    handlers['player:limit']!({ player_id: 'p-kitchen', volume_limit: 0.5 });
    handlers['room:limits']!({ room_id: 'living-room', volume_limit: 0.8 });
    await page.getByText('Never louder than 80 %').first().waitFor();
    await slide(page, 'Volume of Kitchen alone', 90);
    await until('it stops at its limit', () => volume('p-kitchen') === 0.5);
    const kitchen = slider(page, 'Volume of Kitchen alone');
    expect(await kitchen.inputValue()).toBe('50');
    await until('it is said', async () =>
      /50 percent, the limit/.test((await kitchen.getAttribute('aria-valuetext'))!),
    );
    await slide(page, 'Volume of Living room alone', 100);
    await until('so does the other', () => volume('p-living-room') === 0.8);
  });

  it('of each player is one tap away from what plays', async () => {
    const { page, volume } = await two();
    await page.getByRole('link', { name: 'Playing', exact: true }).click();
    await button(page, 'Volume of each player in Living room').click();
    await page.getByRole('dialog', { name: 'Volume in Living room' }).waitFor();
    await slide(page, 'Volume of Kitchen alone', 33);
    await until('it is set', () => volume('p-kitchen') === 0.33);
  });
});

describe('the settings of a room', () => {
  it('are its name, its limit and its quiet hours', async () => {
    const { page, living } = await open('#/rooms');
    await button(page, 'More for Living room').click();
    await button(page, 'Room settings').click();
    await page.getByLabel('Name', { exact: true }).fill('Salon');
    await slide(page, 'Never louder than', 70);
    await page.getByRole('checkbox', { name: 'Quiet hours' }).check();
    await page.getByLabel('From', { exact: true }).fill('21:30');
    await page.getByLabel('To', { exact: true }).fill('06:15');
    await slide(page, 'Then no louder than', 25);
    await button(page, 'Save').click();
    await page.getByText('Saved for Salon').waitFor();
    const { name, volume_limit, quiet_hours } = living().room;
    expect({ name, volume_limit, quiet_hours }).toEqual({
      name: 'Salon',
      volume_limit: 0.7,
      quiet_hours: { from: '21:30', to: '06:15', limit: 0.25 },
    });
    await page
      .getByText(/Quiet (from 21:30 to|until) 06:15: no louder than 25\s%/)
      .first()
      .waitFor();
  });

  it('drop the quiet hours again', async () => {
    const { page, living, handlers } = await open('#/rooms');
    const quiet_hours = { from: '22:00', to: '07:00', limit: 0.3 };
    handlers['room:limits']!({ room_id: 'living-room', quiet_hours });
    await page.getByText('no louder than 30 %').waitFor();
    await button(page, 'More for Living room').click();
    await button(page, 'Room settings').click();
    await page.getByRole('checkbox', { name: 'Quiet hours' }).uncheck();
    await button(page, 'Save').click();
    await until('they are gone', () => living().room.quiet_hours === undefined);
    await page.getByText('no louder than 30 %').waitFor({ state: 'detached' });
  });
});

describe('the latency of a player', () => {
  async function tuning() {
    const opened = await open('#/rooms');
    await button(opened.page, 'Kitchen: details and outputs').click();
    await button(opened.page, 'Kitchen: 1 ms earlier').waitFor();
    const latency = () => opened.fake.house.player('p-kitchen')!.latency_ms;
    return { ...opened, latency };
  }

  it('goes by one millisecond a tap, and says which way', async () => {
    const { page, latency } = await tuning();
    await button(page, 'Kitchen: 1 ms earlier').click();
    await page.getByText('Plays 1 ms earlier, because its loudspeaker is heard late').waitFor();
    await until('it is set', () => latency() === 1);
    for (let taps = 0; taps < 3; taps++) await button(page, 'Kitchen: 1 ms later').click();
    await page.getByText('Plays 2 ms later, because its loudspeaker is heard early').waitFor();
    await until('it is set', () => latency() === -2);
  });

  it('runs faster and faster while a button is held, and is not sent more than five times a second', async () => {
    const { page, fake, latency } = await tuning();
    const box = (await button(page, 'Kitchen: 1 ms earlier').boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + 20);
    const from = performance.now();
    await page.mouse.down();
    const number = page.getByRole('spinbutton');
    await until('it runs', async () => Number(await number.inputValue()) >= 40);
    await page.mouse.up();
    const wanted = Number(await number.inputValue());
    await until('the last one is set', () => latency() === wanted);
    const seconds = (performance.now() - from) / 1000;
    const sent = fake.received.filter((type) => type === 'player:latency').length;
    expect(sent).toBeLessThanOrEqual(seconds * 5 + 1);
    expect(Number(await number.inputValue())).toBe(wanted);
  });

  it('is worked by keys, and by a number', async () => {
    const { page, latency } = await tuning();
    await button(page, 'Kitchen: 1 ms earlier').focus();
    await page.keyboard.press('Enter');
    await until('one', () => latency() === 1);
    await slider(page, 'How much earlier Kitchen plays').focus();
    await page.keyboard.press('ArrowRight');
    await until('two', () => latency() === 2);
    await page.getByRole('spinbutton').fill('-9999');
    await page.keyboard.press('Tab');
    await until('as late as can be', () => latency() === -2000);
  });

  it('is refused aloud, and shown as it is', async () => {
    const { page, fake } = await tuning();
    fake.house.lanes.delete('kitchen');
    await button(page, 'Kitchen: 1 ms earlier').click();
    await page.getByText('No such player').waitFor();
    await until('back', async () => (await page.getByRole('spinbutton').inputValue()) === '0');
  });

  it('has a limit of its own beside it', async () => {
    const { page, fake } = await tuning();
    await slide(page, 'Never louder than', 45);
    await until('it is set', () => fake.house.player('p-kitchen')!.volume_limit === 0.45);
  });
});

for (const [width, height] of [
  [320, 568],
  [390, 844],
] as const)
  for (const colorScheme of ['dark', 'light'] as const)
    it(`everybody can use levels and settings at ${width} x ${height}, ${colorScheme}`, async () => {
      const { page, handlers } = await open('#/rooms', {}, { viewport: { width, height }, colorScheme });
      handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
      const quiet_hours = { from: '22:00', to: '07:00', limit: 0.3 };
      handlers['room:limits']!({ room_id: 'living-room', volume_limit: 0.8, quiet_hours });
      const fine = async (what: string): Promise<void> => {
        expect({ what, faults: await auditControls(page) }).toEqual({ what, faults: [] });
        expect({ what, faults: await auditContrast(page) }).toEqual({ what, faults: [] });
      };
      await button(page, 'Volume of each player in Living room').click();
      await slider(page, 'Volume of Kitchen alone').waitFor();
      await fine('levels');
      await button(page, 'Kitchen: details and outputs').click();
      await page.getByText('How to find the right number').click();
      await fine('player');
      await button(page, 'Room settings').click();
      await page.getByRole('dialog', { name: 'Settings of Living room' }).waitFor();
      await fine('room');
    });
