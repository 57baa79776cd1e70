import { describe, expect, it } from 'vitest';
import type { You } from '../../src/protocol/index.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();
const GUS: You = { role: 'guest', subject_id: 'g-gus', name: 'Gus', room_id: 'kitchen' };
const EVE: You = { role: 'user', subject_id: 'u-eve', name: 'Eve' };
const HOUSE =
  'rooms alarms music downloads imports review/c1 exports feeds schedules targets trash backups inputs house-settings doctor activity problems';

describe('a guest', () => {
  it.each(HOUSE.split(' '))('who types #/%s reads that it is for the house', async (view) => {
    const { page, fake } = await open(`#/${view}`, { you: GUS }, PHONE);
    await page.getByText('This is for who lives here, and you are a guest in Kitchen.').waitFor();
    expect(await page.locator('main').getByRole('button').allTextContents()).toEqual([
      '',
      'Sign in with an account',
    ]);
    // The house itself, for which every page asks before it knows who is there.
    expect(fake.refused.filter((what) => what !== 'rooms' && what !== 'players')).toEqual([]);
    if (view === 'alarms') await auditPage(page, 'not-for-guests');
  });

  it('comes from there to the sign-in page, and back as a guest', async () => {
    const { page } = await open('#/alarms', { you: GUS }, PHONE);
    await button(page, 'Sign in with an account').click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.getByText('Gus is signed in on this phone.').waitFor();
    await button(page, 'Go on as Gus').click();
    await page.getByRole('link', { name: 'To the party' }).click();
    await until('it is the party', () => page.evaluate(() => location.hash === '#/party/kitchen'));
  });

  it('sees how loud it may be, in the one room', async () => {
    const { page, handlers } = await open('#/limits', { you: GUS }, PHONE);
    handlers['room:limits']!({ room_id: 'kitchen', volume_limit: 0.8, quiet_hours: null });
    await page.getByText('Never louder than 80 %').waitFor();
    expect(await page.getByRole('list', { name: 'Limits of rooms' }).getByRole('listitem').count()).toBe(1);
  });
});

it('who does not manage the house reads so, and may come in as somebody who does', async () => {
  const { page, fake } = await open('#/backups', { you: EVE }, PHONE);
  await page.getByText('This is for who manages Tutti.').waitFor();
  expect(fake.refused).toEqual([]);
  await auditPage(page, 'only-admins');
  await button(page, 'Sign in with an account').click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await button(page, 'Go on as Eve').click();
  await page.getByText('This is for who manages Tutti.').waitFor();
});

it('nobody is told that a page is for others before it is known who they are', async () => {
  const { page, fake } = await open('#/backups', {}, { ...PHONE, serviceWorkers: 'allow' });
  await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
  await until('the worker answers for the page', () =>
    page.evaluate(() => navigator.serviceWorker.controller !== null),
  );
  await fake.close();
  await page.reload();
  await page.getByText(/No answer from Tutti/).waitFor();
  await page.getByRole('heading', { name: 'Backups' }).waitFor();
  expect(await page.getByText('This is for who manages Tutti').count()).toBe(0);
});
