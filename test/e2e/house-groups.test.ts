import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPulse, type Pulse } from '../fakes/pulse.js';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { killMpvs } from '../integration/local-rig.js';
import { until } from '../until.js';
import { launchBrowser, openPage } from './browser.js';

const ALBUM = 'Together';
const [TRACKS, SECONDS] = [2, 60];

let pulse: Pulse;
let server: ServerProcess;
let browser: Browser;
let dir = '';

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-groups-'));
  await makeSineAlbums(join(dir, 'music'), 441, [ALBUM], TRACKS, SECONDS);
  pulse = await startPulse(['kitchen', 'bath']);
  const local = (id: string, name: string) => ({
    id,
    kind: 'local',
    name,
    ao: 'pulse',
    output: `pulse/${id}`,
  });
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    musicDir: join(dir, 'music'),
    players: [local('kitchen', 'Kitchen'), local('bath', 'Bath')],
    env: { ...pulse.env },
  });
  browser = await launchBrowser();
});

afterEach(async () => {
  await browser?.close();
  await server?.kill();
  await killMpvs(join(dir, 'state', 'run'));
  await pulse?.close();
  await rm(dir, { recursive: true, force: true });
});

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const card = (page: Page, room: string) => page.locator(`li[data-room="${room}"]`);

/** Listens for a second: a player that has just joined is silent until it has found the others. */
async function isHeard(sink: string): Promise<boolean> {
  const heard = await pulse.capture(sink);
  await until(`${sink} makes a second of sound or silence`, () => heard.bytes > 176_400);
  return (await heard.stop()).level(441) > 0.05;
}

describe('two phones and two loudspeakers', () => {
  it('are grouped from one, seen on the other, heard in both rooms, measured and ungrouped again', async () => {
    const client = server.client(['players', 'room/kitchen']);
    await client.ready();
    await until('both players are there', () =>
      (client.mirror.players ?? []).every(({ link }) => link === 'online'),
    );
    await until('the library is there', async () => {
      const { track_count } = await client.send('library:status', {});
      return track_count === TRACKS;
    });
    const { items } = await client.send('library:albums', {});
    await client.send('queue:add', {
      room_id: 'kitchen',
      source: { album_id: items[0]!.album_id },
      play: true,
    });
    const [one, other] = await Promise.all(
      [1, 2].map(async () => openPage(browser, `${server.url}/#/rooms`)),
    );
    const [{ page }, { page: second }] = [one!, other!];
    await card(second, 'bath').getByText('Nothing is playing').waitFor();
    await button(page, 'Pause Kitchen').waitFor();

    await button(page, 'Group: who plays in Kitchen').click();
    await page.getByRole('switch', { name: /^Bath/ }).click();
    await card(second, 'kitchen').getByText('Bath', { exact: true }).waitFor();
    await page.getByText('Joined, steered').waitFor();
    await second.getByText('Its player is in Kitchen').waitFor();

    await until('the bath is heard', () => isHeard('bath'));

    await second.evaluate(() => (location.hash = '#/sync/kitchen'));
    for (const name of ['Kitchen', 'Bath']) {
      const player = second.locator('.sync-player', { has: second.getByRole('heading', { name }) });
      await player.getByText('In sync').waitFor({ timeout: 20_000 });
      await player.locator('path.skew').waitFor({ state: 'attached' });
    }

    await page.getByRole('switch', { name: /^Bath/ }).click();
    await second.evaluate(() => (location.hash = '#/rooms'));
    await button(second, 'Group: who plays in Bath').waitFor();
    await page.getByText('On its own', { exact: true }).waitFor();
    expect(client.mirror.room['kitchen']?.playback.state).toBe('playing');
    expect([one!.complaints, other!.complaints]).toEqual([[], []]);
    client.close();
  }, 120_000);
});
