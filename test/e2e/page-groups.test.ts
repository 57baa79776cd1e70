import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';
import { button, pageStage } from './page-stage.js';

const { open, openPage } = pageStage();
const toggle = (page: Page, name: string) => page.getByRole('switch', { name: new RegExp(`^${name}`) });
const isOn = async (page: Page, name: string) =>
  (await toggle(page, name).getAttribute('aria-checked')) === 'true';
const card = (page: Page, room: string) => page.locator(`li[data-room="${room}"]`);

async function grouping() {
  const opened = await open('#/rooms');
  await button(opened.page, 'Group: who plays in Living room').click();
  await toggle(opened.page, 'Kitchen').waitFor();
  const members = () => opened.fake.house.room('living-room')!.room.player_ids;
  return { ...opened, members };
}

describe('the sheet of who plays together', () => {
  it('says how tight each player will be, and what stands in the way, before it is tapped', async () => {
    const { page, fake } = await grouping();
    fake.house.changePlayer('p-kitchen', { sync_class: 'locked' });
    await page.getByText('Locked: tighter than 1 ms').waitFor();
    await page.getByText('Steered: kept within about 1 ms').waitFor();
    expect(await toggle(page, 'Garage').textContent()).toContain(
      'Offline: no route to 192.168.1.24:6600. It joins when it is back',
    );
    expect(await toggle(page, 'Study').textContent()).toContain('Somebody else plays on it');
    expect(fake.received).not.toContain('room:group');
  });

  it('brings a player in by a tap, and says that it joined', async () => {
    const { page, members } = await grouping();
    await toggle(page, 'Kitchen').click();
    await page.getByText('Joined, nudged').waitFor();
    expect(members()).toEqual(['p-living-room', 'p-kitchen']);
    await page.getByText(/^Together as tight as the loosest\. Kitchen: nudged/).waitFor();
  });

  it('shows it before the server has answered', async () => {
    const { page, fake, members } = await grouping();
    fake.silent = true;
    await toggle(page, 'Kitchen').click();
    await until('it is on', () => isOn(page, 'Kitchen'));
    fake.silent = false;
    expect(members()).toEqual(['p-living-room']);
  });

  it('takes it back and says why when a player will not', async () => {
    const { page, fake } = await grouping();
    fake.house.refusals.set('p-kitchen', 'no answer within 2 s');
    await toggle(page, 'Kitchen').click();
    await page.getByText('Failed: no answer within 2 s').waitFor();
    expect(await isOn(page, 'Kitchen')).toBe(false);
  });

  it('says who joins later and who was left alone', async () => {
    const { page, members } = await grouping();
    await toggle(page, 'Garage').click();
    await page.getByText('Not yet: it is not connected, and joins when it is back').waitFor();
    await toggle(page, 'Study').click();
    await page.getByText('Left alone: somebody else plays on it').waitFor();
    expect(await isOn(page, 'Study')).toBe(false);
    expect(members()).toEqual(['p-living-room', 'p-garage']);
  });

  it('lets all play, and then only the one whose room it is', async () => {
    const { page, members } = await grouping();
    await button(page, 'Play everywhere').click();
    await until('all that can are in', () => members().length === 3);
    await until('the button knows', async () => button(page, 'Only Living room').isEnabled());
    await button(page, 'Only Living room').click();
    await until('one is left', () => members().length === 1);
    expect(members()).toEqual(['p-living-room']);
  });

  it('never leaves a room without anybody by a tap', async () => {
    const { page, fake } = await grouping();
    expect(await toggle(page, 'Living room').getAttribute('aria-disabled')).toBe('true');
    await toggle(page, 'Living room').click({ force: true });
    expect(await isOn(page, 'Living room')).toBe(true);
    expect(fake.received).not.toContain('room:ungroup');
  });

  it('is worked by keys alone, and gives the focus back', async () => {
    const { page, members } = await open('#/rooms').then((opened) => ({
      ...opened,
      members: () => opened.living().room.player_ids,
    }));
    const group = button(page, 'Group: who plays in Living room');
    await group.focus();
    await page.keyboard.press('Enter');
    await toggle(page, 'Kitchen').focus();
    await page.keyboard.press('Space');
    await until('it joined', () => members().length === 2);
    await page.keyboard.press('Space');
    await until('it left', () => members().length === 1);
    await page.keyboard.press('Escape');
    await until('the focus is back', () => group.evaluate((element) => element === document.activeElement));
  });
});

