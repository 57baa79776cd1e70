import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';

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

  it('says which files cannot be played', async () => {
    const { page } = await open('#/library/albums');
    await page.getByRole('link', { name: '2 problems' }).click();
    await page.getByText('the file is empty').waitFor();
  });
});
