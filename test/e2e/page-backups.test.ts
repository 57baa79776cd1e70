import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { aBackup } from '../fakes/fake-backups.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const dialog = (page: Page) => page.getByRole('dialog');
const DAILY = aBackup({ confirmed_at: '2026-11-20T02:37:00.000Z' });
const BROKEN = aBackup({
  backup_id: 'tutti-20261101T0237Z-000001-weekly',
  kind: 'weekly',
  problem: 'It is damaged',
});

async function opened() {
  const stage = await open('#/settings', {}, PHONE);
  stage.fake.house.backups.backups = [DAILY, BROKEN];
  await stage.page.getByRole('link', { name: 'Backups' }).click();
  await stage.page.getByText('By the clock, kept for weeks').waitFor();
  return stage;
}

it('[BK1] shows what there is, and what is damaged', async () => {
  const { page, complaints } = await opened();
  await page.getByText('12.5 GB are free for more').waitFor();
  await page.getByText('1.8 MB · Tutti 0.1.0').waitFor();
  await page.getByText(/^Read back .*: nothing had changed$/).waitFor();
  await page.getByText('It is damaged').waitFor();
  const restore = page.getByRole('button', { name: /^Restore/ });
  expect([await restore.first().isEnabled(), await restore.last().isEnabled()]).toEqual([true, false]);
  const link = page.getByRole('link', { name: /^Download/ }).first();
  expect(await link.getAttribute('href')).toBe(`api/v1/backups/${DAILY.backup_id}/file`);
  await auditPage(page, 'backups');
  expect(complaints).toEqual([]);
});

it('[BK1] gives out no file of a server that is away', async () => {
  const { page, fake } = await opened();
  await fake.close();
  await page.locator('.not-live').waitFor();
  const link = page.getByRole('link', { name: /^Download/ }).first();
  expect(await link.getAttribute('href')).toBeNull();
  expect(await link.getAttribute('aria-disabled')).toBe('true');
});

it('[BK1] makes one, and says how far it is', async () => {
  const { page, fake } = await opened();
  await button(page, 'Back up now').click();
  await page.getByRole('progressbar', { name: 'Backup' }).waitFor();
  const { background, backups } = fake.house;
  const job = background.jobs.find(({ kind }) => kind === 'backup')!;
  backups.backups = [
    aBackup({ backup_id: 'tutti-20261120T0930Z-000008-manual', kind: 'manual' }),
    ...backups.backups,
  ];
  background.put({ ...job, state: 'completed', progress: 100, message: '1.8 MB, read back and in order' });
  await page.getByText('Made by hand').waitFor();
  await button(page, 'Back up now').click();
  await page.getByRole('progressbar', { name: 'Backup' }).waitFor();
  background.end(background.jobs[0]!.job_id, 'failed', 'There is no room for a backup');
  await page.getByText('The last backup failed: There is no room for a backup').waitFor();
});

it('[BK3] restores only for who has read what it does and says that it is meant', async () => {
  const { page, fake } = await opened();
  await page
    .getByRole('button', { name: /^Restore/ })
    .first()
    .click();
  await dialog(page).getByText('Music files stay as they are').waitFor();
  const go = dialog(page).getByRole('button', { name: 'Restore and start anew' });
  expect(await go.isEnabled()).toBe(false);
  await auditPage(page, 'restore');
  await dialog(page).getByLabel('Yes, go back to this backup').check();
  await go.click();
  await until('it is restored', () => fake.house.backups.restored.length === 1);
  expect(fake.house.backups.restored).toEqual([DAILY.backup_id]);
});

it('[BK2] takes a file from the phone, in pieces, and says when it is none', async () => {
  const { page, fake } = await opened();
  const bytes = Buffer.alloc(5_000_000, 3);
  const choose = (buffer: Buffer) =>
    page.getByLabel('Bring a file').setInputFiles({ name: 'b.tar.gz', mimeType: 'application/gzip', buffer });
  await choose(bytes);
  await page.getByText('From elsewhere').waitFor();
  expect(fake.house.backups.incoming.equals(bytes)).toBe(true);
  await choose(Buffer.from('x'));
  await page.getByText('This is no backup of Tutti, or it is damaged').waitFor();
});

it('[BK1] removes one only when asked twice', async () => {
  const { page, fake } = await opened();
  await page
    .getByRole('button', { name: /^Remove the backup of/ })
    .first()
    .click();
  await dialog(page).getByRole('button', { name: 'Remove for good' }).click();
  await until('it is gone', () => fake.house.backups.backups.length === 1);
});
