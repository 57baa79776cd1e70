import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { anAlarm, ringing } from '../fakes/fake-alarms.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialog = (page: Page) => page.getByRole('dialog');

describe('alarms', () => {
  it('are set with time, days, music and loudness', async () => {
    const { page, fake, complaints } = await open('#/alarms', {}, PHONE);
    await page.getByText('Nothing wakes anybody here.').waitFor();
    await button(page, 'New alarm').click();
    await dialog(page).getByLabel('Time', { exact: true }).fill('06:40');
    for (const day of ['Monday', 'Friday']) await dialog(page).getByRole('button', { name: day }).click();
    await dialog(page).getByText('Mo, Fr').waitFor();
    await dialog(page).getByLabel('Music').check();
    await dialog(page).getByLabel('Search in the library').fill('sunday');
    await dialog(page)
      .getByRole('button', { name: /Sunday morning/ })
      .click();
    await dialog(page).getByText('Chosen: Sunday morning').waitFor();
    await auditPage(page, 'alarm');
    await button(page, 'Save').click();
    await page.getByRole('button', { name: 'Change the alarm of 06:40' }).waitFor();
    const [alarm] = fake.house.pipeline.list('alarms');
    expect(alarm).toMatchObject({ time: '06:40', days: ['mon', 'fri'], source: { playlist_id: 'pl0' } });
    expect(complaints).toEqual([]);
  });

  it('ring with what is chosen on their sheet, and are not saved while that is nothing', async () => {
    const { page, fake } = await open('#/alarms', {}, PHONE);
    const source = () => fake.house.pipeline.list('alarms')[0]?.source;
    const way = (name: string) => dialog(page).getByLabel(name, { exact: true });
    await button(page, 'New alarm').click();
    await way('Music').check();
    await button(page, 'Save').click();
    await dialog(page).getByText('Search for the music that shall wake you').waitFor();
    await until('the button is whole', async () => {
      const box = await button(page, 'Save').boundingBox();
      return box !== null && box.y + box.height <= PHONE.viewport.height;
    });
    await way('Radio').check();
    await dialog(page).getByLabel('Address of the station').fill('radio.example');
    await button(page, 'Save').click();
    await dialog(page).getByText('The address of a station begins with http:// or https://').waitFor();
    await auditPage(page, 'alarm-nothing');
    expect(source()).toBeUndefined();
    await dialog(page).getByLabel('Address of the station').fill('https://radio.example/live');
    await way('Tone').check();
    await way('Radio').check();
    await button(page, 'Save').click();
    await until('the station is kept', () => source() !== undefined);
    expect(source()).toEqual({ url: 'https://radio.example/live' });
  });

  it('say by which time zone they ring, and let who manages the house have it go by that of the phone', async () => {
    const { page, fake } = await open('#/alarms', {}, { ...PHONE, timezoneId: 'Asia/Tokyo' });
    await page.getByText(/this phone by Tokyo\. Alarms, quiet hours and schedules go by the house/).waitFor();
    await auditPage(page, 'alarm-zone');
    await button(page, 'Have the house go by Tokyo').click();
    await page.getByText(/this phone by Tokyo/).waitFor({ state: 'detached' });
    expect(fake.house.settings.set.get('time_zone')).toBe('Asia/Tokyo');
  });

  it('are told of on the first page when one did not ring, until somebody dismisses it', async () => {
    const { page, fake, complaints } = await open('#/', {}, PHONE);
    const told = 'Alarm of 06:45 (School) did not ring on Friday 20 November in Kitchen: the server was off.';
    const notice = { level: 'warning', message: told } as const;
    fake.house.pipeline.put(
      'alarms',
      anAlarm({ last_result: 'missed', last_message: 'It did not ring', notice }),
    );
    await page.getByRole('link', { name: told }).click();
    await button(page, 'Dismiss: School, 06:45').waitFor();
    await auditPage(page, 'alarm-missed');
    await button(page, 'Dismiss: School, 06:45').click();
    await page.getByText(told).waitFor({ state: 'detached' });
    await page.getByText('It did not ring').waitFor();
    expect(complaints).toEqual([]);
  });

  it('whose room is gone say that they cannot ring, and are given another one', async () => {
    const { page, fake } = await open('#/alarms', {}, PHONE);
    fake.house.pipeline.put('alarms', anAlarm({ room_id: 'attic', next_at: new Date().toISOString() }));
    await page.getByText('It cannot ring: its room is gone').waitFor();
    expect(await page.getByText(/^Rings in/).count()).toBe(0);
    await page.getByRole('button', { name: 'Change the alarm of School, 06:45' }).click();
    await button(page, 'Save').click();
    await page.getByText('It cannot ring').waitFor({ state: 'detached' });
    expect(fake.house.pipeline.get('alarms', 'al-one').room_id).toBe('living-room');
  });

  it('say when they ring, and are left out, switched off, tried and removed', async () => {
    const { page, fake } = await open('#/alarms', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('alarms', anAlarm({ next_at: new Date(Date.now() + 7.5 * 3_600_000).toISOString() }));
    pipeline.put(
      'alarms',
      anAlarm({
        alarm_id: 'al-two',
        name: '',
        time: '09:30',
        days: ['sat', 'sun'],
        source: { tone: true },
        last_result: 'missed',
        last_message: 'It did not ring: the server was off, or its clock was set, and 3 hours is too late',
      }),
    );
    await page.getByText(/Rings in 7 h 3[01] min/).waitFor();
    await page.getByText('School · Monday to Friday').waitFor();
    await page.getByText(/It did not ring: .* 3 hours is too late/).waitFor();
    await auditPage(page, 'alarms');
    await button(page, 'Skip next: School, 06:45').click();
    await page.getByText('next one is left out').waitFor();
    await page.getByRole('switch', { name: 'Alarm of 09:30' }).click();
    await until('it is off', () => pipeline.get('alarms', 'al-two').enabled === false);
    await button(page, 'Change the alarm of 09:30').click();
    await button(page, 'Remove').click();
    await until('it is gone', () => pipeline.list('alarms').length === 1);
    await button(page, 'Test: School, 06:45').click();
    await page.getByRole('alertdialog').getByText('Test of an alarm').waitFor();
  });
});

describe('an alarm that rings', () => {
  it('lies over every page with snooze and stop', async () => {
    const { page, fake } = await open('', {}, PHONE);
    const { pipeline } = fake.house;
    await until('it follows the alarms', async () => {
      pipeline.put('alarms', anAlarm({ ring: ringing({ tone: true, problem: 'nothing was heard' }) }));
      return (await page.getByRole('alertdialog').count()) > 0;
    });
    const alarm = page.getByRole('alertdialog');
    await alarm.getByText('School · Living room').waitFor();
    await alarm.getByText('nothing was heard').waitFor();
    await auditPage(page, 'ringing');
    const box = await alarm.getByRole('button', { name: 'Stop' }).boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(64);
    await alarm.getByRole('button', { name: 'Snooze 9 min' }).click();
    await alarm.getByText(/Rings again in [89] min/).waitFor();
    await alarm.getByRole('button', { name: 'Stop' }).click();
    await alarm.waitFor({ state: 'detached' });
    expect(pipeline.get('alarms', 'al-one').ring).toBeUndefined();
  });

  it('lies over a sheet too, and is stopped there without losing what was written', async () => {
    const { page, fake, complaints } = await open('#/alarms', {}, PHONE);
    const { pipeline } = fake.house;
    await button(page, 'New alarm').click();
    await dialog(page).getByText('More', { exact: true }).click();
    await dialog(page).getByLabel('Name (optional)').fill('Early train');
    pipeline.put('alarms', anAlarm({ ring: ringing() }));
    const alarm = page.getByRole('alertdialog');
    await alarm.waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await alarm.getByText('School · Living room').waitFor();
    expect(pipeline.get('alarms', 'al-one').ring).toMatchObject({ state: 'ringing' });
    await auditPage(page, 'ringing-over-sheet');
    await alarm.getByRole('button', { name: 'Stop' }).click();
    await alarm.waitFor({ state: 'detached' });
    expect(await dialog(page).getByLabel('Name (optional)').inputValue()).toBe('Early train');
    await button(page, 'Save').click();
    await page.getByRole('button', { name: 'Change the alarm of Early train, 07:00' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('stays over a sheet that is opened later', async () => {
    const { page, fake } = await open('#/alarms', {}, PHONE);
    await button(page, 'New alarm').waitFor();
    fake.house.pipeline.put('alarms', anAlarm({ ring: ringing() }));
    await page.getByRole('alertdialog').waitFor();
    await page.getByRole('link', { name: 'Playing', exact: true }).focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });
});

describe('a sleep timer', () => {
  it('is set where the music is shown, counts down there, and is turned off', async () => {
    const { page, fake } = await open('', {}, PHONE);
    await button(page, 'Sleep timer').click();
    await dialog(page).getByLabel('15 min').check();
    await auditPage(page, 'sleep');
    await button(page, 'Start').click();
    const line = page.getByRole('button', { name: /^Sleep timer: Silent in 1[45] min/ });
    await line.waitFor();
    await auditPage(page, 'sleep-line');
    await line.click();
    await button(page, 'Turn it off').click();
    await button(page, 'Sleep timer').waitFor();
    expect(fake.house.pipeline.list('sleeps')).toEqual([]);
  });
});
