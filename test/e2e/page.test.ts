import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { fakeHandlers } from '../fakes/fake-commands.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { button, pageStage } from './page-stage.js';

const { built, startFake, openPage, open } = pageStage();

describe('the page', () => {
  it('shows what plays, and complains about nothing', async () => {
    const { page, complaints, living } = await open();
    await page.getByRole('heading', { level: 1, name: living().playback.track!.title }).waitFor();
    await button(page, 'Pause').waitFor();
    expect(await page.title()).toContain(living().playback.track!.title);
    expect(complaints).toEqual([]);
  });

  it('needs no more than 60 kB of script, compressed, before its first paint', async () => {
    const html = await readFile(path.join(built().dir, 'index.html'), 'utf8');
    const scripts = [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map((match) => match[1]!);
    const sizes = await Promise.all(
      scripts.map(
        async (file) => gzipSync(await readFile(path.join(built().dir, file)), { level: 9 }).length,
      ),
    );
    const total = sizes.reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(10_000);
    expect(total).toBeLessThanOrEqual(60_000);
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
  });

  it('is painted before the server says anything, with its controls off', async () => {
    const fake = await startFake();
    fake.silent = true;
    const opened = await openPage(fake.url);
    const { page } = opened;
    await page.getByText('Connecting…').waitFor();
    expect(await button(page, 'Play').isDisabled()).toBe(true);
    expect(await page.getByRole('navigation', { name: 'Views' }).isVisible()).toBe(true);
  });

  it('pauses, and shows it before the server has answered', async () => {
    const { page, fake, living } = await open();
    await button(page, 'Pause').waitFor();
    fake.silent = true;
    await button(page, 'Pause').click();
    await button(page, 'Play').waitFor();
    fake.silent = false;
    expect(living().playback.state).toBe('playing');
  });

  it('follows what somebody else does', async () => {
    const { page, handlers } = await open();
    await button(page, 'Pause').waitFor();
    handlers['room:pause']!({ room_id: 'living-room' });
    await button(page, 'Play').waitFor();
    handlers['room:volume']!({ room_id: 'living-room', volume: 0.77 });
    await until(
      'the slider stands at 77',
      async () => (await page.getByRole('slider', { name: 'Volume of Living room' }).inputValue()) === '77',
    );
  });

  it('moves the seek bar while playing and stops it when paused', async () => {
    const { page, handlers } = await open();
    const seek = page.getByRole('slider', { name: 'Position' });
    const at = async (): Promise<number> => Number(await seek.inputValue());
    const before = await at();
    await until('it moved on', async () => (await at()) > before + 0.3);
    handlers['room:pause']!({ room_id: 'living-room' });
    await button(page, 'Play').waitFor();
    const paused = await at();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
    expect(await at()).toBeCloseTo(paused, 0);
  });

  it('stands at the right place when it opens on something paused', async () => {
    const fake = await startFake();
    const handlers = fakeHandlers(fake.house);
    handlers['room:play']!({ room_id: 'living-room' });
    handlers['room:seek']!({ room_id: 'living-room', position_seconds: 60 });
    handlers['room:pause']!({ room_id: 'living-room' });
    const opened = await openPage(fake.url);
    const seek = opened.page.getByRole('slider', { name: 'Position' });
    await until('it stands at 60 s', async () => Math.abs(Number(await seek.inputValue()) - 60) < 0.5);
    await opened.page.getByText('1:00', { exact: true }).waitFor();
  });

  it('tells screen readers to a tenth of a second where an hour-long track is, and draws only new pixels', async () => {
    const { page, fake, living } = await open();
    fake.house.change('living-room', (state) => ({
      ...state,
      queue: {
        ...state.queue,
        items: state.queue.items.map((item) => ({ ...item, duration_seconds: 3600 })),
      },
    }));
    const seek = page.getByRole('slider', { name: 'Position' });
    await until('the hour is there', async () => (await seek.getAttribute('max')) === '3600');
    await seek.evaluate((input) => {
      input.dataset['drawn'] = '0';
      new MutationObserver(
        () => (input.dataset['drawn'] = String(Number(input.dataset['drawn']) + 1)),
      ).observe(input, { attributeFilter: ['style'] });
    });
    const truth = (): number => fake.house.anchor(living().playback).position_seconds;
    let exact = 0;
    await until(
      '8 looks in a row are exact',
      async () => {
        const from = truth() - 0.1;
        const value = await seek.evaluate((input: HTMLInputElement) => input.valueAsNumber);
        exact = value >= from && value <= truth() + 0.1 ? exact + 1 : 0;
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 70)));
        return exact >= 8;
      },
      20_000,
    );
    expect(Number(await seek.getAttribute('data-drawn'))).toBeLessThanOrEqual(3);
  });

  it('seeks by keyboard', async () => {
    const { page, living } = await open();
    await page.getByRole('slider', { name: 'Position' }).focus();
    await page.keyboard.press('PageUp');
    await until('30 s on', () => living().playback.position_seconds >= 30);
  });

  it('sends the last of many volumes, and not each one', async () => {
    const { page, fake, living } = await open();
    const slider = page.getByRole('slider', { name: 'Volume of Living room' });
    await slider.evaluate((input: HTMLInputElement) => {
      for (let value = 0; value <= 63; value++) {
        input.value = String(value);
        input.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    await until('the volume is 0.63', () => living().playback.volume === 0.63);
    expect(fake.received.filter((type) => type === 'room:volume').length).toBeLessThan(10);
  });

  it('draws names from the network as text', async () => {
    const { page, fake, complaints } = await open();
    const title = '<img src=x onerror=alert(1)><b>bold';
    fake.house.change('living-room', (state) => ({
      ...state,
      queue: { ...state.queue, items: state.queue.items.map((item) => ({ ...item, title })) },
    }));
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    expect(await page.locator('b').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('draws 600 events of one burst once, and only what they are about', async () => {
    const { page, fake, living } = await open('#/queue', {}, { viewport: { width: 1024, height: 768 } });
    await page.locator('.queue-row').first().waitFor();
    await page.evaluate(() => {
      const count = { queue: 0, page: 0 };
      const watch = (root: Element, name: 'queue' | 'page') =>
        new MutationObserver((records) => (count[name] += records.length)).observe(root, {
          subtree: true,
          childList: true,
          attributes: true,
          characterData: true,
        });
      watch(document.querySelector('main')!, 'queue');
      watch(document.body, 'page');
      Object.assign(globalThis, { count });
    });
    for (let n = 1; n <= 600; n++)
      fake.house.change('living-room', (state) => ({
        ...state,
        playback: { ...state.playback, volume: n / 1000 },
      }));
    await until(
      'the last is drawn',
      async () => (await page.getByRole('slider', { name: 'Volume of Living room' }).inputValue()) === '60',
    );
    const count = await page.evaluate(
      () => (globalThis as unknown as { count: Record<string, number> }).count,
    );
    expect(living().playback.volume).toBe(0.6);
    expect(count['queue']).toBe(0);
    expect(count['page']).toBeLessThan(300);
  });

  it('shows a stream as live, without a position', async () => {
    const { page } = await open('#/library/albums');
    await button(page, 'Play a radio address').click();
    await page.getByRole('textbox', { name: 'Address' }).fill('https://radio.example/live');
    await page.getByLabel('Name (optional)').fill('Radio Example');
    await page.getByRole('dialog').getByRole('button', { name: 'Play' }).click();
    await page.getByRole('link', { name: 'Playing', exact: true }).click();
    await page.getByText('LIVE', { exact: true }).waitFor();
    expect(await page.getByRole('slider', { name: 'Position' }).count()).toBe(0);
  });

  it('takes over a player that somebody else drives', async () => {
    const { page, fake } = await open('#/rooms');
    await page.getByText('Controlled elsewhere: Concerto for Two Violins').waitFor();
    await button(page, 'Take over').click();
    await until('it is ours', () => !fake.house.room('study')!.players[0]!.controlled_elsewhere);
    await page.getByText('Controlled elsewhere').waitFor({ state: 'detached' });
  });

  it('controls the room that is chosen, also after a reload', async () => {
    const { page } = await open('#/rooms');
    await page
      .getByRole('button', { name: /^Kitchen/ })
      .first()
      .click();
    await page.getByRole('heading', { name: 'Nothing is playing' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: /^Room: Kitchen/ }).waitFor();
  });

  it('obeys the keyboard', async () => {
    const { page, living } = await open();
    await button(page, 'Pause').waitFor();
    await page.keyboard.press('Space');
    await until('paused', () => living().playback.state === 'paused');
    await page.keyboard.press('ArrowUp');
    await until('louder', () => living().playback.volume > 0.42);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await until('the search has the focus', () =>
      page.evaluate(() => document.activeElement?.id === 'search'),
    );
  });

  it('does nothing on keys before it knows the room', async () => {
    const fake = await startFake();
    fake.held.add('room/living-room');
    fakeHandlers(fake.house)['room:play']!({ room_id: 'living-room' });
    const { page } = await openPage(fake.url);
    await until('the page asked for the room', () => fake.heldBack.has('room/living-room'));
    expect(await button(page, 'Mute this room').isDisabled()).toBe(true);
    for (const key of ['Space', 'ArrowUp', 'm', 'n', 'u']) await page.keyboard.press(key);
    await page.keyboard.press('/');
    await until('a later command came', () => fake.received.includes('library:albums'));
    expect(fake.received.filter((type) => /^(room|queue):/.test(type))).toEqual([]);
  });

  it('works where the browser keeps nothing', async () => {
    const fake = await startFake();
    const { page, complaints } = await openPage(`${fake.url}/#/settings`, {}, () => {
      const get = (): never => {
        throw new DOMException('Access is denied for this document.', 'SecurityError');
      };
      Object.defineProperty(globalThis, 'localStorage', { get });
    });
    await page.getByLabel('Light').check();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light');
    await page.getByRole('link', { name: 'Rooms', exact: true }).click();
    await button(page, 'Mute Kitchen').click();
    await until('it is muted', () => fake.house.room('kitchen')!.playback.muted);
    expect(complaints).toEqual([]);
  });

  it('remembers its theme', async () => {
    const { page } = await open('#/settings', {}, { colorScheme: 'dark' });
    await page.getByLabel('Light').check();
    await page.reload();
    await page.getByLabel('Light').waitFor();
    expect(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme)).toBe('light');
  });
});

describe('the connection', () => {
  it('says that it is lost, switches the controls off, and comes back with what happened meanwhile', async () => {
    const { page, fake, living } = await open();
    const { port, house } = fake;
    const title = living().playback.track!.title;
    await fake.close();
    await page.getByText(/Reconnecting…|Offline, shown as of/).waitFor();
    expect(await button(page, 'Pause').isDisabled()).toBe(true);
    await page.getByText(/Offline, shown as of \d/).waitFor();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    fakeHandlers(house)['room:pause']!({ room_id: 'living-room' });
    await startFake({ port, house });
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await button(page, 'Play').waitFor();
    await page.getByText(/Offline/).waitFor({ state: 'detached' });
    expect(await button(page, 'Play').isEnabled()).toBe(true);
  });

  it('starts from the phone alone when the server is gone', async () => {
    const { page, fake } = await open('', {}, { serviceWorkers: 'allow' });
    await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.state);
    await until('the shell is kept', () =>
      page.evaluate(async () => {
        const [name] = await caches.keys();
        return name !== undefined && (await (await caches.open(name)).keys()).length > 4;
      }),
    );
    await until('the worker answers for the page', () =>
      page.evaluate(() => navigator.serviceWorker.controller !== null),
    );
    await fake.close();
    await page.reload();
    await page.getByText(/No answer from Tutti/).waitFor();
    const kept = await page.evaluate(async () => {
      const [name] = await caches.keys();
      return (await (await caches.open(name!)).keys()).map(({ url }) => new URL(url).pathname);
    });
    expect(kept.filter((path) => /artwork|api|media|ws/.test(path))).toEqual([]);
  });
});

describe('everybody can use', () => {
  const views = [
    '',
    '#/queue',
    '#/library/albums',
    '#/library/artists',
    '#/album/al3',
    '#/artist/ar3',
    '#/rooms',
    '#/settings',
    '#/problems',
  ];
  for (const [width, height] of [
    [320, 568],
    [390, 844],
    [1024, 768],
  ] as const) {
    it(`every control at ${width} x ${height}: labelled, large enough, on the screen`, async () => {
      const { page } = await open('', {}, { viewport: { width, height } });
      const found: Record<string, string[]> = {};
      for (const view of views) {
        await page.evaluate((hash) => (location.hash = hash), view || '#/');
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 150)));
        const faults = await auditControls(page);
        if (faults.length > 0) found[view] = faults;
      }
      expect(found).toEqual({});
    });
  }

  it('the menu of a queue item, which keeps the focus and gives it back', async () => {
    const { page } = await open('#/queue');
    const more = page.locator('.queue-row').nth(1).getByRole('button', { name: /^More/ });
    await more.click();
    await page.getByRole('dialog').waitFor();
    expect(await auditControls(page)).toEqual([]);
    expect(await page.evaluate(() => document.activeElement?.closest('dialog') !== null)).toBe(true);
    await page.keyboard.press('Escape');
    await until('the focus is back', () => more.evaluate((element) => element === document.activeElement));
  });
});
