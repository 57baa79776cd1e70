import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { auditControls } from './audit.js';
import { auditContrast } from './contrast.js';
import { button, pageStage } from './page-stage.js';

const PASSWORD = 'correct horse';
const { open, openPage } = pageStage();
let server: ServerProcess;
const houses: { stop(): Promise<void> }[] = [];

/** A server with two rooms, where people have to sign in. */
async function startHouse(): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tutti-page-people-'));
  const house = await ServerProcess.start({
    dataDir,
    players: [
      { id: 'kitchen', kind: 'null', name: 'Kitchen' },
      { id: 'bath', kind: 'null', name: 'Bath' },
    ],
    config: { auth: 'required', host: '127.0.0.1' },
  });
  houses.push({
    stop: async () => {
      await house.kill();
      await rm(dataDir, { recursive: true, force: true });
    },
  });
  return house;
}

/** What the server printed at its first start. */
async function firstLink(house: ServerProcess): Promise<string> {
  await until('the server says the link', () => /#\/sign-in\/\S+/.test(house.said));
  return `${house.url}/${/#\/sign-in\/\S+/.exec(house.said)?.[0] ?? ''}`;
}

/** Signs in as a page would, and returns the cookie. */
async function signIn(body: object): Promise<string> {
  const answer = await fetch(`${server.url}/api/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

let admin = '';
/** Asks as Ann, the admin, by plain HTTP. */
async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { cookie: admin, origin: server.url, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const json = (await answer.json()) as Record<string, unknown>;
  expect(answer.ok, JSON.stringify(json)).toBe(true);
  return json;
}

/** Somebody with an account, whom nobody else in this file is. */
let count = 0;
async function somebody(role: 'admin' | 'user' = 'user'): Promise<string> {
  const name = `${role === 'admin' ? 'Ada' : 'Ben'}${++count}`;
  await ask('POST', '/people', { name, role, password: PASSWORD });
  return name;
}

beforeAll(async () => {
  server = await startHouse();
  const link = (await firstLink(server)).split('/').at(-1);
  admin = await signIn({ how: 'link', link, name: 'Ann', password: PASSWORD });
});
afterAll(async () => {
  for (const house of houses) await house.stop();
});

const inside = (page: Page) => page.locator('.app:not(.not-live)');
const passwordField = (page: Page) => page.getByLabel(/^Password/);
const part = (page: Page, name: string) =>
  page.getByRole('group', { name: 'Parts of this page' }).getByRole('button', { name });
const row = (page: Page, text: string) => page.getByRole('listitem').filter({ hasText: text });

/** The page as somebody who has signed in on it. */
async function signedIn(name: string, hash = '', context: BrowserContextOptions = {}) {
  const opened = await openPage(`${server.url}/${hash}`, context);
  await opened.page.getByLabel('Name', { exact: true }).fill(name);
  await passwordField(opened.page).fill(PASSWORD);
  await button(opened.page, 'Sign in').click();
  await inside(opened.page).waitFor();
  return opened;
}

async function guestLink(places = 20): Promise<string> {
  const invited = await ask('POST', '/rooms/kitchen/invitations', { max_uses: places });
  return `${server.url}${String(invited['path'])}`;
}

describe('before anybody is signed in', () => {
  it('makes the first admin by the link of the first start, without a reload', async () => {
    const house = await startHouse();
    const { page, complaints } = await openPage(await firstLink(house));
    await page.evaluate(() => (document.title = 'not reloaded'));
    await page.getByLabel('Your name').fill('Ann');
    await page.getByLabel(/Choose a password/).fill(PASSWORD);
    const loads: string[] = [];
    page.on('framenavigated', (frame) => loads.push(new URL(frame.url()).hash));
    await button(page, 'Begin').click();
    await inside(page).waitFor();
    expect(loads).toEqual(['#/']);
    await page.goto(`${house.url}/#/people`);
    await page.getByText('Manages Tutti').waitFor();
    expect(complaints).toEqual([]);
  });

  it('shows and asks for nothing of the house', async () => {
    const sent: string[] = [];
    const heard: string[] = [];
    const { page } = await openPage('about:blank');
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => sent.push(String(payload)));
      socket.on('framereceived', ({ payload }) => heard.push(String(payload)));
    });
    await page.goto(`${server.url}/#/rooms`);
    await page.getByLabel('Name', { exact: true }).waitFor();
    expect(await page.locator('.app').count()).toBe(0);
    expect(sent).toEqual([]);
    expect(heard).toHaveLength(1);
    expect(await page.content()).not.toContain('Kitchen');
  });

  it('is a form that password managers know, and that a keyboard alone fills in', async () => {
    const name = await somebody();
    const { page, complaints } = await openPage(server.url);
    const field = page.getByLabel('Name', { exact: true });
    await until('the name has the focus', () => field.evaluate((one) => one === document.activeElement));
    expect(await field.getAttribute('autocomplete')).toBe('username');
    expect(await passwordField(page).getAttribute('autocomplete')).toBe('current-password');
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await inside(page).waitFor();
    expect(complaints).toEqual([]);
  });

  it('says what is wrong in a sentence and keeps what was typed', async () => {
    const { page } = await openPage(server.url);
    await page.getByLabel('Name', { exact: true }).fill('Ann');
    await passwordField(page).fill('battery staple');
    await button(page, 'Sign in').click();
    await page.getByRole('alert').getByText('This name and password do not belong together.').waitFor();
    expect(await passwordField(page).inputValue()).toBe('battery staple');
  });

  it('says how long nobody is let in after too many attempts, and then lets them try', async () => {
    const { page } = await openPage(server.url);
    const error = { code: 'ERR_RATE_LIMITED', message: 'too often', retryable: true };
    const answer = { error: { ...error, params: { retry_after_ms: 1_800 } } };
    await page.route('**/api/v1/sign-in', (route) => route.fulfill({ status: 429, json: answer }));
    await page.getByLabel('Name', { exact: true }).fill('Ann');
    await passwordField(page).fill('x');
    await button(page, 'Sign in').click();
    await page.getByText('Too many attempts. Try again in 2 s.').waitFor();
    expect(await button(page, 'Sign in').isDisabled()).toBe(true);
    await until('it may be tried again', () => button(page, 'Sign in').isEnabled());
  });

  it('refuses a link that was used', async () => {
    const name = await somebody();
    const { people } = (await ask('GET', '/people')) as { people: { name: string; user_id: string }[] };
    const id = people.find((one) => one.name === name)?.user_id;
    const { path } = (await ask('POST', `/people/${id}/link`)) as { path: string };
    const first = await openPage(`${server.url}${path}`);
    await first.page.getByLabel(/^New password/).fill('another password');
    await button(first.page, 'Come in').click();
    await inside(first.page).waitFor();
    const second = await openPage(`${server.url}${path}`);
    await button(second.page, 'Come in').click();
    await second.page.getByText('This link was used already').waitFor();
    await signIn({ how: 'password', name, password: 'another password' });
  });
});

