import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';
import { button, pageStage } from './page-stage.js';

const { open, openPage } = pageStage();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const LINK = '#/join/living-room?invite=invitation%2Bto%2Fliving-room';
const part = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Parts of the party' }).getByRole('button', { name });
const inside = (page: Page) => page.getByRole('group', { name: 'Parts of the party' });
const person = (page: Page, name: string) =>
  page.getByRole('list', { name: 'People' }).getByRole('listitem').filter({ hasText: name });
const said = (page: Page, text: string) => page.locator('.message', { hasText: text });

/** Ana opens the living room from what plays. */
async function opened(context: BrowserContextOptions = {}, quickly = true) {
  const stage = await open('', {}, context);
  const { page } = stage;
  await button(page, 'Open for a party').click();
  await page.getByLabel('Your name (you are the host)').fill('Ana');
  await page.getByLabel('What it is about (optional)').fill('Songs of the summer');
  if (quickly) await page.getByRole('slider', { name: 'Votes count after' }).fill('0');
  await button(page, 'Open').click();
  await inside(page).waitFor();
  return stage;
}

/** Somebody follows the link. */
async function joined(url: string, name = 'Ben', context: BrowserContextOptions = {}) {
  const guest = await openPage(`${url}/${LINK}`, context);
  await guest.page.getByLabel('Your name').fill(name);
  await button(guest.page, 'Join').click();
  await inside(guest.page).waitFor();
  return guest.page;
}

/** Ana's party, and Ben who has joined by the link. */
async function together(context: BrowserContextOptions = {}) {
  const stage = await opened(context);
  return { ...stage, ana: stage.page, ben: await joined(stage.fake.url, 'Ben', context) };
}