describe('the board', () => {
  const chip = (page: Page, name: string) => button(page, `${name}: details and outputs`);
  const middle = async (page: Page, room: string): Promise<readonly [number, number]> => {
    const box = (await card(page, room).boundingBox())!;
    return [box.x + box.width / 2, box.y + 40];
  };

  it('lets a mouse drag a player to another room', async () => {
    const { page, living } = await open('#/rooms');
    await chip(page, 'Kitchen').hover();
    await page.mouse.down();
    await page.mouse.move(...(await middle(page, 'living-room')), { steps: 6 });
    await page.locator('li[data-room="living-room"].over').waitFor();
    await page.mouse.up();
    await until('it joined', () => living().room.player_ids.includes('p-kitchen'));
    await page.getByText('Kitchen plays in Living room').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('lets a room be dragged onto another, with all its players', async () => {
    const { page, handlers, living } = await open('#/rooms');
    handlers['room:group']!({ room_id: 'kitchen', player_ids: ['p-garage'] });
    await card(page, 'kitchen').getByText('Garage', { exact: true }).waitFor();
    await card(page, 'kitchen').locator('.room-choose').hover();
    await page.mouse.down();
    await page.mouse.move(...(await middle(page, 'living-room')), { steps: 6 });
    await page.mouse.up();
    await until('both joined', () => living().room.player_ids.length === 3);
  });

  async function finger() {
    const opened = await open('#/rooms', {}, { hasTouch: true });
    const { page } = opened;
    const session = await page.context().newCDPSession(page);
    const box = (await chip(page, 'Kitchen').boundingBox())!;
    return {
      ...opened,
      x: box.x + 20,
      y: box.y + 20,
      touch: (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) =>
        session.send('Input.dispatchTouchEvent', {
          type,
          touchPoints: type === 'touchEnd' ? [] : [{ x, y }],
        }),
    };
  }

  it('lets a finger drag after a long press', async () => {
    const { page, living, touch, x, y } = await finger();
    await touch('touchStart', x, y);
    await page.locator('.ghost').waitFor({ state: 'attached' });
    const [toX, toY] = await middle(page, 'living-room');
    await touch('touchMove', toX, toY + 10);
    await touch('touchMove', toX, toY);
    await page.locator('li[data-room="living-room"].over').waitFor();
    await touch('touchEnd');
    await until('it joined', () => living().room.player_ids.includes('p-kitchen'));
  });

  it('opens the sheet when a long press goes nowhere', async () => {
    const { page, touch, x, y } = await finger();
    await touch('touchStart', x, y);
    await page.locator('.ghost').waitFor({ state: 'attached' });
    await touch('touchEnd');
    await page.getByRole('dialog', { name: 'Playing in Kitchen' }).waitFor();
  });

  it('is scrolled by a finger that moves at once', async () => {
    const { page, fake, touch, x, y } = await finger();
    await touch('touchStart', x, y);
    for (const up of [20, 60, 120, 180]) await touch('touchMove', x, y - up);
    await until('it scrolled', () => page.locator('.board').evaluate((board) => board.scrollTop > 0));
    await touch('touchEnd');
    expect(await page.locator('.ghost').count()).toBe(0);
    expect(fake.received).not.toContain('room:group');
  });

  it('lets a player be dropped to play alone again, and Escape takes a drag back', async () => {
    const { page, handlers, living } = await open('#/rooms');
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    const shared = card(page, 'living-room').getByRole('button', { name: 'Kitchen: details and outputs' });
    await shared.hover();
    await page.mouse.down();
    await page.mouse.move(200, 700, { steps: 6 });
    const alone = page.locator('.drop-alone');
    await alone.waitFor();
    await page.keyboard.press('Escape');
    await alone.waitFor({ state: 'detached' });
    await page.mouse.up();
    expect(living().room.player_ids).toHaveLength(2);
    await shared.hover();
    await page.mouse.down();
    await page.mouse.move(200, 300, { steps: 3 });
    const box = (await alone.boundingBox())!;
    await page.mouse.move(box.x + 50, box.y + 50, { steps: 3 });
    await page.mouse.up();
    await until('it is gone', () => living().room.player_ids.length === 1);
  });

  it('keeps a room without players small, and brings them back', async () => {
    const { page, handlers, fake } = await open('#/rooms');
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    const empty = page.getByRole('list', { name: 'Rooms without players' });
    await empty.getByText('Its player is in Living room').waitFor();
    await button(page, 'Bring the players of Kitchen back').click();
    await until('it is back', () => fake.house.room('kitchen')!.room.player_ids.length === 1);
    await empty.waitFor({ state: 'detached' });
  });

  it('removes a room without players from its menu', async () => {
    const { page, handlers, fake } = await open('#/rooms');
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    await button(page, 'More for Kitchen').click();
    await button(page, 'Remove this room and its queue').click();
    await page.getByText('Removed Kitchen').waitFor();
    expect(fake.house.room('kitchen')).toBeUndefined();
  });

  it('says which of several players did not do what was asked for', async () => {
    const { page, handlers, fake } = await open('#/rooms');
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    fake.house.refusals.set('p-kitchen', 'no answer within 2 s');
    await button(page, 'Pause Living room').click();
    await page.getByText('Kitchen: failed: no answer within 2 s').waitFor();
  });

  it('shows on every phone what one of them did', async () => {
    const { page, fake } = await open('#/rooms');
    const other = await openPage(`${fake.url}/#/rooms`);
    await button(page, 'Group: who plays in Living room').click();
    await toggle(page, 'Kitchen').click();
    await card(other.page, 'living-room').getByText('Kitchen', { exact: true }).waitFor();
    await toggle(page, 'Kitchen').click();
    await card(other.page, 'kitchen').getByText('MPD', { exact: true }).waitFor();
  });
});

describe('the music', () => {
  it('goes on in another room, and what waited there comes back with Undo', async () => {
    const { page, fake, living, handlers } = await open('#/rooms');
    const title = living().playback.track!.title;
    fake.house.fill('kitchen', 3);
    handlers['room:play']!({ room_id: 'kitchen' });
    const kitchen = () => fake.house.room('kitchen')!;
    await button(page, 'More for Living room').click();
    await button(page, 'Move the music elsewhere').click();
    await page.getByText(`Instead of ${kitchen().playback.track!.title}`).waitFor();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /^Kitchen/ })
      .click();
    await until('it plays there', () => kitchen().playback.track?.title === title);
    await page.getByRole('link', { name: 'Room: Kitchen. Choose a room' }).waitFor();
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
    await until('its queue is back', () => kitchen().queue.items.length === 3);
  });

  it('can be moved from what plays, where the group is named', async () => {
    const { page, handlers, fake, living } = await open();
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    await button(page, 'Playing together: Living room + Kitchen').click();
    await button(page, 'Move the music elsewhere').click();
    const title = living().playback.track!.title;
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('button', { name: /^Kitchen/ }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: /^Garage/ }).click();
    await until('it plays there', () => fake.house.room('garage')!.playback.track?.title === title);
    await page.getByText('Garage: failed: it is not connected').waitFor();
  });
});

