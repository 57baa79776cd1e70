import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { roomTopic, type SyncReport } from '../../src/protocol/index.js';
import type { FakeTutti } from '../fakes/fake-tutti.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';
import { pageStage } from './page-stage.js';

const { open } = pageStage();

const report = (player_id: string, more: Partial<SyncReport> = {}): SyncReport => ({
  player_id,
  sync_class: 'steered',
  state: 'in-sync',
  estimated: false,
  skew_ms: { now: 0.12, p50: 0.05, p95: 0.31 },
  trend_ms_per_minute: 0.2,
  error_ms: 0.08,
  ...more,
});
const unmeasured = (player_id: string): SyncReport => ({
  player_id,
  sync_class: 'loose',
  state: 'unmeasured',
  estimated: false,
});

/** A room's word about its sync, as the server says it once a second. */
function tell(fake: FakeTutti, ...players: SyncReport[]): void {
  for (const one of players) fake.house.reports.set(one.player_id, one);
  const data = { room_id: 'living-room', at_us: fake.house.nowUs(), players };
  fake.house.publish({ type: 'sync:report', topic: roomTopic('living-room'), data }, false);
}

/** The living room plays with the kitchen. */
async function together(hash: string, context = {}) {
  const opened = await open(hash, {}, context);
  const { page, fake, handlers } = opened;
  handlers['room:group']!({ room_id: 'living-room', player_ids: ['p-kitchen'] });
  const player = (name: string) => page.locator('.sync-player', { has: page.getByRole('heading', { name }) });
  return { ...opened, player, say: (...players: SyncReport[]) => tell(fake, ...players) };
}
const badge = (page: Page) => page.getByRole('link', { name: /^Sync: / });

