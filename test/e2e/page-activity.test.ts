import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { button, pageStage } from './page-stage.js';

const { open } = pageStage();
const PHONE = { viewport: { width: 390, height: 844 } };

describe('what is new', () => {
  it('is a tap away from the library, and shows how far the scan is until it is cancelled', async () => {
    const { page, fake } = await open('#/library/albums', {}, PHONE);
    const { background } = fake.house;
    const job_id = background.begin('library-scan', 'Library scan');
    await page.getByRole('link', { name: 'What is new' }).click();
    const bar = page.getByRole('progressbar', { name: 'Library scan' });
    await bar.waitFor();
    const job = background.jobs[0]!;
    background.put({ ...job, progress: 45, current: 180, message: '180 of 400 changed files read' });
    await page.getByText('45 % · 180 of 400 changed files read').waitFor();
    expect(await bar.getAttribute('aria-valuenow')).toBe('45');
    await button(page, 'Cancel Library scan').click();
    await bar.waitFor({ state: 'detached' });
    expect(background.jobs.find((each) => each.job_id === job_id)?.state).toBe('cancelled');
  });

  it('lists what happened, as it happens, with controls a thumb can hit', async () => {
    const { page, fake } = await open('#/activity', {}, PHONE);
    await page.getByText('New albums and what people love will be here.').waitFor();
    const [one, two] = fake.house.music.albums;
    const timestamp = new Date().toISOString();
    const about = (album: typeof one) => {
      const { album_id, artist, title } = album!;
      return { album_id, artist, title, timestamp };
    };
    fake.house.background.say({ action: 'new_album', ...about(one) });
    fake.house.background.say({ action: 'heart', username: 'Ann', ...about(two) });
    await page.getByText('Ann loves this · just now').waitFor();
    await page.getByText('New album · just now').waitFor();
    const jobId = fake.house.background.begin('library-scan', 'Library scan');
    fake.house.background.end(jobId, 'failed', 'The music folder is not there');
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    fake.house.background.begin('library-scan', 'Library scan');
    await page.getByRole('progressbar').waitFor();
    expect(await auditControls(page)).toEqual([]);
    const shots = process.env['TUTTI_SHOTS'];
    for (const scheme of shots === undefined ? [] : (['dark', 'light'] as const)) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.screenshot({ animations: 'disabled', path: `${shots}/activity-${scheme}.png` });
    }
  });

  it('takes a heart for an album, and gives it back', async () => {
    const { page, fake } = await open('#/album/al3', {}, PHONE);
    const { loved } = fake.house.background;
    await page.getByRole('button', { name: /^Love / }).click();
    await until('the album is loved', () => loved.has('al3'));
    const shots = process.env['TUTTI_SHOTS'];
    if (shots !== undefined) await page.screenshot({ animations: 'disabled', path: `${shots}/heart.png` });
    await page.getByRole('button', { name: /^Do not love / }).click();
    await until('it is not any more', () => !loved.has('al3'));
  });

  it('tells owners of what went wrong', async () => {
    const { page, fake } = await open('', {}, PHONE);
    const data = { level: 'error', title: 'Library scan failed', message: 'the disk is away' } as const;
    fake.house.publish({ type: 'notification', topic: 'toasts', data }, false);
    await page.getByText('Library scan failed: the disk is away').waitFor();
  });
});
