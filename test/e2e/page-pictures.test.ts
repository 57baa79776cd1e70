import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { roomTopic, type SyncReport } from '../../src/protocol/index.js';
import { anAlarm, ringing } from '../fakes/fake-alarms.js';
import type { FakeTutti } from '../fakes/fake-tutti.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { PHONE } from './pipeline-stage.js';

const { open, openPage } = pageStage();
const PICTURES = 'web/screenshots';
const LIGHT = { ...PHONE, colorScheme: 'light' } as const;
const DARK = { ...PHONE, colorScheme: 'dark' } as const;

/** With TUTTI_SHOTS, the picture as README.md and docs/ have it. Pictures of the other pages come of `auditPage`, with `390` in their names. */
async function picture(page: Page, name: string): Promise<void> {
  const shots = process.env['TUTTI_SHOTS'];
  await until('nothing lies over it', async () => (await page.locator('.toast').count()) === 0, 15_000);
  if (shots !== undefined) await page.screenshot({ animations: 'disabled', path: `${shots}/${name}.png` });
}

it('are each shown on a page, and each that is shown is there', () => {
  const pages = ['README.md', ...readdirSync('docs').map((name) => join('docs', name))];
  const shown = pages
    .filter((name) => name.endsWith('.md'))
    .flatMap((name) => [...readFileSync(name, 'utf8').matchAll(/<img src="[^"]*screenshots\/([^"]+)"/g)])
    .map(([, file]) => file);
  expect([...new Set(shown)].sort()).toEqual(readdirSync(PICTURES).sort());
});

describe('pictures of the documents', () => {
  it('show what plays, and the queue', async () => {
    const { page, fake } = await open('#/', {}, LIGHT);
    await withMusic(page, fake);
    await picture(page, 'playing');
    await page.getByRole('link', { name: 'Queue' }).click();
    await page.getByRole('region', { name: 'Queue' }).waitFor();
    await picture(page, 'queue');
  });

  it('show the library', async () => {
    const { page } = await open('#/library/albums', {}, DARK);
    await page.getByRole('list', { name: 'Albums' }).getByRole('link').first().waitFor();
    await picture(page, 'library');
  });

  it('show an alarm that rings', async () => {
    const { page, fake } = await open('#/', {}, DARK);
    await withMusic(page, fake);
    fake.house.pipeline.put('alarms', anAlarm({ ring: ringing() }));
    await page.getByRole('alertdialog').getByRole('button', { name: 'Keep the music' }).waitFor();
    await picture(page, 'ringing');
  });

  it('show rooms that play together, and who plays there', async () => {
    const { page, handlers, fake } = await open('#/rooms', {}, DARK);
    fake.house.changePlayer('p-kitchen', { sync_class: 'locked' });
    await button(page, 'Group: who plays in Living room').click();
    await page.getByRole('switch', { name: /^Kitchen/ }).click();
    await page.getByText('Joined, locked').waitFor();
    await picture(page, 'groups');
    await button(page, 'Close').click();
    handlers['player:volume']!({ player_id: 'p-kitchen', volume: 0.2 });
    await button(page, 'Volume of each player in Living room').click();
    await page.getByRole('slider', { name: 'Volume of Kitchen alone' }).filter({ visible: true }).waitFor();
    await picture(page, 'rooms');
  });

  it('show a party with its queue in turns', async () => {
    const { page, fake, living } = await open('', {}, DARK);
    await button(page, 'Open for a party').click();
    await page.getByLabel('Your name (you are the host)').fill('Ana');
    await page.getByLabel('What it is about (optional)').fill('Songs of the summer');
    await page.getByRole('slider', { name: 'Votes count after' }).fill('0');
    await button(page, 'Open').click();
    const parts = { name: 'Parts of the party' };
    await page.getByRole('group', parts).waitFor();
    living().queue.items.splice(2);
    for (const [name, album] of [
      ['Ben', 'al1'],
      ['Cem', 'al2'],
    ] as const) {
      const guest = await openPage(`${fake.url}/#/join/living-room?invite=invitation%2Bto%2Fliving-room`);
      await guest.page.getByLabel('Your name').fill(name);
      await button(guest.page, 'Join').click();
      await guest.page.getByRole('group', parts).waitFor();
      await guest.page.evaluate((id) => (location.hash = `#/album/${id}`), album);
      await button(guest.page, 'Queue').click();
    }
    await page.evaluate(() => (location.hash = '#/album/al3'));
    await button(page, 'Add').click();
    await page.evaluate(() => (location.hash = '#/party/living-room'));
    await page.getByRole('list', { name: 'Up next' }).getByText('Cem').first().waitFor();
    await picture(page, 'party');
  });

  it('show how far players are off', async () => {
    const { page, fake, handlers } = await open('#/sync/living-room', {}, LIGHT);
    handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
    for (let second = 0; second < 60; second++) tell(fake, second);
    await page.getByText('In sync', { exact: true }).first().waitFor();
    await picture(page, 'sync');
  });
});

/** A house that has music of its own says nothing of the demo. */
async function withMusic(page: Page, fake: FakeTutti): Promise<void> {
  fake.house.notices([]);
  await page.getByText('Demo music').waitFor({ state: 'detached' });
}

/** What a room says of its players once a second: one comes closer, one is where it should be. */
function tell(fake: FakeTutti, second: number): void {
  const off = 1.6 * Math.exp(-second / 9) + 0.12 * Math.sin(second * 1.7) + 0.08 * Math.sin(second * 0.6);
  const of = (player_id: string, now: number): SyncReport => ({
    player_id,
    sync_class: 'steered',
    state: 'in-sync',
    estimated: false,
    skew_ms: { now, p50: Math.abs(now) / 2, p95: 0.34 },
    trend_ms_per_minute: 0,
    error_ms: 0.09,
  });
  const players = [of('p-living-room', off), of('p-kitchen', 0.06 * Math.sin(second))];
  for (const one of players) fake.house.reports.set(one.player_id, one);
  const data = { room_id: 'living-room', at_us: fake.house.nowUs() - (59 - second) * 1e6, players };
  fake.house.publish({ type: 'sync:report', topic: roomTopic('living-room'), data }, false);
}