describe('what plays', () => {
  it('names the group, and has a badge that leads to the truth', async () => {
    const { page, say } = await together('');
    await page.getByText('Living room + Kitchen').waitFor();
    say(report('p-living-room'), report('p-kitchen'));
    await page.getByRole('link', { name: 'Sync: ±0.31 ms' }).click();
    await page.getByRole('region', { name: 'Sync' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/sync/living-room');
  });

  it('has a badge that never says more than was measured', async () => {
    const { page, say, fake, handlers } = await together('');
    say(
      report('p-living-room'),
      report('p-kitchen', { estimated: true, skew_ms: { now: 9, p50: 8, p95: 14.2 } }),
    );
    await page.getByRole('link', { name: 'Sync: about ±14 ms' }).waitFor();
    say(report('p-living-room'), unmeasured('p-kitchen'));
    await page.getByRole('link', { name: 'Sync: ±0.31 ms, 1 not measured' }).waitFor();
    say(report('p-living-room'), report('p-kitchen', { state: 'lost' }));
    await page.getByRole('link', { name: 'Sync: not in sync' }).waitFor();
    handlers['room:pause']!({ room_id: 'living-room' });
    await page.getByRole('link', { name: 'Sync: nudged' }).waitFor();
    expect(fake.house.room('living-room')!.playback.state).toBe('paused');
  });

  it('has no badge for one player alone', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    expect(await badge(page).count()).toBe(0);
  });
});

describe('the sync page', () => {
  it('shows for each player where it is heard, how sure that is and what was corrected', async () => {
    const { page, say, player, fake } = await together('#/sync/living-room');
    const at_us = fake.house.nowUs() - 12e6;
    const correction = { kind: 'restart', skew_ms: -48, reason: 'it was suspended', at_us } as const;
    say(
      report('p-living-room'),
      report('p-kitchen', { skew_ms: { now: -0.26, p50: -0.1, p95: 0.44 }, correction }),
    );
    const kitchen = player('Kitchen');
    await kitchen.getByText('−0.26 ms').waitFor();
    await kitchen.getByText('0.26 ms behind').waitFor({ state: 'attached' });
    const text = (await kitchen.textContent())!;
    for (const part of ['In sync', '±0.44 ms', '+0.20 ms a minute', '±0.08 ms']) expect(text).toContain(part);
    expect(text).toMatch(
      /It was paused and started again at the right moment 1[2-9] s ago: it was 48 ms behind \(it was suspended\)\./,
    );
    await player('Living room').getByText('Nothing had to be corrected.').waitFor();
    expect(await kitchen.locator('path.skew').count()).toBe(1);
    await page.getByText('0.38 ms between first and last now').waitFor();
    await page.getByText(/This page knows the clock of the server to ±[\d.]+ ms/).waitFor();
  });

  it('marks an estimate as one, and draws nothing where nothing is measured', async () => {
    const { say, player } = await together('#/sync/living-room');
    say(report('p-living-room', { estimated: true }), unmeasured('p-kitchen'));
    await player('Living room').getByText('an estimate').waitFor();
    await player('Kitchen').getByText('not measured', { exact: true }).waitFor();
    expect(await player('Living room').locator('svg.estimated').count()).toBe(1);
    expect(await player('Kitchen').locator('path.skew').count()).toBe(0);
    const facts = await player('Kitchen').locator('.sync-facts dd').allTextContents();
    expect(facts).toEqual(['–', '–', '–', '–']);
  });

  it('has a scale that holds what is drawn', async () => {
    const { say, player } = await together('#/sync/living-room');
    say(report('p-living-room'), report('p-kitchen', { skew_ms: { now: -38, p50: 30, p95: 40 } }));
    await player('Kitchen').getByText('50 ms behind', { exact: true }).waitFor({ state: 'attached' });
    await player('Living room').getByText('2 ms ahead', { exact: true }).waitFor({ state: 'attached' });
  });

  it('moves nothing when numbers come, change and go', async () => {
    const { page, say, player } = await together('#/sync/living-room');
    await player('Kitchen').waitFor();
    const places = () =>
      page.locator('.sync-player').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    say(unmeasured('p-living-room'), unmeasured('p-kitchen'));
    await player('Kitchen').getByText('not measured', { exact: true }).waitFor();
    const before = await places();
    say(report('p-living-room', { skew_ms: { now: -188.4, p50: 100, p95: 200 } }), report('p-kitchen'));
    await player('Living room').getByText('−188 ms').waitFor();
    expect(await places()).toEqual(before);
  });

  it('says so when nothing plays, and when there is no such room', async () => {
    const { page, handlers } = await together('#/sync/living-room');
    handlers['room:pause']!({ room_id: 'living-room' });
    await page.getByText('Nothing is measured now').waitFor();
    await page.evaluate(() => (location.hash = '#/sync/nowhere'));
    await page.getByText('There is no such room').waitFor();
  });

  it('is told to those who hear it, politely and not every second', async () => {
    const { page, say } = await together('#/sync/living-room');
    await page.evaluate(() => {
      const spoken = document.querySelector('[aria-live=polite].visually-hidden')!;
      document.body.dataset['told'] = '0';
      new MutationObserver(() => {
        document.body.dataset['told'] = String(Number(document.body.dataset['told']) + 1);
      }).observe(spoken, { childList: true, characterData: true, subtree: true });
    });
    for (let n = 0; n < 30; n++)
      say(report('p-living-room'), report('p-kitchen', { skew_ms: { now: n / 50, p50: 0, p95: 0.4 } }));
    await until(
      'it is told',
      async () =>
        /Living room: in sync, within 1 ms\. Kitchen: in sync, within 1 ms/.test(
          (await page.locator('[aria-live=polite].visually-hidden').textContent())!,
        ),
      20_000,
    );
    expect(Number(await page.evaluate(() => document.body.dataset['told']))).toBeLessThanOrEqual(2);
  });

  for (const [width, height] of [
    [320, 568],
    [390, 844],
    [1024, 768],
  ] as const)
    for (const colorScheme of ['dark', 'light'] as const)
      it(`can be read by everybody at ${width} x ${height}, ${colorScheme}`, async () => {
        const context = { viewport: { width, height }, colorScheme };
        const { page, say } = await together('#/sync/living-room', context);
        say(report('p-living-room'), report('p-kitchen', { state: 'settling', estimated: true }));
        await page.getByText('an estimate').waitFor();
        expect(await auditControls(page)).toEqual([]);
        expect(await auditContrast(page)).toEqual([]);
        await page.evaluate(() => (location.hash = '#/'));
        await badge(page).waitFor();
        expect(await auditControls(page)).toEqual([]);
        expect(await auditContrast(page)).toEqual([]);
      });
});
