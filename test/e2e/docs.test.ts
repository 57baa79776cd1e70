import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_TYPES, ERROR_CODES } from '../../src/protocol/index.js';
import type { Entrance } from '../../src/people/index.js';
import { EVERYBODY, openDoor } from '../../src/server/open-door.js';
import { World } from '../integration/server-world.js';
import { buildPage, launchBrowser, openPage } from './browser.js';
import { button } from './page-stage.js';

const PHONE = { viewport: { width: 390, height: 844 } };
const DESK = { viewport: { width: 1280, height: 900 } };
const ATTIC_GONE = { type: 'room:removed', topic: 'rooms', data: { room_id: 'attic' } } as const;
let browser: Browser;
let built: Awaited<ReturnType<typeof buildPage>>;
const cleanups: (() => unknown)[] = [];
const volumes: number[] = [];

beforeAll(async () => {
  [browser, built] = await Promise.all([launchBrowser(), buildPage()]);
});
afterAll(async () => {
  await browser?.close();
  await built?.remove();
});
afterEach(async () => {
  volumes.length = 0;
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function docs(context: BrowserContextOptions = PHONE, door: Entrance = openDoor) {
  const world = await World.start(
    { config: { webRoot: built.dir }, door },
    {
      'room:list': () => ({ rooms: [] }),
      'room:volume': ({ volume }) => {
        volumes.push(volume);
        return { outcomes: [] };
      },
    },
  );
  cleanups.push(() => world.stop());
  const opened = await openPage(browser, `http://127.0.0.1:${world.port}/docs`, context);
  cleanups.push(() => opened.close());
  const { page } = opened;
  await page.getByText(door.mode === 'open' ? 'connected, open to everybody' : 'give a token').waitFor();
  const frames = page.locator('.frames summary');
  return { world, ...opened, frames, shot: (name: string) => shoot(opened.page, name) };
}

async function shoot(page: Awaited<ReturnType<typeof openPage>>['page'], name: string): Promise<void> {
  const shots = process.env['TUTTI_SHOTS'];
  if (shots !== undefined) await page.screenshot({ animations: 'disabled', path: `${shots}/${name}.png` });
}

describe('the page about the API', () => {
  it('[DC1] describes every command and every error, within the width of a phone', async () => {
    const { page, complaints, shot } = await docs();
    const names = await page.locator('#commands summary code').allTextContents();
    expect(names.sort()).toEqual([...COMMAND_TYPES].sort());
    const errors = await page.locator('#errors td:first-child').allTextContents();
    expect(errors.sort()).toEqual([...ERROR_CODES].sort());
    await page.locator('#command-room\\:volume summary').click();
    await page.getByText('PUT /api/v1/rooms/{room_id}/volume').waitFor();
    await page.locator('#command-room\\:volume').scrollIntoViewIfNeeded();
    await shot('docs-command');
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(PHONE.viewport.width);
    expect(complaints).toEqual([]);
  });

  it('shows every frame with its direction, size and how long the answer took', async () => {
    const { page, frames, world, shot } = await docs();
    await frames.filter({ hasText: 'subscribed rooms' }).waitFor();
    await page.getByLabel('Command').selectOption('room:list');
    await button(page, 'Send').click();
    const answer = frames.filter({ hasText: 'reply' }).first();
    await answer.waitFor();
    expect(await answer.textContent()).toMatch(/^\d\d:\d\d:\d\d\.\d{3}↓reply\d+ B \d+\.\d ms/);
    world.feed.commit([ATTIC_GONE]);
    const told = frames.filter({ hasText: 'room:removed' });
    await told.waitFor();
    await told.click();
    await page.locator('.frames pre', { hasText: '"attic"' }).waitFor();
    await page.locator('.frames').scrollIntoViewIfNeeded();
    await shot('docs-console-phone');
  });

  it('sends what the fields say, and brings it back from the history', async () => {
    const { page, shot } = await docs(DESK);
    await page.locator('#command-room\\:volume summary').click();
    await page.locator('#command-room\\:volume').getByRole('button', { name: 'Try it' }).click();
    await page.getByLabel('room_id', { exact: true }).fill('kitchen');
    await page.getByLabel('volume', { exact: true }).fill('0.25');
    await button(page, 'Send').click();
    await page.locator('.frames summary', { hasText: 'reply' }).waitFor();
    expect(volumes).toEqual([0.25]);
    await shot('docs-console-desk');
    await page.getByLabel('Command').selectOption('room:list');
    await page.getByLabel('Sent before').selectOption({ index: 1 });
    await button(page, 'Send').click();
    await page.locator('.frames summary', { hasText: 'reply' }).nth(1).waitFor();
    expect(volumes).toEqual([0.25, 0.25]);
  });

  it('filters, stands still while it is paused, and hides secrets', async () => {
    const { page, frames, world } = await docs();
    await frames.filter({ hasText: 'subscribed rooms' }).waitFor();
    await page.getByLabel('Filter').fill('-subscribe -error');
    await page.getByText(/^1 of \d+ frames$/).waitFor();
    await page.getByLabel('Filter').fill('');
    await button(page, 'Pause').click();
    world.feed.commit([ATTIC_GONE]);
    await page.getByText('1 came since the pause').waitFor();
    expect(await frames.filter({ hasText: 'room:removed' }).count()).toBe(0);
    await button(page, 'Go on').click();
    await frames.filter({ hasText: 'room:removed' }).waitFor();
    await page.getByPlaceholder('tutti_…').fill('tutti_canary');
    await button(page, 'Sign in').click();
    await frames.filter({ hasText: '***' }).first().waitFor({ state: 'attached' });
    expect(await page.content()).not.toContain('canary');
  });

  it('signs in by a token where people have to', async () => {
    const identify = async () => ({ ...EVERYBODY, name: 'Panel', role: 'user' as const });
    const { page, frames } = await docs(PHONE, { ...openDoor, mode: 'required', identify });
    await page.getByPlaceholder('tutti_…').fill(`tutti_${'a'.repeat(43)}`);
    await button(page, 'Sign in').click();
    await page.getByText('connected, Panel').waitFor();
    await frames.filter({ hasText: 'subscribed rooms' }).waitFor();
    await button(page, 'Show connections').click();
    await page.getByRole('alert').filter({ hasText: /./ }).waitFor();
  });

  it('[CN1] lists the connections, with what each was sent', async () => {
    const { page, frames, shot } = await docs();
    await frames.filter({ hasText: 'subscribed rooms' }).waitFor();
    await button(page, 'Show connections').click();
    const row = page.locator('#console tbody tr');
    await row.waitFor();
    expect(await row.textContent()).toMatch(/\(admin\)127\.0\.0\.1.*rooms.* KiB.*well$/);
    await row.scrollIntoViewIfNeeded();
    await shot('docs-connections');
  });

  it('costs whoever opens the usual page nothing', async () => {
    const { world } = await docs();
    const [page, script] = await Promise.all(
      ['/', '/docs.js'].map(async (path) => {
        const answer = await fetch(`http://127.0.0.1:${world.port}${path}`);
        return answer.text();
      }),
    );
    expect(page).not.toContain('docs.js');
    const sw = await (await fetch(`http://127.0.0.1:${world.port}/sw.js`)).text();
    expect(sw).not.toContain('docs.js');
    expect(gzipSync(script!).length).toBeLessThan(8_000);
  });
});
