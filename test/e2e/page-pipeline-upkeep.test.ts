import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Export, Schedule } from '../../src/protocol/index.js';
import { NOW } from '../fakes/fake-pipeline.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, candidate, download, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialog = (page: Page) => page.getByRole('dialog');
const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();

describe('music in and out', () => {
  it('leads everywhere, and says where somebody has to look', async () => {
    const { page, fake, complaints } = await open('#/settings', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('imports', candidate());
    pipeline.put('downloads', download());
    await page.getByRole('link', { name: 'Music in and out' }).click();
    await page.getByText('1 need you').waitFor();
    await page.getByText('1 on the way').waitFor();
    await auditPage(page, 'music');
    for (const [link, view] of [
      ['Imports', 'Imports'],
      ['Exports', 'Exports'],
      ['Podcasts', 'Podcasts'],
      ['Schedules', 'Schedules'],
      ['Music servers', 'Music servers'],
      ['Trash', 'Trash'],
      ['What is new', 'What is new'],
    ] as const) {
      await page.getByRole('link', { name: new RegExp(link) }).click();
      await page.getByRole('region', { name: view }).waitFor();
      await button(page, 'Back').click();
      await page.getByRole('region', { name: 'Music in and out' }).waitFor();
    }
    expect(complaints).toEqual([]);
  });
});

const anExport = (more: Partial<Export> = {}): Export => ({
  export_id: 'e-one',
  user_id: 'u1',
  username: 'Ann',
  title: 'Albums that Ann loves',
  format: 'flac',
  path: '/media/stick/Tutti',
  state: 'running',
  progress: 30,
  current_album: 'Silver Foxes - Small Fires',
  album_count: 12,
  track_count: 130,
  size_bytes: 3_400_000_000,
  created_at: NOW,
  ...more,
});

describe('exports', () => {
  it('are begun with what, format and folder', async () => {
    const { page, fake } = await open('#/exports', {}, PHONE);
    await page.getByText('Nothing was written yet.').waitFor();
    await button(page, 'Export music').click();
    await dialog(page).getByLabel('What').selectOption('Sunday morning');
    await dialog(page).getByLabel('MP3').check();
    await dialog(page).getByLabel('Where').selectOption('/srv/export');
    await auditPage(page, 'export');
    await button(page, 'Export').click();
    await page.getByRole('progressbar', { name: 'Sunday morning' }).waitFor();
    expect(fake.house.pipeline.asked.at(-1)?.request).toEqual({
      playlist_id: 'pl0',
      format: 'mp3',
      folder: '/srv/export',
    });
  });

  it('say what they write now, are stopped, go on and are forgotten', async () => {
    const { page, fake } = await open('#/exports', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('exports', anExport());
    await page.getByText('30 % · Silver Foxes - Small Fires').waitFor();
    await button(page, 'Stop Albums that Ann loves').click();
    await page.getByText('Stopped at 30 %; what is written stays').waitFor();
    await page.getByRole('button', { name: 'Go on: Albums that Ann loves' }).click();
    await until('it runs', () => pipeline.get('exports', 'e-one').state === 'running');
    pipeline.put(
      'exports',
      anExport({ export_id: 'e2', title: 'Road', state: 'failed', error: 'The stick is full' }),
    );
    pipeline.put(
      'exports',
      anExport({ state: 'completed', progress: 100, error: '2 tracks could not be read' }),
    );
    await page
      .getByText('12 albums · 130 tracks · 3.4 GB. Left behind: 2 tracks could not be read')
      .waitFor();
    await auditPage(page, 'exports');
    await button(page, 'Remove Albums that Ann loves from this list').click();
    await until('it is forgotten', () => pipeline.list('exports').length === 1);
  });

  it('say what to do where there is nowhere to write to', async () => {
    const { page, fake } = await open('#/exports', {}, PHONE);
    fake.house.pipeline.folders = [];
    await button(page, 'Export music').click();
    await dialog(page).getByText('There is no folder or stick that may be written to.').waitFor();
  });
});

const schedule = (more: Partial<Schedule> = {}): Schedule => ({
  schedule_id: 's-one',
  title: 'Check the library',
  cron: '0 3 * * *',
  enabled: true,
  running: false,
  last_run_at: NOW,
  last_result: 'completed',
  last_message: '120 files looked at, all well',
  ...more,
});

describe('schedules', () => {
  it('say in words when they run and what came of it', async () => {
    const { page, fake } = await open('#/schedules', {}, PHONE);
    const { pipeline } = fake.house;
    pipeline.put('schedules', schedule({ next_run_at: inMinutes(30) }));
    const failed = { last_result: 'failed', last_message: 'The music folder is not there' } as const;
    pipeline.put(
      'schedules',
      schedule({
        schedule_id: 's2',
        title: 'Tell music servers',
        cron: '*/5 * * * *',
        enabled: false,
        ...failed,
      }),
    );
    const { last_run_at: _at, last_result: _result, last_message: _message, ...fresh } = schedule();
    pipeline.put('schedules', { ...fresh, schedule_id: 's3', title: 'Weekly numbers', cron: '1,2 3 * * *' });
    await page.getByText(/Every day at 03:00 · Next in (30|29) min/).waitFor();
    await page.getByText(/^Done .*: 120 files looked at, all well/).waitFor();
    await page.getByText('Every 5 minutes · Switched off').waitFor();
    await page.getByText(/The music folder is not there/).waitFor();
    await page.getByText('1,2 3 * * *').waitFor();
    await page.getByText('It has not run yet').waitFor();
    await auditPage(page, 'schedules');
  });

  it('are switched off, run now and moved', async () => {
    const { page, fake } = await open('#/schedules', {}, PHONE);
    const { pipeline } = fake.house;
    const now = () => pipeline.get('schedules', 's-one');
    pipeline.put('schedules', schedule());
    const toggle = page.getByRole('switch', { name: 'Check the library' });
    await toggle.click();
    await until('it is off', () => !now().enabled);
    await until('and looks so', async () => (await toggle.getAttribute('aria-checked')) === 'false');
    await toggle.focus();
    await page.keyboard.press('Space');
    await until('it is on', () => now().enabled);
    await page.getByRole('button', { name: 'Run now: Check the library' }).click();
    await page.getByText('Every day at 03:00 · Runs now').waitFor();
    await button(page, 'Change when: Check the library').click();
    const field = dialog(page).getByLabel(/^Or by minute/);
    await field.fill('nonsense');
    await button(page, 'Save').click();
    await page.getByRole('alert').getByText('This is no time').waitFor();
    await dialog(page).getByLabel('Every Sunday at 04:00').check();
    expect(await field.inputValue()).toBe('0 4 * * 0');
    await auditPage(page, 'schedule-when');
    await button(page, 'Save').click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText(/^Every Sunday at 04:00/).waitFor();
  });
});

describe('podcasts', () => {
  it('are followed and followed no longer, and say what is wrong with them', async () => {
    const { page, fake } = await open('#/feeds', {}, PHONE);
    const { pipeline } = fake.house;
    await page.getByText('No podcast is followed.').waitFor();
    await button(page, 'Follow a podcast').click();
    await dialog(page).getByLabel('Address of its feed').fill('radio.example/feed.xml');
    await dialog(page).getByLabel('How many of the newest episodes').fill('500');
    await button(page, 'Follow').click();
    await page.getByRole('alert').getByText('Fetch between 1 and 100 episodes').waitFor();
    await dialog(page).getByLabel('How many of the newest episodes').fill('3');
    await button(page, 'Follow').click();
    await page.getByText('0 episodes · not looked at yet').waitFor();
    expect(pipeline.asked.at(-1)?.request).toEqual({ url: 'https://radio.example/feed.xml', keep: 3 });
    pipeline.feeds = pipeline.feeds.map((feed) => ({ ...feed, error: 'There is no feed at this address' }));
    await page.reload();
    await page.getByText('There is no feed at this address').waitFor();
    await auditPage(page, 'podcasts');
    await button(page, 'Follow The Slow Ferry no longer').click();
    await button(page, 'No longer').click();
    await page.getByText('No podcast is followed.').waitFor();
  });
});
