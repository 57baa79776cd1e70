import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { fakeHandlers } from '../fakes/fake-commands.js';
import { FakeTutti, type FakeTuttiOptions } from '../fakes/fake-tutti.js';
import { buildPage, launchBrowser, openPage } from './browser.js';

/** The built page, a browser and fake servers for the tests of one file; whatever a test opens is closed after it. */
export function pageStage() {
  let browser: Browser;
  let built: Awaited<ReturnType<typeof buildPage>>;
  const cleanups: (() => unknown)[] = [];

  beforeAll(async () => {
    [browser, built] = await Promise.all([launchBrowser(), buildPage()]);
  });
  afterAll(async () => {
    await browser?.close();
    await built?.remove();
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function startFake(options: FakeTuttiOptions = {}): Promise<FakeTutti> {
    const fake = await FakeTutti.start({ pageDir: built.dir, ...options });
    cleanups.push(() => fake.close());
    return fake;
  }
  async function openUrl(url: string, context: BrowserContextOptions = {}, before?: () => void) {
    const opened = await openPage(browser, url, context, before);
    cleanups.push(() => opened.close());
    return opened;
  }
  return {
    built: () => built,
    startFake,
    openPage: openUrl,
    /** A fake in which the living room plays its second track, and the page on it. */
    open: async (hash = '', options: FakeTuttiOptions = {}, context: BrowserContextOptions = {}) => {
      const fake = await startFake(options);
      const handlers = fakeHandlers(fake.house);
      const item = fake.house.room('living-room')!.queue.items[1];
      if (item) handlers['room:play']!({ room_id: 'living-room', item_id: item.item_id });
      const opened = await openUrl(`${fake.url}/${hash}`, context);
      await opened.page.locator('.app:not(.not-live)').waitFor();
      return { fake, handlers, ...opened, living: () => fake.house.room('living-room')! };
    },
  };
}

export const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