describe('an announcement', () => {
  it('of a track is heard in the rooms that are chosen', async () => {
    const { page, fake } = await open('#/rooms');
    await button(page, 'More for Living room').click();
    await button(page, 'Announce something here').click();
    await page.getByLabel('Search a track').fill('blue');
    await page.locator('.found button').first().click();
    await page.getByRole('checkbox', { name: 'Kitchen' }).check();
    await button(page, 'Announce').click();
    await page.getByText('Announced', { exact: true }).waitFor();
    expect(fake.received).toContain('room:announce');
  });

  it('of an address says who did not hear it', async () => {
    const { page } = await open('#/rooms');
    await button(page, 'More for Living room').click();
    await button(page, 'Announce something here').click();
    await page.getByRole('radio', { name: 'An address' }).check();
    await page.getByLabel('Address of a clip').fill('http://nas/doorbell.mp3');
    await page.getByRole('checkbox', { name: 'Garage' }).check();
    await button(page, 'Announce').click();
    await page.getByText('Garage: Failed: it is not connected').waitFor();
  });
});

for (const [width, height] of [
  [320, 568],
  [390, 844],
] as const)
  for (const colorScheme of ['dark', 'light'] as const)
    it(`everybody can use the board and its sheets at ${width} x ${height}, ${colorScheme}`, async () => {
      const { page, handlers } = await open('#/rooms', {}, { viewport: { width, height }, colorScheme });
      handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-garage'] });
      const fine = async (what: string): Promise<void> => {
        expect({ what, faults: await auditControls(page) }).toEqual({ what, faults: [] });
        expect({ what, faults: await auditContrast(page) }).toEqual({ what, faults: [] });
      };
      await button(page, 'Bring the players of Garage back').waitFor();
      await fine('board');
      await button(page, 'Group: who plays in Living room').click();
      await toggle(page, 'Study').click();
      await page.getByText('Left alone:').waitFor();
      await fine('group');
      await button(page, 'Move the music elsewhere').click();
      await page.getByText('It goes on there').waitFor();
      await fine('transfer');
      await page.keyboard.press('Escape');
      await button(page, 'More for Living room').click();
      await fine('menu');
      await button(page, 'Announce something here').click();
      await page.getByLabel('Search a track').fill('blue');
      await page.locator('.found button').first().waitFor();
      await fine('announce');
    });
