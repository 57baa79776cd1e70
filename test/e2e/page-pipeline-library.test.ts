import { describe, expect, it } from 'vitest';
import type { QueueItem } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, download, PHONE } from './pipeline-stage.js';

const { open } = pageStage();

const wish: QueueItem = { item_id: 'w1', title: 'Blue Hours', download_id: 'd-one' };

/** The queue of the living room with a wish behind its first track. */
async function openWish() {
  const stage = await open('#/queue', { items: 5 }, PHONE);
  const { house } = stage.fake;
  house.pipeline.put('downloads', download());
  house.edit('living-room', ([first, ...rest]) => [first!, wish, ...rest]);
  const row = stage.page.locator('[data-item="w1"]');
  await row.waitFor();
  return { ...stage, house, pipeline: house.pipeline, row };
}

describe('a wish in the queue', () => {
  it('shows how far it is, and cannot be played yet', async () => {
    const { page, row, pipeline, fake, complaints } = await openWish();
    await row.getByText('40 % · 10 s left').waitFor();
    pipeline.progress('d-one', 80, 2_000_000, 2);
    await row.getByText('80 % · 2 s left').waitFor();
    expect(await row.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('80');
    await auditPage(page, 'wish');
    await row.locator('.row-main').click();
    const menu = page.getByRole('dialog', { name: 'Blue Hours' });
    expect(await menu.getByRole('button', { name: 'Play now' }).isDisabled()).toBe(true);
    expect(fake.received).not.toContain('room:play');
    await menu.getByRole('button', { name: 'Show its download' }).click();
    await page.getByRole('region', { name: 'Add music' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('becomes a track in its place', async () => {
    const { row, house, living } = await openWish();
    const track = house.music.tracks.find(({ track_id }) => track_id === 't3-1')!;
    const { title, artist, album, album_id, duration_seconds } = track;
    const here = { item_id: 'w1', track_id: 't3-1', title, artist, album, album_id, duration_seconds };
    house.edit('living-room', (items) => items.map((item) => (item.item_id === 'w1' ? here : item)));
    await row.getByText(title, { exact: true }).waitFor();
    await row.getByText(`${artist} · ${album}`).waitFor();
    await row.locator('.row-main').click();
    await until('it plays', () => living().playback.item_id === 'w1');
  });

  it('says why it does not come', async () => {
    const { row, pipeline, house } = await openWish();
    pipeline.change('downloads', 'd-one', { state: 'failed', error: 'What came is a web page, not music' });
    await row.getByText('What came is a web page, not music').waitFor();
    pipeline.remove('downloads', 'd-one');
    await row.getByText('Its download was removed: it will not come').waitFor();
    house.edit('living-room', (items) =>
      items.map((item) => (item.item_id === 'w1' ? { ...item, problem: 'It waits for a review' } : item)),
    );
    await row.getByText('It waits for a review').waitFor();
  });
});

describe('hearts', () => {
  it('are given to a track and taken back', async () => {
    const { page, fake } = await open('#/album/al3', {}, PHONE);
    const { lovedTracks } = fake.house.pipeline;
    const track = fake.house.music.tracks.find(({ track_id }) => track_id === 't3-1')!;
    await button(page, `More for ${track.title}`).click();
    await button(page, 'Love this track').click();
    await until('it is loved', () => lovedTracks.has('t3-1'));
    await button(page, `Do not love ${track.title} any more`).click();
    await until('it is not any more', () => !lovedTracks.has('t3-1'));
  });

  it('stand beside tracks on wide screens, and for an artist on its page', async () => {
    const wide = { viewport: { width: 820, height: 1180 } };
    const { page, fake } = await open('#/album/al3', {}, wide);
    const { pipeline } = fake.house;
    const track = fake.house.music.tracks.find(({ track_id }) => track_id === 't3-2')!;
    await page
      .getByRole('listitem')
      .getByRole('button', { name: `Love ${track.title}`, exact: true })
      .click();
    await until('it is loved', () => pipeline.lovedTracks.has('t3-2'));
    await page.evaluate(() => (location.hash = '#/artist/ar3'));
    const { artist } = fake.house.music.albums[3]!;
    await button(page, `Love ${artist}`).click();
    await until('they are loved', () => pipeline.lovedArtists.has('ar3'));
    await button(page, `Do not love ${artist} any more`).waitFor();
    await auditPage(page, 'artist');
  });
});

describe('an album', () => {
  it('goes to the trash after asking, and comes back with Undo', async () => {
    const { page, fake } = await open('#/library/albums', {}, PHONE);
    const { pipeline, music } = fake.house;
    const { title } = music.albums[3]!;
    await page.evaluate(() => (location.hash = '#/album/al3'));
    await button(page, `More for ${title}`).first().click();
    await button(page, 'Delete album…').click();
    await page.getByRole('dialog').getByText('go to the trash').waitFor();
    await auditPage(page, 'delete');
    await button(page, 'Delete').click();
    await page.getByRole('region', { name: 'Library' }).waitFor();
    await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
    await page.getByText(`${title} is back`).waitFor();
    expect(pipeline.asked.map(({ type }) => type)).toEqual(['library:delete', 'trash:restore']);
    expect(pipeline.trash).toEqual([]);
  });

  it('is deleted by nobody who does not manage the house', async () => {
    const you = { role: 'user', subject_id: 'u2', name: 'Cleo' } as const;
    const { page, fake } = await open('#/album/al3', { you }, PHONE);
    await button(page, `More for ${fake.house.music.albums[3]!.title}`).first().click();
    await button(page, 'Add to playlist…').waitFor();
    expect(await button(page, 'Delete album…').count()).toBe(0);
  });
});

describe('what is new', () => {
  it('tells what came, what was better and what went', async () => {
    const { page, fake } = await open('#/activity', {}, PHONE);
    const { background } = fake.house;
    const about = { artist: 'Amber Antlers', title: 'Snow', timestamp: new Date().toISOString() };
    background.say({ action: 'download_started', username: 'Ann', ...about });
    background.say({ action: 'album_imported', album_id: 'al3', ...about });
    background.say({ action: 'upgrade', album_id: 'al3', ...about });
    background.say({ action: 'delete', username: 'Ann', ...about });
    await page.getByText('On its way, wished for by Ann · just now').waitFor();
    await page.getByText('Came into the library · just now').waitFor();
    await page.getByText('Here in better quality now · just now').waitFor();
    await page.getByText('Deleted by Ann · just now').waitFor();
    await auditPage(page, 'activity');
  });
});
