import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { FakeTutti } from '../fakes/fake-tutti.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { button, pageStage } from './page-stage.js';

const { open } = pageStage();
const field = (page: Page, name: string) => page.getByLabel(name, { exact: true });

describe('names', () => {
  it('of a room change everywhere', async () => {
    const { page, living } = await open('#/rooms');
    await button(page, 'Living room: details and outputs').click();
    await button(page, 'Rename room').click();
    expect(await field(page, 'Name').inputValue()).toBe('Living room');
    await field(page, 'Name').fill('  Salon <i>');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Room: Salon <i>. Choose a room' }).waitFor();
    await page.getByText('Renamed to Salon <i>').waitFor();
    expect(living().room.name).toBe('Salon <i>');
    expect(living().players[0]!.name).toBe('Living room');
    await until('the focus is back', () =>
      button(page, 'Living room: details and outputs').evaluate(
        (element) => element === document.activeElement,
      ),
    );
  });

  it('of a player change, and its room keeps its own', async () => {
    const { page, living } = await open('#/rooms');
    await button(page, 'Living room: details and outputs').click();
    await button(page, 'Rename player').click();
    await field(page, 'Name').fill('Old amplifier');
    await button(page, 'Rename').click();
    await button(page, 'Old amplifier: details and outputs').waitFor();
    expect(living().players[0]!.name).toBe('Old amplifier');
    expect(living().room.name).toBe('Living room');
  });

  it('stay as they are on Escape, and cannot be empty', async () => {
    const { page, fake } = await open('#/rooms');
    await button(page, 'Living room: details and outputs').click();
    await button(page, 'Rename room').click();
    await field(page, 'Name').fill('   ');
    expect(await button(page, 'Rename').isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(fake.received).not.toContain('room:rename');
  });
});

describe('a player added by hand', () => {
  async function adding() {
    const opened = await open('#/rooms');
    await button(opened.page, 'Add a player').click();
    await opened.page.getByRole('dialog', { name: 'Add a player' }).waitFor();
    return opened;
  }
  const added = async (page: Page, fake: FakeTutti, name: string, address: string): Promise<void> => {
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText(`Added ${name}`).waitFor();
    const players = [...fake.house.lanes.values()].flatMap(({ state }) => state.players);
    expect(players.find((player) => player.name === name)?.address).toBe(address);
  };

  it('is an MPD at a host, with the usual port', async () => {
    const { page, fake } = await adding();
    await field(page, 'Address').fill(' bedroom.local ');
    await added(page, fake, 'bedroom.local', 'bedroom.local:6600');
  });

  it('is an MPD at host:port, and the port is seen to go where it belongs', async () => {
    const { page, fake } = await adding();
    await field(page, 'Address').fill('192.168.1.30:6601');
    await field(page, 'Password (if it has one)').fill('secret');
    expect(await field(page, 'Address').inputValue()).toBe('192.168.1.30');
    expect(await field(page, 'Port').inputValue()).toBe('6601');
    await field(page, 'Name (optional)').fill('Attic');
    await added(page, fake, 'Attic', '192.168.1.30:6601');
  });

  it('is an MPD at host:port when Enter is pressed right behind it', async () => {
    const { page, fake } = await adding();
    await field(page, 'Address').fill('cellar:6603');
    await page.keyboard.press('Enter');
    await page.getByText('Added cellar').waitFor();
    expect(fake.house.room('cellar')!.players[0]!.address).toBe('cellar:6603');
  });

  it('is a Chromecast at a host, with the usual port of those', async () => {
    const { page, fake } = await adding();
    await page.getByRole('radio', { name: 'Chromecast' }).check();
    expect(await field(page, 'Port').getAttribute('placeholder')).toBe('8009');
    expect(await field(page, 'Password (if it has one)').count()).toBe(0);
    await field(page, 'Address').fill('192.168.1.40');
    await field(page, 'Name (optional)').fill('Bedroom TV');
    await page.keyboard.press('Enter');
    await page.getByText('Added Bedroom TV').waitFor();
    expect(fake.house.room('bedroom-tv')!.players[0]!.kind).toBe('chromecast');
  });

  it('is the sound of the server, at one of its outputs', async () => {
    const { page, fake } = await adding();
    await page.getByRole('radio', { name: 'MPD' }).focus();
    await page.keyboard.press('ArrowDown');
    expect(await page.locator('datalist option').first().getAttribute('value')).toBe('0');
    await field(page, 'Output (optional)').fill('alsa/sysdefault:CARD=DAC');
    await field(page, 'Name (optional)').fill('Desk');
    await added(page, fake, 'Desk', 'alsa/sysdefault:CARD=DAC');
  });

  it('is the sound of the server with no more than a tap', async () => {
    const { page, fake } = await adding();
    await page.getByRole('radio', { name: 'Sound of the server' }).check();
    await added(page, fake, 'Server', 'default output');
  });

  it('is a client of a snapserver at host:port, by the id it has there', async () => {
    const { page, fake } = await adding();
    await page.getByRole('radio', { name: 'Snapserver' }).check();
    await field(page, 'Address').fill('192.168.1.22:1705');
    expect(
      await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).isDisabled(),
    ).toBe(true);
    await field(page, 'Its client id').fill('b8:27:eb:00:00:01');
    await field(page, 'Name (optional)').fill('Bath');
    await added(page, fake, 'Bath', 'b8:27:eb:00:00:01 at 192.168.1.22:1705');
  });

  it('is silent', async () => {
    const { page, fake } = await adding();
    await page.getByRole('radio', { name: 'Silent output' }).check();
    await added(page, fake, 'Silence', 'this server');
  });

  it('stays on the form, with the reason, when it cannot be', async () => {
    const { page, fake } = await adding();
    await field(page, 'Address').fill('nowhere');
    await field(page, 'Port').fill('99999');
    const add = page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true });
    await add.click();
    await page.getByRole('alert').getByText('A port is a number from 1 to 65535').waitFor();
    expect(fake.received).not.toContain('player:add');
    await field(page, 'Port').fill('');
    await add.click();
    await page.getByRole('alert').getByText('Nobody is called nowhere').waitFor();
    expect(await field(page, 'Address').inputValue()).toBe('nowhere');
  });
});

for (const [width, height] of [
  [320, 568],
  [390, 844],
] as const)
  it(`everybody can use the sheets of rooms and players at ${width} x ${height}`, async () => {
    const { page } = await open('#/rooms', {}, { viewport: { width, height } });
    await button(page, 'Living room: details and outputs').click();
    await button(page, 'Rename room').waitFor();
    expect(await auditControls(page)).toEqual([]);
    await button(page, 'Rename room').click();
    await page.getByRole('dialog', { name: 'Rename room' }).waitFor();
    expect(await auditControls(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await button(page, 'Add a player').click();
    for (const kind of ['Sound of the server', 'Snapserver', 'Silent output', 'MPD']) {
      await page.getByRole('radio', { name: kind }).check();
      expect(await auditControls(page)).toEqual([]);
    }
  });
