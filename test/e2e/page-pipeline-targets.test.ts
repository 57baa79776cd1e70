import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Target, TrashEntry } from '../../src/protocol/index.js';
import { NOW } from '../fakes/fake-pipeline.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialog = (page: Page) => page.getByRole('dialog');
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

const target = (more: Partial<Target> = {}): Target => ({
  target_id: 't-one',
  kind: 'plex',
  name: 'Plex',
  url: 'http://192.168.1.10:32400',
  enabled: true,
  section: '3',
  mappings: [{ ours: '/srv/music', theirs: '/data/music' }],
  waiting: 0,
  last_result: 'confirmed',
  last_at: NOW,
  ...more,
});

describe('music servers', () => {
  it('are added with folders, and the secret is never seen again', async () => {
    const { page, fake } = await open('#/targets', {}, PHONE);
    const { pipeline } = fake.house;
    await button(page, 'Add a music server').click();
    await dialog(page).getByLabel('Kind').selectOption('Navidrome or Subsonic');
    await dialog(page).getByLabel('Name').fill('Attic');
    await dialog(page).getByLabel('Address').fill('http://attic.local:4533');
    await dialog(page).getByLabel('User').fill('tutti');
    await dialog(page).getByLabel('Password').fill('sesame-open');
    await button(page, 'Add a folder pair').click();
    await dialog(page).getByLabel('Our folder 1').fill('/srv/music');
    await button(page, 'Add').click();
    await page.getByRole('alert').getByText('A folder pair needs both sides').waitFor();
    await dialog(page).getByLabel('Its folder 1').fill('/music');
    await auditPage(page, 'target');
    await button(page, 'Add').click();
    await page.getByText('It was not told anything yet').waitFor();
    expect(pipeline.asked.at(-1)?.request).toEqual({
      kind: 'subsonic',
      name: 'Attic',
      url: 'http://attic.local:4533',
      enabled: true,
      mappings: [{ ours: '/srv/music', theirs: '/music' }],
    });
    expect(await page.content()).not.toContain('sesame');
  });

  it('answer a test in words, with their libraries and where our music is', async () => {
    const { page, fake } = await open('#/targets', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('targets', target());
    await page.getByText(/^Our files were found there/).waitFor();
    await page.getByRole('button', { name: 'Test: Plex' }).click();
    const said = page.getByRole('status');
    await said.getByText('It answers, and knows our music (version 1.40.2)').waitFor();
    await said.getByText('Our music is at /data/music there.').waitFor();
    await said.getByText('Music (number 3): /data/music').waitFor();
    const { music_folder: _folder, ...lost } = pipeline.answer;
    Object.assign(pipeline, { answer: { ...lost, ok: false, message: 'The token is not right' } });
    await page.getByRole('button', { name: 'Test: Plex' }).click();
    await said.getByText('The token is not right').waitFor();
    await said.getByText('The folder pairs do not lead to our music there.').waitFor();
  });

  it('say honestly what a scan came to', async () => {
    const { page, fake } = await open('#/targets', {}, PHONE);
    const { pipeline } = fake.house;
    const message = 'Look at its folder pairs';
    pipeline.put('targets', target({ last_result: 'scanned', last_message: message }));
    pipeline.put(
      'targets',
      target({ target_id: 't2', kind: 'mpd', name: 'Kitchen', last_result: 'timeout' }),
    );
    pipeline.put(
      'targets',
      target({ target_id: 't3', name: 'Attic', last_result: 'unreachable', waiting: 3 }),
    );
    await page.getByText(/It looked, but our files were not seen there/).waitFor();
    await page.getByText(message).waitFor();
    await page.getByText(/whether it is done is not known/).waitFor();
    await page.getByText('3 folders it has still to be told of').waitFor();
    await page.getByRole('button', { name: 'Test: Attic' }).click();
    await page.getByText('Our music is at /data/music there.').waitFor();
    await auditPage(page, 'targets');
  });

  it('are changed, asked to look at everything, switched off and removed', async () => {
    const { page, fake } = await open('#/targets', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('targets', target());
    const more = async (entry: string): Promise<void> => {
      await button(page, 'More for Plex').click();
      await button(page, entry).click();
    };
    await more('Have it look at everything');
    await until('it is asked', () => pipeline.asked.some(({ type }) => type === 'target:scan'));
    await more('Change…');
    await dialog(page).getByLabel('Address').fill('http://192.168.1.11:32400');
    await button(page, 'Save').click();
    await page.getByText('http://192.168.1.11:32400').waitFor();
    expect(pipeline.get('targets', 't-one').section).toBe('3');
    await page.getByRole('switch', { name: 'Plex' }).click();
    await until('it is off', () => !pipeline.get('targets', 't-one').enabled);
    await more('Remove…');
    await button(page, 'Remove it').click();
    await page.getByText('can be told at once what is new').waitFor();
  });
});

const trashed = (more: Partial<TrashEntry> = {}): TrashEntry => ({
  trash_id: 'x-one',
  title: 'Old Maps',
  artist: 'Lunar Choir',
  reason: 'replaced',
  file_count: 11,
  size_bytes: 94_000_000,
  username: 'Ann',
  trashed_at: NOW,
  expires_at: inMinutes(30 * 1440),
  ...more,
});

describe('the trash', () => {
  it('gives back what was taken out', async () => {
    const { page, fake } = await open('', {}, PHONE);
    const { pipeline } = fake.house;
    const { expires_at: _expires, ...kept } = trashed({ trash_id: 'x2', title: 'Snow', reason: 'rejected' });
    pipeline.trash = [trashed(), kept];
    await page.evaluate(() => (location.hash = '#/trash'));
    await page.getByText(/Replaced by a better one by Ann, .* 11 files · 94.0 MB/).waitFor();
    await page.getByText(/Goes for good on /).waitFor();
    await page.getByText('Stays until somebody removes it').waitFor();
    await auditPage(page, 'trash');
    await page.getByRole('button', { name: 'Bring back: Snow' }).click();
    await page.getByText('Snow waits for review again').waitFor();
    await page.getByRole('button', { name: 'Bring back: Old Maps' }).click();
    await page.getByText('The trash is empty.').waitFor();
  });

  it('removes for good only after asking', async () => {
    const { page, fake } = await open('', {}, PHONE);
    fake.house.pipeline.trash = [trashed()];
    await page.evaluate(() => (location.hash = '#/trash'));
    await button(page, 'Remove Old Maps for good').click();
    await dialog(page).getByText('11 files (94.0 MB) of Lunar Choir are then gone').waitFor();
    await button(page, 'Keep it').click();
    expect(fake.house.pipeline.trash).toHaveLength(1);
    await button(page, 'Remove Old Maps for good').click();
    await button(page, 'Remove for good').click();
    await page.getByText('The trash is empty.').waitFor();
  });
});
