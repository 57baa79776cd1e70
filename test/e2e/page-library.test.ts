import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { FakeTutti } from '../fakes/fake-tutti.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { button, pageStage } from './page-stage.js';
import { auditPage } from './pipeline-stage.js';

const { open } = pageStage();

describe('the library', () => {
  it('finds as one types', async () => {
    const { page, fake } = await open('#/library/albums');
    await page.getByRole('link', { name: /Finding the Tide/ }).waitFor();
    await page.getByRole('searchbox').pressSequentially('silver', { delay: 15 });
    await page.getByRole('heading', { name: 'Artists' }).waitFor();
    await page
      .getByRole('link', { name: /Silver Foxes/ })
      .first()
      .waitFor();
    expect(fake.received.filter((type) => type === 'library:search').length).toBeLessThan(4);
  });

  it('plays an album from the track that is tapped, and gives the old queue back', async () => {
    const { page, living } = await open('#/album/al3');
    const before = living().queue.items;
    await page.locator('.track-row .row-main').nth(2).click();
    await until('the third track plays', () => living().playback.track?.track_id === 't3-2');
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
    await until('the queue is back', () => living().queue.items.length === before.length);
  });

  it('goes from artists to an artist, an album and back', async () => {
    const { page } = await open('#/library/artists');
    await page
      .getByRole('link', { name: /Amber Antlers/ })
      .first()
      .click();
    await page.getByRole('heading', { level: 1, name: 'Amber Antlers' }).waitFor();
    await page.locator('.tile').first().click();
    await page.getByRole('link', { name: 'Amber Antlers' }).waitFor();
    await button(page, 'Back').click();
    await page.getByRole('heading', { level: 1, name: 'Amber Antlers' }).waitFor();
  });

  it('has albums in the order that is chosen, which stays, and says how often they were played', async () => {
    const { page, fake, complaints } = await open('#/library/albums');
    const { albums } = fake.house.music;
    const order = page.getByRole('combobox', { name: 'Order' });
    const tiles = () => page.locator('.tile-title').allTextContents();
    await order.selectOption('Most played');
    const most = albums
      .filter(({ play_count = 0 }) => play_count > 0)
      .sort((a, b) => (b.play_count ?? 0) - (a.play_count ?? 0));
    const wanted = most.map(({ title }) => title).join();
    await until('the most played come first', async () => (await tiles()).join() === wanted);
    await auditPage(page, 'most-played');
    await page.locator('.tile').first().click();
    await page.getByText(`${most[0]!.play_count} plays · last`).waitFor();
    await page.getByRole('button', { name: 'played 3 times' }).waitFor();
    await auditPage(page, 'album-plays');
    await button(page, 'Back').click();
    await until('the order is the same', async () => (await tiles()).join() === wanted);
    await order.selectOption('Played last');
    await until('the last comes first', async () => (await tiles())[0] === albums[255]!.title);
    await order.selectOption('By artist');
    await until('all are there', async () => (await tiles()).length > most.length);
    expect(complaints).toEqual([]);
  });

  it('says which files cannot be played', async () => {
    const { page } = await open('#/library/albums');
    await page.getByRole('link', { name: '2 problems' }).click();
    await page.getByText('the file is empty').waitFor();
  });
});

