import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/protocol/index.js';
import { aCheck } from '../fakes/fake-doctor.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';
import { auditPage, PHONE } from './pipeline-stage.js';

const stage = pageStage();
const WIFI = 'sudo iw dev wlan0 set power_save off';

const FOUND: readonly Check[] = [
  aCheck(),
  aCheck({
    check_id: 'wifi',
    title: 'Wi-Fi of this machine',
    part: 'network',
    severity: 'warning',
    found: 'wlan0 saves power: music and commands wait up to 100 ms and longer for it',
    figures: [{ name: 'wlan0 signal', value: -58, unit: 'dBm' }],
    why: 'A radio that sleeps answers late.',
    fix: WIFI,
  }),
  aCheck({
    check_id: 'way-back',
    title: 'Players reach this server',
    part: 'network',
    severity: 'problem',
    found: 'Kitchen was told to play, and never fetched anything from here: a firewall, or another network',
    figures: [],
    why: 'Players fetch the music themselves; the way to them is not the way back.',
    fix: "sudo iptables -I INPUT -p tcp --dport 8080 -j ACCEPT   and on the router: let the player's network reach this machine, port 8080",
  }),
  aCheck({
    check_id: 'heat',
    title: 'Heat and power supply',
    part: 'machine',
    severity: 'notice',
    found: '72 °C, which is warm',
    figures: [{ name: 'temperature', value: 72, unit: '°C' }],
    why: 'Heat makes a Raspberry Pi slow.',
    fix: 'Give the case air or a heat sink',
  }),
  aCheck({
    check_id: 'rate',
    title: 'Sample rate',
    part: 'audio',
    severity: 'notice',
    measured: false,
    found: 'could not be measured: no card is open now; run it again while music plays',
    figures: [],
    why: 'A card that runs at another rate than the file plays a converted copy of it.',
  }),
];

async function open(hash = '#/doctor') {
  const opened = await stage.open(hash, {}, PHONE);
  return { ...opened, doctor: opened.fake.house.doctor };
}

const group = (page: Page, name: string) => page.getByRole('list', { name });

describe('the page of checks', () => {
  it('looks, says how far it is, and groups what it found with what mends it', async () => {
    const { page, doctor, complaints } = await open('#/settings');
    await page.getByRole('link', { name: 'Checks' }).click();
    await page.getByText(/^The doctor looks at network/).waitFor();
    doctor.next = FOUND;
    await button(page, 'Look now').click();
    await page.getByText('Looking… 0 of 5').waitFor();
    doctor.put({ ...FOUND[1]!, state: 'running' });
    await page.getByText('Wi-Fi of this machine', { exact: true }).waitFor();
    doctor.put(FOUND[0]!);
    await page.getByText('Looking… 1 of 5').waitFor();
    doctor.finish();
    await page.getByText('1 thing does not work, 1 could be better').waitFor();
    await group(page, 'Does not work').getByText('Players reach this server').waitFor();
    await group(page, 'Could be better')
      .getByRole('textbox', { name: 'What mends it: Wi-Fi of this machine' })
      .waitFor();
    await group(page, 'Worth knowing')
      .getByText(/^Could not be measured/)
      .waitFor();
    await until('the phone has said its part', () => doctor.phones.length === 1);
    expect(doctor.phones[0]!.length).toBeGreaterThanOrEqual(5);
    await group(page, 'Fine').getByText('This phone reaches the server within 3 ms').waitFor();
    await auditPage(page, 'doctor');
    expect(complaints).toEqual([]);
  });

  it('copies what mends it', async () => {
    const { page, doctor } = await open();
    for (const check of FOUND) doctor.put(check);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await button(page, 'Copy: Wi-Fi of this machine').click();
    await page.getByText('Copied').waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(WIFI);
    await page.getByText(/^and on the router: let the player/).waitFor();
    await page.getByText('Give the case air').waitFor();
  });

  it('says so when everything is fine, and has a file for who helps', async () => {
    const { page, doctor } = await open();
    doctor.put(aCheck());
    await page.getByText('Everything is fine').waitFor();
    const link = page.getByRole('link', { name: 'Download diagnostics' });
    expect(await link.getAttribute('href')).toBe('api/v1/diagnostics');
    await page.getByText('Details').click();
    await page.getByText('free: 20480 MB').waitFor();
    await auditPage(page, 'doctor-fine');
  });
});
