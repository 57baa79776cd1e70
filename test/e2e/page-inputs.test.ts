import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Input } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialog = (page: Page) => page.getByRole('dialog');

const remote = (more: Partial<Input> = {}): Input => ({
  input_id: 'remote',
  name: 'gpio_ir_recv',
  kind: 'remote',
  connected: true,
  enabled: true,
  keys: ['KEY_PLAYPAUSE', 'KEY_VOLUMEUP', 'KEY_RED'],
  bindings: [
    { key: 'KEY_PLAYPAUSE', gesture: 'press', action: 'play_pause' },
    { key: 'KEY_VOLUMEUP', gesture: 'press', action: 'volume_up' },
  ],
  ...more,
});

it('shows what remotes and knobs do, live, and what is wrong with them', async () => {
  const { page, fake, complaints } = await open('#/settings', {}, PHONE);
  const { pipeline } = fake.house;
  await page.getByRole('link', { name: 'Remotes and knobs' }).click();
  await page.getByText('Plug a keyboard, the receiver of a remote control').waitFor();
  pipeline.put('inputs', remote());
  await page.getByRole('button', { name: 'Play/Pause Play or pause' }).waitFor();
  pipeline.put(
    'inputs',
    remote({ heard: { key: 'KEY_VOLUMEUP', gesture: 'press', at: new Date().toISOString() } }),
  );
  await page.getByText('Volume up, just now').waitFor();
  const problem =
    'Tutti may not read /dev/input/event3. Its user belongs into the group input: sudo usermod -aG input tutti, then restart Tutti';
  pipeline.put(
    'inputs',
    remote({ input_id: 'knob', name: 'Griffin PowerMate', kind: 'knob', problem, bindings: [] }),
  );
  await page.getByText(problem).waitFor();
  pipeline.put(
    'inputs',
    remote({ input_id: 'old', name: 'Old keyboard', kind: 'keyboard', connected: false, enabled: false }),
  );
  await page.getByText('Keyboard · not plugged in').waitFor();
  const message = 'The amplifier cannot be switched: there is no gpiochip4.';
  const notices = [{ notice_id: 'header-amplifier', level: 'warning' as const, message }];
  fake.house.system = { ...fake.house.system, notices };
  fake.house.publish({ type: 'system:state', topic: 'system', data: fake.house.system });
  await page.getByRole('list', { name: 'About the header' }).getByText(message).waitFor();
  await auditPage(page, 'inputs');
  expect(complaints).toEqual([]);
});

it('switches them on and off and chooses their room', async () => {
  const { page, fake } = await open('#/inputs', {}, PHONE);
  const { pipeline, inputs } = fake.house;
  pipeline.put('inputs', remote());
  await page.getByRole('switch', { name: 'gpio_ir_recv' }).click();
  await until('it is off', () => !pipeline.get('inputs', 'remote').enabled);
  await page.getByLabel('Room of gpio_ir_recv').selectOption('Kitchen');
  await until('the room is chosen', () => pipeline.get('inputs', 'remote').room_id === 'kitchen');
  await page.getByLabel('Room of gpio_ir_recv').selectOption('Where this machine plays');
  await until('it is not any more', () => pipeline.get('inputs', 'remote').room_id === undefined);
  expect(inputs.asked.map(({ request }) => request)).toEqual([
    { input_id: 'remote', enabled: false },
    { input_id: 'remote', room_id: 'kitchen' },
    { input_id: 'remote', room_id: null },
  ]);
});

it('teaches a key, tries it and lets it be forgotten', async () => {
  const { page, fake } = await open('#/inputs', {}, PHONE);
  const { pipeline, inputs } = fake.house;
  pipeline.put('inputs', remote());
  await page.getByRole('button', { name: 'Teach a key: gpio_ir_recv' }).click();
  await dialog(page).getByText('No key was pressed.').waitFor();
  fake.replies = false;
  await button(page, 'Try again').click();
  await dialog(page).getByText('Press the key now').waitFor();
  await auditPage(page, 'inputs-learn');
  await button(page, 'Cancel').click();
  await until('the lesson is ended', () => JSON.stringify(inputs.asked.at(-1)?.request) === '{"end":true}');
  fake.replies = true;
  inputs.pressed = { taken: true };
  await page.getByRole('button', { name: 'Teach a key: gpio_ir_recv' }).click();
  await dialog(page).getByText('Somebody else teaches a key now.').waitFor();
  await button(page, 'Cancel').click();
  inputs.pressed = { heard: { input_id: 'remote', key: 'KEY_RED', gesture: 'hold' } };
  await page.getByRole('button', { name: 'Teach a key: gpio_ir_recv' }).click();
  await page.getByRole('dialog', { name: 'Red' }).waitFor();
  expect(await dialog(page).getByLabel('When held').isChecked()).toBe(true);
  await dialog(page).getByLabel('What it does').selectOption('Play a playlist');
  await button(page, 'Save').click();
  await page.getByRole('alert').getByText('Choose the playlist first').waitFor();
  await dialog(page).getByLabel('Playlist', { exact: true }).selectOption('Sunday morning');
  await auditPage(page, 'inputs-key');
  await button(page, 'Save').click();
  await page.getByRole('button', { name: 'Red, held Play Sunday morning' }).click();
  inputs.refusal = 'the queue is empty';
  await button(page, 'Test').click();
  await dialog(page)
    .getByText(/queue is empty/i)
    .waitFor();
  await dialog(page).getByLabel('What it does').selectOption('Nothing');
  await button(page, 'Save').click();
  await until('it is forgotten', () => pipeline.get('inputs', 'remote').bindings.length === 2);
});

it('asks nobody to press a key while the server is away', async () => {
  const { page, fake } = await open('#/inputs', {}, PHONE);
  fake.house.pipeline.put('inputs', remote());
  fake.replies = false;
  await page.getByRole('button', { name: 'Teach a key: gpio_ir_recv' }).click();
  await dialog(page).getByText('Press the key now').waitFor();
  await fake.close();
  await dialog(page).getByText('Tutti cannot be reached').waitFor();
});
