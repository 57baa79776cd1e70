import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';

const { openPage } = pageStage();
let dir = '';
let server: ServerProcess;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-page-people-'));
  server = await ServerProcess.start({
    dataDir: dir,
    players: [
      { id: 'kitchen', kind: 'null', name: 'Kitchen' },
      { id: 'bath', kind: 'null', name: 'Bath' },
    ],
    config: { auth: 'required', host: '127.0.0.1' },
  });
});
afterAll(async () => {
  await server?.kill();
  await rm(dir, { recursive: true, force: true });
});

/** What the server printed at its first start. */
async function firstLink(): Promise<string> {
  await until('the server says the link', () => /#\/sign-in\/\S+/.test(server.said));
  return `${server.url}/${/#\/sign-in\/\S+/.exec(server.said)?.[0] ?? ''}`;
}

const field = (page: Page, label: string | RegExp) => page.getByLabel(label);
const inside = (page: Page) => page.locator('.app:not(.not-live)');

async function signedIn(name: string, password: string, context: BrowserContextOptions = {}) {
  const opened = await openPage(server.url, context);
  await field(opened.page, 'Name').fill(name);
  await field(opened.page, /^Password/).fill(password);
  await button(opened.page, 'Sign in').click();
  await inside(opened.page).waitFor();
  return opened;
}

describe('before anybody is signed in', () => {
  it('makes the first admin by the link of the first start, who then comes in by name and password', async () => {
    const { page, complaints } = await openPage(await firstLink());
    await field(page, 'Your name').fill('Ann');
    await field(page, /Choose a password/).fill('correct horse');
    await button(page, 'Begin').click();
    await inside(page).waitFor();
    expect(new URL(page.url()).hash).toBe('#/');
    expect(complaints).toEqual([]);
    await page.goto(`${server.url}/#/settings`);
    await button(page, 'Sign out').click();
    await page.getByText('You are signed out.').waitFor();
    expect(await page.locator('.app').count()).toBe(0);
    await signedIn('Ann', 'correct horse');
  });
});
