import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, candidate, PHONE, review } from './pipeline-stage.js';

const { open } = pageStage();

/** The page on an album that waits for a person. */
async function openReview(more = {}) {
  const stage = await open('#/imports', {}, PHONE);
  const { pipeline } = stage.fake.house;
  pipeline.review(review(more));
  await stage.page.getByRole('link', { name: /Amber Antlers - Leaving Snow/ }).click();
  await stage.page.getByRole('heading', { level: 1, name: 'Amber Antlers - Leaving Snow' }).waitFor();
  return { ...stage, pipeline, approved: () => pipeline.asked.find(({ type }) => type === 'import:approve') };
}
const dialog = (page: Page) => page.getByRole('dialog');
const backAtImports = (page: Page) =>
  until('it is back at the list', () => new URL(page.url()).hash === '#/imports');

describe('imports', () => {
  it('show what needs a person first, with the sentence that says why', async () => {
    const { page, fake } = await open('#/imports', {}, PHONE);
    const { pipeline } = fake.house;
    await page.getByText('Nothing has come in yet.').waitFor();
    const { reason: _reason, confidence: _confidence, ...plain } = candidate({ gates: [] });
    pipeline.put('imports', candidate());
    pipeline.put('imports', { ...plain, candidate_id: 'c2', title: 'Paper Harbour', state: 'examining' });
    pipeline.put('imports', {
      ...plain,
      candidate_id: 'c3',
      title: 'Old Maps',
      state: 'imported',
      album_id: 'al3',
    });
    pipeline.put('imports', {
      ...plain,
      candidate_id: 'c4',
      title: 'Wild Signals',
      state: 'failed',
      reason: 'The disk is full',
    });
    await page.getByText('Wild Signals').waitFor();
    expect(await page.getByRole('heading', { level: 3 }).allTextContents()).toEqual([
      'Needs you 2',
      'On its way 1',
      'Done 1',
    ]);
    await page.getByText('The title of track 2 is another one').waitFor();
    await page.getByText('The disk is full').waitFor();
    await page.getByText('Its files are looked at').waitFor();
    await auditPage(page, 'imports');
  });

  it('that wait are told in the library', async () => {
    const { page, fake } = await open('#/library/albums', {}, PHONE);
    fake.house.pipeline.put('imports', candidate());
    await page.getByRole('link', { name: '1 to review' }).click();
    await page.getByRole('region', { name: 'Imports' }).waitFor();
  });

  it('are not for who does not manage the house', async () => {
    const you = { role: 'user', subject_id: 'u2', name: 'Cleo' } as const;
    const { page, fake } = await open('#/music', { you }, PHONE);
    fake.house.pipeline.review(review());
    await page.getByRole('link', { name: /Exports/ }).waitFor();
    for (const name of [/Imports/, /Schedules/, /Music servers/, /Trash/])
      expect(await page.getByRole('link', { name }).count()).toBe(0);
    for (const hash of ['#/imports', '#/review/c-one', '#/schedules', '#/targets', '#/trash']) {
      await page.evaluate((to) => (location.hash = to), hash);
      await page.getByText('This is for who manages Tutti.').waitFor();
    }
    expect(fake.received.filter((type) => /^(?:import|trash|target|schedule):/.test(type))).toEqual([]);
    expect(await page.content()).not.toContain('Leaving Snow');
  });
});

