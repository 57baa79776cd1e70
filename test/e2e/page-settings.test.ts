import { describe, expect, it } from 'vitest';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const { open } = pageStage();

async function settings(
  before: (house: Awaited<ReturnType<typeof open>>['fake']['house']) => void = () => undefined,
) {
  const opened = await open('', {}, PHONE);
  before(opened.fake.house);
  const { page } = opened;
  await page.getByRole('link', { name: 'Settings' }).first().click();
  await page.getByRole('link', { name: 'Server settings' }).click();
  await page.getByRole('searchbox', { name: 'Search settings' }).waitFor();
  return { ...opened, kept: opened.fake.house.settings };
}

describe('settings of the server', () => {
  it('are found by a word, changed with a tap, and go back to what they were', async () => {
    const { page, kept } = await settings();
    await page.getByRole('searchbox').fill('watch music');
    const watching = page.getByRole('switch', { name: 'Notice new music at once' });
    expect(await watching.getAttribute('aria-checked')).toBe('true');
    await watching.click();
    await page.getByText('Restart Tutti to apply: Notice new music at once.').waitFor();
    expect(kept.set.get('watch')).toBe(false);
    await button(page, 'Restart').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Restart', exact: true }).click();
    await until('the server is asked', () => kept.restarts === 1);
    await button(page, 'As by default: Notice new music at once').click();
    await page.getByText('Restart Tutti to apply').waitFor({ state: 'detached' });
    expect(kept.set.has('watch')).toBe(false);
  });

  it('that wait for a restart are told of on the first page by their names, with the way to what has to be done', async () => {
    const { page, fake } = await open('#/', {}, PHONE);
    const { settings: kept } = fake.house;
    kept.set.set('mdns', false);
    kept.restartable = false;
    const message = 'Restart Tutti to apply: Find players by themselves.';
    fake.house.notices([{ notice_id: 'settings-restart', level: 'info', message }]);
    await page.getByRole('link', { name: message }).click();
    await page.getByRole('region', { name: 'Server settings' }).waitFor();
    await page.getByText('sudo systemctl restart tutti').waitFor();
    kept.restartable = true;
    await page.getByRole('link', { name: 'Settings' }).first().click();
    await page.getByRole('link', { name: message }).click();
    await button(page, 'Restart').waitFor();
  });

  it('that are numbers are written on a sheet, which says what may be', async () => {
    const { page, kept } = await settings();
    await page.locator('summary').filter({ hasText: 'Music in and out' }).click();
    await page.getByRole('button', { name: 'Change: Days in the trash' }).click();
    const field = page.getByRole('dialog').getByLabel('Days in the trash');
    await field.fill('9999');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('A number from 0 to 3650 is needed').waitFor();
    await field.fill('7');
    await button(page, 'Save').click();
    await page.getByText('Days in the trash is changed').waitFor();
    expect(kept.set.get('trash_days')).toBe(7);
    await page.getByText('Set here. A change counts at once').waitFor();
  });

  it('that the server refuses stay on the sheet with the reason', async () => {
    const { page } = await settings();
    await page.getByRole('searchbox').fill('names of files');
    await page.getByRole('button', { name: 'Change: Names of files and folders' }).click();
    await page.getByRole('dialog').getByLabel('Names of files and folders').fill('nonsense');
    await button(page, 'Save').click();
    await page.getByRole('alert').getByText('This is nonsense', { exact: true }).waitFor();
  });

  it('are as by default again when nothing is written', async () => {
    const { page, kept } = await settings(({ settings: fake }) => fake.set.set('import_dir', '/srv/in'));
    await page.getByRole('searchbox').fill('watch folder');
    await page.getByRole('button', { name: 'Change: Watch folder for imports' }).click();
    await page.getByRole('dialog').getByLabel('Watch folder for imports').fill('');
    await button(page, 'Save').click();
    await page.getByText('Watch folder for imports is as by default').waitFor();
    expect(kept.set.has('import_dir')).toBe(false);
  });

  it('that the config file sets are seen and locked, and what is wrong with it is told', async () => {
    const { page } = await settings(({ settings: kept }) => {
      kept.inFile.set('trash_days', '/var/lib/tutti/tutti.yaml:3:1');
      kept.problems = ['/var/lib/tutti/tutti.yaml:5:1: prot is no setting. Did you mean port?'];
    });
    await page.getByRole('alert').getByText('prot is no setting. Did you mean port?').waitFor();
    await page.getByRole('searchbox').fill('trash_days');
    await page.getByText('Fixed by /var/lib/tutti/tutti.yaml:3:1').waitFor();
    expect(await page.getByRole('button', { name: 'Change: Days in the trash' }).count()).toBe(0);
  });

  it('can be used by everybody', async () => {
    const { page, kept } = await settings(({ settings: fake }) => fake.set.set('mdns', false));
    expect(kept.set.size).toBe(1);
    await page.locator('summary').filter({ hasText: 'Players' }).click();
    await page.getByRole('switch', { name: 'Find players by themselves' }).waitFor();
    await auditPage(page, 'settings-house');
  });
});