describe('a listening party', () => {
  it('is opened by its host and joined by the link, and everybody sees who is here', async () => {
    const { ana, ben, fake } = await together();
    expect(new URL(ben.url()).hash).toBe('#/party/living-room');
    await ana.getByText('Ben joined').waitFor();
    for (const page of [ana, ben]) {
      await part(page, 'People 2').click();
      await person(page, 'Ana').getByText('Host').waitFor();
    }
    await person(ben, 'Ben (you)').waitFor();
    await ben.close();
    await person(ana, 'Ben').getByText('Away').waitFor();
    expect(fake.house.room('living-room')!.party!.description).toBe('Songs of the summer');
  });

  it('never tells the server the invitation in an address', async () => {
    const { fake } = await opened({}, true);
    const asked: string[] = [];
    const { page } = await openPage('about:blank');
    page.on('request', (request) => asked.push(request.url().replace(/#.*/, '')));
    await page.goto(`${fake.url}/${LINK}`);
    await page.getByText('Ana is the host').waitFor();
    expect(asked.length).toBeGreaterThan(1);
    expect(asked.filter((url) => /invit/i.test(url))).toEqual([]);
  });

  it('has a chat in both directions, told politely and without links', async () => {
    const { ana, ben } = await together();
    await part(ana, 'Chat').click();
    await ana.getByLabel('Message').fill('Look: https://example.org <b>now</b>');
    await ana.getByLabel('Message').press('Enter');
    await part(ben, 'Chat 1 new').waitFor();
    await until('it is told', async () =>
      ((await ben.locator('.visually-hidden[aria-live=polite]').textContent()) ?? '').startsWith(
        'Ana says: Look',
      ),
    );
    await part(ben, 'Chat').click();
    const message = said(ben, 'Look: https://example.org <b>now</b>');
    await message.waitFor();
    expect(await message.locator('a, b').count()).toBe(0);
    await ben.getByLabel('Message').fill('Nice');
    await button(ben, 'Send').click();
    await said(ana, 'Nice').getByText('Ben').waitFor();
    expect(await ben.getByLabel('Message').inputValue()).toBe('');
  });

  it('asks who chats too fast to wait, says how long and keeps the words', async () => {
    const { page, fake } = await opened();
    await part(page, 'Chat').click();
    fake.house.parties.slowMs = 1_600;
    await page.getByLabel('Message').fill('Again');
    await button(page, 'Send').click();
    await page.getByText('Again in 2 s').waitFor();
    expect(await button(page, 'Send').isDisabled()).toBe(true);
    expect(await page.getByLabel('Message').inputValue()).toBe('Again');
    await page.getByText('Again in').waitFor({ state: 'detached' });
    await button(page, 'Send').click();
    await said(page, 'Again').waitFor();
  });

  it('lets people queue in turns and take back what is theirs', async () => {
    const { ana, ben, living } = await together();
    living().queue.items.splice(2);
    await ana.evaluate(() => (location.hash = '#/album/al0'));
    await button(ana, 'Add').click();
    await ben.getByRole('link', { name: 'Add music' }).click();
    await ben.evaluate(() => (location.hash = '#/album/al1'));
    await button(ben, 'Queue').click();
    await ben.evaluate(() => (location.hash = '#/party/living-room'));
    const rows = ben.getByRole('list', { name: 'Up next' }).getByRole('listitem');
    await rows.first().waitFor();
    const owners = async () => (await ben.locator('.next-row .added-by').allTextContents()).slice(0, 4);
    await until('they take turns', async () => (await owners()).join() === 'Ana,You,Ana,You');
    expect(await rows.nth(0).getByRole('button').count()).toBe(0);
    const before = living().queue.items.length;
    await rows
      .nth(1)
      .getByRole('button', { name: /^Remove/ })
      .click();
    await until('it is gone', () => living().queue.items.length === before - 1);
  });

  it('offers a guest nothing that is the host’s', async () => {
    const { ben, fake } = await together();
    expect(await ben.getByRole('group', { name: 'The host decides' }).count()).toBe(0);
    await part(ben, 'People').click();
    for (const name of ['Rules', 'Close the party', 'More for Ana'])
      expect(await button(ben, name).count()).toBe(0);
    await ben.evaluate(() => (location.hash = '#/'));
    await ben.getByText('Ana decides what plays').waitFor();
    expect(await button(ben, 'Next').count()).toBe(0);
    for (const name of ['Position', 'Volume of Living room'])
      expect(await ben.getByRole('slider', { name }).isDisabled()).toBe(true);
    const before = fake.received.length;
    await ben.keyboard.press('n');
    await ben.evaluate(() => (location.hash = '#/queue'));
    await ben.getByRole('region', { name: 'Queue' }).waitFor();
    for (const name of ['Undo', 'Clear queue']) expect(await button(ben, name).isDisabled()).toBe(true);
    expect(fake.received.slice(before)).not.toContain('room:next');
  });

  it('skips when enough have voted, not before the cooldown, and not against the host', async () => {
    const { ana, ben, living } = await together();
    const first = living().playback.item_id;
    await ben.getByText('0 of 1 vote').waitFor();
    await part(ana, 'People').click();
    await button(ana, 'Rules').click();
    await ana.getByRole('slider', { name: 'Votes that skip a track' }).fill('100');
    await button(ana, 'Save').click();
    await ben.getByText('0 of 2 votes').waitFor();
    await button(ben, 'Vote to skip').click();
    await ben.getByText('1 of 2 votes').waitFor();
    await ben.getByText('You have voted').waitFor();
    await part(ana, 'Music').click();
    await button(ana, 'Vote to skip').click();
    await ben.getByText('Skipped: enough people voted').waitFor();
    expect(living().playback.item_id).not.toBe(first);
    await button(ana, 'Keep it').click();
    await ben.locator('.vote-why', { hasText: 'The host wants to hear this one' }).waitFor();
    expect(await button(ben, 'Vote to skip').isDisabled()).toBe(true);
  });

  it('says how long a vote has to wait', async () => {
    const { page } = await opened({}, false);
    await page.getByText(/You can vote in \d+ s/).waitFor();
    expect(await button(page, 'Vote to skip').isDisabled()).toBe(true);
  });

  it('goes on with another host, and without who leaves', async () => {
    const { ana, ben } = await together();
    await part(ana, 'People').click();
    await button(ana, 'More for Ben').click();
    await button(ana, 'Make Ben the host').click();
    await ben.getByText('You are the host now').waitFor();
    await ben.getByRole('group', { name: 'The host decides' }).waitFor();
    await button(ana, 'Close the party').waitFor({ state: 'detached' });
    await button(ana, 'Leave').click();
    await ana.getByText('You have left the party').waitFor();
    await ben.getByText('Ana left').waitFor();
    await ana.evaluate(() => (location.hash = '#/party/living-room'));
    await button(ana, 'Join').waitFor();
  });

  it('is closed by its host, and the music goes on', async () => {
    const { ana, ben, living } = await together();
    await part(ana, 'People').click();
    await button(ana, 'Close the party').click();
    await ana.getByRole('dialog').getByRole('button', { name: 'Close the party' }).click();
    await ben.getByText('The party is over. The music goes on').waitFor();
    await ben.getByText('No party is on in this room.').waitFor();
    expect(living().playback.state).toBe('playing');
  });

  it('knows people again after a reload and after a lost connection', async () => {
    const { ana, ben, fake, living } = await together();
    const names = () => living().party!.participants.map(({ name, presence }) => `${name} ${presence}`);
    await ben.reload();
    await inside(ben).waitFor();
    await until('Ben is here', () => names().join() === 'Ana here,Ben here');
    fake.dropAll();
    await until('both are back', () => fake.clientCount === 2 && names().join() === 'Ana here,Ben here');
    await part(ben, 'Chat').click();
    await ben.getByLabel('Message').fill('Still me');
    await button(ben, 'Send').click();
    await part(ana, 'Chat').click();
    await said(ana, 'Still me').getByText('Ben').waitFor();
  });

  it('works for this visit where the browser keeps nothing', async () => {
    const { fake } = await opened();
    const refuse = (): void => {
      Object.defineProperty(window, 'localStorage', {
        get: () => {
          throw new Error('refused');
        },
      });
    };
    const { page } = await openPage(`${fake.url}/${LINK}`, {}, refuse);
    await page.getByLabel('Your name').fill('Cem');
    await button(page, 'Join').click();
    await inside(page).waitFor();
  });

  it('that is public is found in the list of rooms', async () => {
    const { fake } = await opened();
    const { page } = await openPage(`${fake.url}/#/rooms`);
    await page.getByRole('link', { name: 'Ana’s party · 1 of 20 · Songs of the summer' }).click();
    await button(page, 'Join').waitFor();
    await page.goBack();
    await page.getByRole('link', { name: /Ana’s party/ }).waitFor();
    expect(await auditControls(page)).toEqual([]);
    expect(await auditContrast(page)).toEqual([]);
  });

  it('that is private is only for those with the link', async () => {
    const { page, fake } = await opened();
    await part(page, 'People').click();
    await button(page, 'Rules').click();
    await page.getByRole('checkbox', { name: 'Public' }).uncheck();
    await button(page, 'Save').click();
    await page.getByText('Private: only people with the link can join').waitFor();
    const { page: stranger } = await openPage(`${fake.url}/#/party/living-room`);
    await stranger.getByText('This party is private').waitFor();
    expect(await button(stranger, 'Join').count()).toBe(0);
    await joined(fake.url, 'Cem');
  });
});

/** The page under a name that other machines could know. */
async function named(port: number): Promise<BrowserContextOptions> {
  const proxy = createServer((from, to) => {
    const { pathname } = new URL(from.url ?? '/', 'http://tutti.test');
    ask({ port, path: pathname, headers: from.headers }, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    }).end();
  });
  proxy.on('connect', (_request, socket) => {
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [upstream, socket]) end.on('error', () => undefined);
  });
  await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
  cleanups.push(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return { proxy: { server: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` } };
}

describe('the invitation', () => {
  it('is a link and a QR code at the address of the page', async () => {
    const { fake } = await opened();
    const { page } = await openPage(`http://tutti.test/${LINK}`, await named(fake.port));
    await page.getByLabel('Your name').fill('Ben');
    await button(page, 'Join').click();
    await button(page, 'Invite people').click();
    expect(await page.getByRole('textbox', { name: 'Link' }).inputValue()).toBe(`http://tutti.test/${LINK}`);
    await page.locator('.qr path').waitFor();
    await button(page, 'Copy').click();
    await page.getByText('Copied').waitFor();
  });

  it('says so when the page was opened at an address that no phone can reach', async () => {
    const { page } = await opened();
    await button(page, 'Invite people').click();
    await page.getByText('an address that only this machine understands').waitFor();
    expect(await page.locator('.qr').count()).toBe(0);
    expect(await page.getByLabel('Link, for this machine only').inputValue()).toContain(LINK);
  });
});

describe('everybody', () => {
  for (const [width, height] of [
    [320, 568],
    [390, 844],
  ] as const)
    for (const colorScheme of ['dark', 'light'] as const)
      it(`can read and touch a party at ${width} x ${height}, ${colorScheme}`, async () => {
        const context = { viewport: { width, height }, colorScheme };
        const { ana, ben } = await together(context);
        const audit = async (page: Page) => {
          expect(await auditControls(page)).toEqual([]);
          expect(await auditContrast(page)).toEqual([]);
        };
        for (const page of [ana, ben]) {
          await button(page, 'Vote to skip').waitFor();
          await audit(page);
          await part(page, 'Chat').click();
          await page.getByLabel('Message').fill('What a wonderful evening to listen to something together');
          await button(page, 'Send').click();
          await said(page, 'wonderful').last().waitFor();
          await audit(page);
          await part(page, 'People').click();
          await audit(page);
          await button(page, 'Invite people').last().click();
          await page.getByRole('dialog').waitFor();
          await audit(page);
          await button(page, 'Close').click();
        }
        await button(ana, 'Rules').click();
        await audit(ana);
        await ben.evaluate(() => (location.hash = '#/'));
        await ben.getByText('Ana decides what plays').waitFor();
        await audit(ben);
      });
});

describe('with a real server', () => {
  it('two phones chat, and enough votes really skip', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-party-'));
    cleanups.push(() => rm(dir, { recursive: true, force: true }));
    await makeSineAlbums(join(dir, 'music'), 441, ['Party'], 3, 60);
    const server = await ServerProcess.start({
      dataDir: join(dir, 'state'),
      musicDir: join(dir, 'music'),
      players: [{ id: 'hall', kind: 'null', name: 'Hall' }],
    });
    cleanups.push(() => server.kill());
    const client = server.client(['rooms', 'room/hall']);
    cleanups.push(() => client.close());
    await client.ready();
    await until('the library is there', async () => {
      return (await client.send('library:status', {})).track_count === 3;
    });
    const { items } = await client.send('library:albums', {});
    const source = { album_id: items[0]!.album_id };
    await client.send('queue:add', { room_id: 'hall', source, at: 'end', play: true });
    const playing = () => client.mirror.room['hall']!.playback.track?.title;
    await until('it plays', () => playing() !== undefined);
    const first = playing();

    const { page: ana } = await openPage(`${server.url}/#/party/hall`);
    await ana
      .getByRole('region', { name: 'Listening party' })
      .getByRole('button', { name: 'Open for a party' })
      .click();
    await ana.getByLabel('Your name (you are the host)').fill('Ana');
    await ana.getByRole('slider', { name: 'Votes count after' }).fill('0');
    await ana.getByRole('slider', { name: 'Votes that skip a track' }).fill('100');
    await button(ana, 'Open').click();
    await button(ana, 'Invite people').click();
    const link = await ana.getByLabel('Link, for this machine only').inputValue();
    await button(ana, 'Close').click();
    const { page: ben } = await openPage(link);
    await ben.getByLabel('Your name').fill('Ben');
    await button(ben, 'Join').click();
    await part(ben, 'Chat').click();
    await ben.getByLabel('Message').fill('Hello from the kitchen');
    await button(ben, 'Send').click();
    await part(ana, 'Chat 1 new').click();
    await said(ana, 'Hello from the kitchen').getByText('Ben').waitFor();
    await ben.reload();
    for (const page of [ana, ben]) await part(page, 'Music').click();
    await button(ben, 'Vote to skip').click();
    await ana.getByText('1 of 2 votes').waitFor();
    expect(playing()).toBe(first);
    await button(ana, 'Vote to skip').click();
    await until('the next track plays', () => playing() !== undefined && playing() !== first);
    await ben.getByText('Skipped: enough people voted').waitFor();
  });
});
