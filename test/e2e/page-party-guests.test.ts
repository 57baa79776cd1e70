import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';
import { button, pageStage } from './page-stage.js';

/** A house where people sign in: Ann manages it, Eve has an account, and Gus is somebody's guest. */
const { openPage } = pageStage();
const PASSWORD = 'correct horse';
let dir = '';
let server: ServerProcess;
let admin = '';

async function ask(path: string, body: object, method = 'POST'): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', origin: server.url, ...(admin && { cookie: admin }) },
    body: JSON.stringify(body),
  });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0];
  admin ||= cookie ?? '';
  const json = (await answer.json()) as Record<string, unknown>;
  expect(answer.ok, JSON.stringify(json)).toBe(true);
  return json;
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-party-guests-'));
  server = await ServerProcess.start({
    dataDir: dir,
    players: [
      { id: 'hall', kind: 'null', name: 'Hall' },
      { id: 'bath', kind: 'null', name: 'Bath' },
    ],
    config: { auth: 'required' },
  });
  await until('the server says the link', () => /#\/sign-in\/\S+/.test(server.said));
  const link = /#\/sign-in\/(\S+)/.exec(server.said)?.[1];
  await ask('/sign-in', { how: 'link', link, name: 'Ann', password: PASSWORD });
  await ask('/people', { name: 'Eve', role: 'user', password: PASSWORD });
});
afterAll(async () => {
  await server?.kill();
  await rm(dir, { recursive: true, force: true });
});

const parts = (page: Page) => page.getByRole('group', { name: 'Parts of the party' });
const part = (page: Page, name: string) => parts(page).getByRole('button', { name });

async function signedIn(name: string): Promise<Page> {
  const { page } = await openPage(`${server.url}/`);
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel(/^Password/).fill(PASSWORD);
  await button(page, 'Sign in').click();
  await page.locator('.app:not(.not-live)').waitFor();
  await page.evaluate(() => (location.hash = '#/party/hall'));
  return page;
}

async function invited(name: string): Promise<Page> {
  const { path } = await ask('/rooms/hall/invitations', {});
  const { page } = await openPage(`${server.url}${String(path)}`);
  await page.getByLabel('Your name').fill(name);
  await button(page, 'Come in').click();
  return page;
}

describe('a private party where people sign in', () => {
  it('is for who came by invitation and not for others of the house, and is one on all phones of somebody', async () => {
    const gus = await invited('Gus');
    await gus.getByText('As soon as somebody of the house opens one, you are in.').waitFor();
    const ann = await signedIn('Ann');
    await ann.getByRole('region', { name: 'Listening party' }).getByText('Open for a party').click();
    await ann.getByRole('checkbox', { name: 'Public' }).uncheck();
    await button(ann, 'Open').click();
    await parts(ann).waitFor();

    await parts(gus).waitFor();
    await part(ann, 'People 2').click();
    await ann.getByRole('list', { name: 'People' }).getByText('Gus').waitFor();
    expect(await button(gus, 'Invite people').count()).toBe(0);
    await part(gus, 'Chat').click();
    await gus.getByLabel('Message').fill('Between us');
    await button(gus, 'Send').click();
    await part(ann, 'Chat 1 new').waitFor();

    const heard: string[] = [];
    const eve = await signedIn('Eve');
    eve.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))));
    await eve.reload();
    await eve.getByText('This party is private').waitFor();
    await eve.getByText('Ann is the host').waitFor();
    expect(await button(eve, 'Join').count()).toBe(0);
    expect(heard.join()).toContain('"subscribed"');
    expect(heard.join()).not.toMatch(/Between us|Gus/);

    const second = await signedIn('Ann');
    await part(second, 'People 2').click();
    await second.getByText('Ann (you)').waitFor();
    await button(second, 'Close the party').waitFor();

    await part(gus, 'People').click();
    await button(gus, 'Leave').click();
    await gus.getByText('You have left the party').waitFor();
    await part(ann, 'People 1').waitFor();
  });

  it('lets a guest who lives here come in with an account, where the guest was refused', async () => {
    const page = await invited('Ida');
    await page.getByRole('link', { name: 'Party', exact: true }).waitFor();
    await page.evaluate(() => (location.hash = '#/alarms'));
    await page.getByText('This is for who lives here, and you are a guest in Hall.').waitFor();
    await button(page, 'Sign in with an account').click();
    await page.getByLabel('Name', { exact: true }).fill('Eve');
    await page.getByLabel(/^Password/).fill(PASSWORD);
    await button(page, 'Sign in').click();
    await button(page, 'New alarm').click();
    await page.getByRole('dialog', { name: 'New alarm' }).getByRole('button', { name: 'Save' }).click();
    await page.getByRole('button', { name: 'Change the alarm of 07:00' }).waitFor();
    await page.getByRole('link', { name: 'Rooms', exact: true }).click();
    await page.getByRole('region', { name: 'Rooms' }).getByText('Bath').first().waitFor();
  });
});