describe('playlists', () => {
  const dialog = (page: Page, name: string) => page.getByRole('dialog', { name });
  const more = (page: Page, of: string) => button(page, `More for ${of}`);
  const listed = (fake: FakeTutti, name: string) =>
    fake.house.music.playlists.find((playlist) => playlist.name === name);
  const file = (name: string, text: string) => ({
    name,
    mimeType: 'audio/x-mpegurl',
    buffer: Buffer.from(text, 'utf8'),
  });

  it('are made empty, by keyboard alone', async () => {
    const { page, fake } = await open('#/library/playlists');
    await button(page, 'New playlist').focus();
    await page.keyboard.press('Enter');
    await dialog(page, 'New playlist').waitFor();
    await until('the name has the focus', () =>
      page.evaluate(() => document.activeElement?.matches('dialog input') ?? false),
    );
    await page.keyboard.type('Rainy day');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /Rainy day 0 tracks/ }).waitFor();
    expect(listed(fake, 'Rainy day')?.track_count).toBe(0);
    await until('the focus is back', () =>
      button(page, 'New playlist').evaluate((element) => element === document.activeElement),
    );
    await page.getByRole('link', { name: /Rainy day/ }).click();
    await page.getByText('No tracks yet.').waitFor();
  });

  it('keep what was typed when the name is taken, and say so', async () => {
    const { page, fake } = await open('#/library/playlists');
    await button(page, 'New playlist').click();
    const name = page.getByRole('textbox', { name: 'Name' });
    await name.fill('Sunday morning');
    await button(page, 'Create').click();
    await page.getByRole('alert').getByText('A playlist has this name already').waitFor();
    expect(await name.inputValue()).toBe('Sunday morning');
    await name.fill('Monday');
    await button(page, 'Create').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(listed(fake, 'Monday')).toBeDefined();
  });

  it('take an album at their end', async () => {
    const { page, fake } = await open('#/album/al3');
    const album = fake.house.music.albums[3]!;
    await more(page, album.title).first().click();
    await button(page, 'Add to playlist…').click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Sunday morning/ })
      .click();
    await page.getByText(`Added ${album.title} to Sunday morning`).waitFor();
    expect(
      fake.house.music.contents
        .get('pl0')
        ?.slice(24)
        .map((track) => track.album_id),
    ).toEqual(Array.from({ length: album.track_count }, () => 'al3'));
  });

  it('are made of a track, with its title as the first name', async () => {
    const { page, fake } = await open('#/album/al3');
    const track = fake.house.music.tracks.find(({ track_id }) => track_id === 't3-1')!;
    await more(page, track.title).click();
    await button(page, 'Add to playlist…').click();
    await button(page, 'New playlist').click();
    const name = page.getByRole('textbox', { name: 'Name' });
    expect(await name.inputValue()).toBe(track.title);
    await name.fill('Just one');
    await button(page, 'Create').click();
    await page.getByText('Created Just one').waitFor();
    const made = listed(fake, 'Just one')!;
    expect(fake.house.music.contents.get(made.playlist_id)).toEqual([track]);
  });

  it('take what stands in the queue', async () => {
    const { page, fake, living } = await open('#/queue');
    await page.locator('.queue-row').nth(2).getByRole('button', { name: /^More/ }).click();
    await button(page, 'Add to playlist…').click();
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Sunday morning/ })
      .click();
    await until('it is there', () => fake.house.music.contents.get('pl0')?.length === 25);
    expect(fake.house.music.contents.get('pl0')?.at(-1)?.track_id).toBe(living().queue.items[2]!.track_id);
  });

  it('lose one track, and the focus stays in its place', async () => {
    const { page, fake } = await open('#/playlist/pl0');
    const before = fake.house.music.contents.get('pl0')!;
    const row = (index: number) =>
      page.locator('.track-row').nth(index).getByRole('button', { name: /^More/ });
    await row(2).click();
    await button(page, 'Remove from the playlist').click();
    await page.getByText('23 tracks').waitFor();
    expect(fake.house.music.contents.get('pl0')).toEqual(before.toSpliced(2, 1));
    await until('the next row has the focus', () =>
      row(2).evaluate((element) => element === document.activeElement),
    );
    await page.getByText(`Removed ${before[2]!.title}`).waitFor();
  });

  it('are renamed and deleted from their page', async () => {
    const { page, fake } = await open('#/playlist/pl0');
    await more(page, 'Sunday morning').click();
    await button(page, 'Rename…').click();
    const name = page.getByRole('textbox', { name: 'Name' });
    expect(await name.inputValue()).toBe('Sunday morning');
    await name.fill('Sunday evening');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Sunday evening' }).waitFor();
    await more(page, 'Sunday evening').click();
    await button(page, 'Delete playlist').click();
    await page.getByText('No playlists yet.').waitFor();
    expect(fake.house.music.playlists).toEqual([]);
  });

  it('follow what another phone does to them', async () => {
    const { page, handlers } = await open('#/playlist/pl0');
    await page.getByText('24 tracks').waitFor();
    handlers['playlist:add']!({ playlist_id: 'pl0', track_ids: ['t3-1'] });
    await page.getByText('25 tracks').waitFor();
  });

  it('come from a file that is wholly known, named after it', async () => {
    const { page, fake } = await open('#/library/playlists');
    await button(page, 'Import a file').click();
    await page
      .getByLabel(/^File/)
      .setInputFiles(file('Road trip.m3u8', '\ufeff#EXTM3U\r\n#EXTINF:1,A - B\r\nt3-1\r\nt5-0\r\n'));
    expect(await page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('Road trip');
    await button(page, 'Import').click();
    await page.getByRole('heading', { level: 1, name: 'Road trip' }).waitFor();
    await page.getByText('Imported Road trip').waitFor();
    expect(listed(fake, 'Road trip')?.track_count).toBe(2);
  });

  it('come from a file with gaps, which are shown', async () => {
    const { page } = await open('#/library/playlists');
    await button(page, 'Import a file').click();
    await page
      .getByLabel(/^File/)
      .setInputFiles(file('Old.m3u', 't3-1\n../lost/<b>one</b>.mp3\nlost two.flac\n'));
    await button(page, 'Import').click();
    await page.getByText('Old: 1 track imported. 2 lines name no track of this library:').waitFor();
    expect(await page.getByRole('list', { name: 'Missing' }).getByRole('listitem').allTextContents()).toEqual(
      ['../lost/<b>one</b>.mp3', 'lost two.flac'],
    );
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Old: 1 track imported/);
    await button(page, 'Show playlist').click();
    await page.getByRole('heading', { level: 1, name: 'Old' }).waitFor();
  });

  it('are not imported from a file that no command can carry', async () => {
    const { page, fake } = await open('#/library/playlists');
    await button(page, 'Import a file').click();
    await page.getByLabel(/^File/).setInputFiles(file('Long.m3u', 'дорога.mp3\n'.repeat(6_000)));
    await button(page, 'Import').click();
    await page.getByRole('alert').getByText('too long').waitFor();
    expect(fake.received).not.toContain('playlist:import');
  });

  for (const [width, height] of [
    [320, 568],
    [390, 844],
  ] as const)
    it(`have sheets for everybody at ${width} x ${height}`, async () => {
      const { page } = await open('#/library/playlists', {}, { viewport: { width, height } });
      expect(await auditControls(page)).toEqual([]);
      for (const opener of ['New playlist', 'Import a file']) {
        await button(page, opener).click();
        await page.getByRole('dialog').waitFor();
        expect(await auditControls(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached' });
      }
      await page.evaluate(() => (location.hash = '#/playlist/pl0'));
      await more(page, 'Sunday morning').click();
      await button(page, 'Add to playlist…').click();
      await dialog(page, 'Add to playlist')
        .getByRole('button', { name: /Sunday morning/ })
        .waitFor();
      expect(await auditControls(page)).toEqual([]);
    });
});