describe('a review', () => {
  it('shows file and track side by side, with what differs in words', async () => {
    const { page, complaints } = await openReview();
    const row = (text: string) => page.getByRole('row').filter({ hasText: text });
    await auditPage(page, 'review');
    await page.getByText('3 rows of 4 differ; they are marked with ≠.').waitFor();
    expect(await row('Slow Light').getByText('Slow Night (another title)').count()).toBe(1);
    expect(await row('The Ferry').getByText('4:16, 16 s longer').count()).toBe(1);
    expect(await row('Hidden').getByText('Not on this album').count()).toBe(1);
    expect(await row('Leaving Home').getByText('≠').count()).toBe(0);
    await page.getByText('There is one file more than the album has tracks').waitFor();
    await page.getByText('1 other file').click();
    await page.getByText('cover.jpg').waitFor();
    expect(complaints).toEqual([]);
  });

  it('is decided for one of the albums it may be, by keyboard', async () => {
    const { page, approved } = await openReview();
    await page.getByRole('radio').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText('2011 · US · Digital').waitFor();
    await until('the second is chosen', () => page.getByRole('radio').nth(1).isChecked());
    await button(page, 'Take this one').click();
    await backAtImports(page);
    expect(approved()?.request).toMatchObject({ candidate_id: 'c-one', match: 1 });
    await page.getByText('Going into the library', { exact: true }).waitFor();
  });

  it('names how sure it is of each, and what speaks against the chosen one', async () => {
    const { page } = await openReview();
    await page.getByRole('radio', { name: /Leaving Snow.*Confidence 93 %/s }).waitFor();
    await page.getByRole('list', { name: 'What speaks against it' }).getByText('Unmatched tracks').waitFor();
    await page.getByText('4.1 %').waitFor();
  });

  it('replaces the album that is there already, which is said to go to the trash', async () => {
    const { page, approved } = await openReview();
    await page.getByText('The new one sounds better in every track').waitFor();
    await page.getByRole('button', { name: 'Replace it: Leaving Snow' }).click();
    await dialog(page).getByText('Its old files go to the trash').waitFor();
    await button(page, 'Replace it').click();
    await backAtImports(page);
    expect(approved()?.request).toMatchObject({ match: 0, replace_album_id: 'al3' });
  });

  it('is corrected: names, a title, the order, and what is left out', async () => {
    const { page, approved } = await openReview();
    await button(page, 'Edit').click();
    await dialog(page).getByLabel('Year').fill('2005');
    await dialog(page).getByLabel('Album').fill('Leaving Snow (Demos)');
    await dialog(page).getByLabel('Title 2', { exact: true }).fill('Slow Night');
    await button(page, 'Move title 3 up').click();
    await dialog(page).getByLabel('File of title 1', { exact: true }).selectOption('');
    await auditPage(page, 'review-edit');
    await button(page, 'Take it with 2 files').click();
    await backAtImports(page);
    const { verdict } = approved()!.request as {
      verdict: { release: { album: string; year: number; tracks: object[] }; files: string[] };
    };
    expect(verdict.release).toMatchObject({ album: 'Leaving Snow (Demos)', year: 2005 });
    expect(verdict.release.tracks).toMatchObject([
      { track_number: 1, title: 'The Ferry' },
      { track_number: 2, title: 'Slow Night' },
    ]);
    expect(verdict.files).toEqual(['03 The Ferry.flac', '02 Slow Night.flac']);
  });

  it('finds other albums by names or id, and says when there are none', async () => {
    const { page, pipeline } = await openReview();
    await button(page, 'Other').click();
    await button(page, 'Search by names or id…').click();
    const artist = dialog(page).getByLabel('Artist');
    expect(await artist.inputValue()).toBe('Amber Antlers');
    await artist.fill('Nobody');
    await button(page, 'Search').click();
    await page.getByRole('alert').getByText('Nothing was found').waitFor();
    await dialog(page)
      .getByLabel(/MusicBrainz/)
      .fill('11111111-2222-4333-8444-555555555555');
    await artist.fill('Amber Antlers');
    await button(page, 'Search').click();
    await page.getByRole('radio', { name: /Found by search/ }).waitFor();
    expect(pipeline.asked.at(-1)?.request).toEqual({
      candidate_id: 'c-one',
      release_id: '11111111-2222-4333-8444-555555555555',
    });
  });

  it('is not taken only after it is said where the files go', async () => {
    const { page, pipeline } = await openReview();
    await button(page, 'Other').click();
    await button(page, 'Do not take it…').click();
    await dialog(page).getByText('Its files go to the trash.').waitFor();
    await auditPage(page, 'review-reject');
    await button(page, 'Do not take it').click();
    await backAtImports(page);
    await page.getByText('Not taken: it is in the trash').waitFor();
    expect(pipeline.trash.map(({ reason }) => reason)).toEqual(['rejected']);
  });

  it('follows what others decide meanwhile', async () => {
    const { page, pipeline } = await openReview();
    pipeline.change('imports', 'c-one', { state: 'importing', updated_at: '2026-11-20T09:31:00.000Z' });
    await page.getByRole('status').getByText('Going into the library').waitFor();
    await button(page, 'Take this one').waitFor({ state: 'detached' });
  });

  it('of something that nobody knows can only be searched for or described', async () => {
    const { page } = await openReview({ matches: [], duplicates: [] });
    await page.getByText('Nothing like it was found.').waitFor();
    expect(await button(page, 'Take this one').isDisabled()).toBe(true);
    await button(page, 'Edit').click();
    expect(await dialog(page).getByLabel('Title 2', { exact: true }).inputValue()).toBe('Slow Night');
  });
});