describe('where nobody has to sign in', () => {
  it('nothing of it is seen, whatever the address says', async () => {
    const { page } = await open('#/sign-in/some-secret');
    await until('the link is gone', () => new URL(page.url()).hash === '#/');
    await page.goto(`${page.url().split('#')[0]}#/settings`);
    await page.getByText('Appearance').waitFor();
    expect(await page.getByText('Sign out').count()).toBe(0);
  });
});

describe('people', () => {
  it('are added by an admin, come in, and are out as soon as their session is revoked', async () => {
    const ann = await signedIn(await somebody('admin'), '#/people');
    await part(ann.page, 'People').click();
    await button(ann.page, 'Add somebody').click();
    await ann.page.getByLabel('Name', { exact: true }).fill('Cleo');
    await ann.page.getByLabel(/^Password/).fill(PASSWORD);
    await button(ann.page, 'Add').click();
    await row(ann.page, 'never here').filter({ hasText: 'Cleo' }).waitFor();
    const cleo = await signedIn('Cleo');
    await button(ann.page, 'More for Cleo').click();
    await button(ann.page, 'Where Cleo is signed in').click();
    await ann.page.getByRole('button', { name: /^Sign out: Chrome/ }).click();
    await cleo.page.getByText('You are not signed in any more').waitFor();
    expect(await cleo.page.locator('.app').count()).toBe(0);
    await ann.page.getByText('Cleo is signed in nowhere.').waitFor();
    expect(ann.complaints).toEqual([]);
  });

  it('see their own account alone when they do not manage the house', async () => {
    const name = await somebody();
    const { page } = await signedIn(name, '#/people');
    await page.getByText('May do everything but manage').waitFor();
    const parts = page.getByRole('group', { name: 'Parts of this page' }).getByRole('button');
    expect(await parts.allTextContents()).toEqual(['You', 'Guests']);
    await page.getByText('This one').waitFor();
  });

  it('change their own password, which ends their other sessions', async () => {
    const name = await somebody();
    const [here, there] = [await signedIn(name, '#/people'), await signedIn(name)];
    await button(here.page, 'Change password').click();
    await here.page.getByLabel('The password you have').fill('not this one');
    await here.page.getByLabel(/^New password/).fill('battery staple');
    await button(here.page, 'Save').click();
    await here.page.getByText('The current password is another').waitFor();
    await here.page.getByLabel('The password you have').fill(PASSWORD);
    await button(here.page, 'Save').click();
    await here.page.getByText('The password is changed').waitFor();
    await there.page.getByText('You are not signed in any more').waitFor();
    expect(await here.page.locator('.app').count()).toBe(1);
  });

  it('sign out, and somebody else comes in on the same phone without a reload', async () => {
    const [name, other] = [await somebody(), await somebody()];
    const { page } = await signedIn(name, '#/settings');
    await button(page, 'Sign out').click();
    await page.getByText('You are signed out.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill(other);
    await passwordField(page).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await inside(page).waitFor();
    await page.goto(`${server.url}/#/settings`);
    await page.getByText(`Signed in as ${other}`).waitFor();
  });
});

describe('programs', () => {
  it('get a token that is shown once, and is worth nothing when it is revoked', async () => {
    const { page } = await signedIn(await somebody('admin'), '#/people');
    await part(page, 'Programs').click();
    await button(page, 'Make a token').click();
    await page.getByLabel('What it is for').fill('Lamp');
    await button(page, 'Make it').click();
    const token = await page.getByLabel('Token', { exact: true }).inputValue();
    await button(page, 'Copy').click();
    await page.getByText('Copied').waitFor();
    await button(page, 'Close').click();
    const reads = () =>
      fetch(`${server.url}/api/v1/rooms`, { headers: { authorization: `Bearer ${token}` } });
    expect((await reads()).status).toBe(200);
    expect(await page.content()).not.toContain(token);
    await page.getByRole('button', { name: 'Revoke: Lamp' }).click();
    await button(page, 'Revoke').click();
    await row(page, 'Lamp').waitFor({ state: 'detached' });
    expect((await reads()).status).toBe(401);
  });
});

describe('guests', () => {
  it('come in by a link with their name alone, and see one room and nothing else', async () => {
    const heard: string[] = [];
    const { page, complaints } = await openPage('about:blank');
    page.on('websocket', (socket) =>
      socket.on('framereceived', ({ payload }) => heard.push(String(payload))),
    );
    await page.goto(await guestLink());
    await page.getByLabel('Your name').fill('Gus');
    await button(page, 'Come in').click();
    await page.getByRole('region', { name: 'Listening party' }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/party/kitchen');
    await page.locator('.top').getByText('Kitchen').waitFor();
    expect(heard.filter((frame) => /"Bath"|"players","epoch|"rooms","epoch/.test(frame))).toEqual([]);
    expect(await page.getByRole('link', { name: 'Rooms' }).count()).toBe(0);
    expect(await button(page, 'Play together').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('are invited from a room with a code and a link, and shown out when that is revoked', async () => {
    const ann = await signedIn(await somebody('admin'), '#/people');
    await part(ann.page, 'Guests').click();
    await ann.page.getByRole('button', { name: 'Bath: invite guests' }).click();
    await ann.page.getByLabel('For how many people').fill('3');
    await button(ann.page, 'Make the invitation').click();
    const link = await ann.page.getByLabel(/^Link/).inputValue();
    await button(ann.page, 'Close').click();
    await row(ann.page, '0 of 3 came').waitFor();
    const gus = await openPage(link);
    await gus.page.getByLabel('Your name').fill('Gus');
    await button(gus.page, 'Come in').click();
    await inside(gus.page).waitFor();
    await row(ann.page, '1 of 3 came').waitFor();
    await ann.page.getByRole('button', { name: 'Revoke: Bath' }).click();
    await gus.page.getByText('You are not signed in any more').waitFor();
    const late = await openPage(link);
    await late.page.getByLabel('Your name').fill('Late');
    await button(late.page, 'Come in').click();
    await late.page.getByText('This invitation has ended').waitFor();
  });

  it('who have an account already may stay who they are', async () => {
    const name = await somebody();
    const { page } = await signedIn(name);
    await page.goto(await guestLink());
    await button(page, `Go on as ${name}`).click();
    await inside(page).waitFor();
    expect(new URL(page.url()).hash).toBe('#/');
  });
});

describe('every control', () => {
  for (const [width, height] of [
    [360, 640],
    [390, 844],
    [820, 1180],
  ] as const)
    it(`at ${width} x ${height}: labelled, large enough, on the screen and readable in both themes`, async () => {
      const viewport = { width, height };
      const { page } = await openPage(server.url, { viewport });
      const audit = async (): Promise<void> => {
        for (const colorScheme of ['dark', 'light'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
          let found: string[] = [];
          // Colours that are inherited follow a moment later.
          const nothing = async (): Promise<boolean> => {
            found = [...(await auditControls(page)), ...(await auditContrast(page))];
            return found.length === 0;
          };
          await until('nothing is wrong', nothing, 2_000).catch(() => expect(found).toEqual([]));
        }
      };
      await button(page, 'Sign in').waitFor();
      await audit();
      await page.getByLabel('Name', { exact: true }).fill(await somebody('admin'));
      await passwordField(page).fill(PASSWORD);
      await button(page, 'Sign in').click();
      await inside(page).waitFor();
      await page.goto(`${server.url}/#/people`);
      await page.getByText('This one').waitFor();
      await audit();
      for (const [name, opener] of [
        ['People', 'More for Ann'],
        ['Programs', 'Make a token'],
        ['Guests', 'Kitchen: invite guests'],
      ] as const) {
        await part(page, name).click();
        await button(page, opener).waitFor();
        await audit();
        await button(page, opener).click();
        await button(page, 'Close').waitFor();
        await audit();
        await button(page, 'Close').click();
      }
    });
});
