import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { runCli } from '../../src/cli/index.js';
import { openPeople, type DoorChange, type People } from '../../src/people/index.js';
import { claimFolder, migrate, openDb } from '../../src/storage/index.js';
import { PlainPasswords, secretIn } from '../fakes/people-house.js';
import { until } from '../until.js';

const FROM = { address: '192.168.1.20', agent: 'test' };
const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What a running server has of its data folder: the claim, the database and the people. */
async function serverOn(folder: string): Promise<{ people: People; changes: DoorChange[] }> {
  const claim = await claimFolder(folder);
  const db = openDb(join(folder, 'tutti.db'));
  migrate(db);
  const people = openPeople({
    db,
    clock: systemClock,
    log: silentLogger,
    mode: 'required',
    passwords: new PlainPasswords(),
    knowsRoom: () => true,
    changed: () => undefined,
  });
  claim.onKnock(() => people.reread());
  const changes: DoorChange[] = [];
  people.entrance.onChange((change) => changes.push(change));
  closers.push(
    () => claim.release(),
    () => db.close(),
    () => people.close(),
  );
  return { people, changes };
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'tutti-people-'));

async function tutti(folder: string, ...words: string[]): Promise<string> {
  const printed: string[] = [];
  const env = {
    TUTTI_DATA_DIR: folder,
    TUTTI_HOST: '192.168.1.5',
    TUTTI_PORT: '8123',
    JOURNAL_STREAM: undefined,
  };
  await runCli(words, env, (line) => printed.push(line));
  return printed.join('\n');
}

const idIn = (list: string): string => list.split(' ')[0] ?? '';

describe('the command line on the server itself', () => {
  it('makes an API token that is good at once, and ends it for who is connected', async () => {
    const folder = newFolder();
    const { people, changes } = await serverOn(folder);
    const token = await tutti(
      folder,
      'token',
      'create',
      '--name',
      'Home',
      '--scope',
      'control',
      '--expires',
      '30d',
    );
    const identity = await people.entrance.identify(token, 'bearer', FROM.address);
    expect(identity).toMatchObject({ role: 'device', name: 'Home', scopes: ['control'] });
    const list = await tutti(folder, 'token', 'list');
    expect(list).toContain('Home  [control]');
    expect(list).not.toContain(token);
    await tutti(folder, 'token', 'revoke', idIn(list));
    await until('the server hears of it', () => changes.length > 0);
    expect(changes).toEqual([{ kind: 'ended', session_id: identity.session_id }]);
    await expect(people.entrance.identify(token, 'bearer', FROM.address)).rejects.toThrow('Sign in first');
  });

  it('lets an admin in who is locked out', async () => {
    const folder = newFolder();
    const { people } = await serverOn(folder);
    const link = secretIn(people.firstLink() ?? '');
    await people.entrance.signIn({ how: 'link', link, name: 'Ann' }, FROM);
    const text = await tutti(folder, 'sign-in-link');
    expect(text).toContain('signs Ann in');
    const [address = ''] = /http:\S+/.exec(text) ?? [];
    expect(address).toMatch(/^http:\/\/192\.168\.1\.5:8123\/#\/sign-in\/[\w-]{43}$/);
    const { identity } = await people.entrance.signIn({ how: 'link', link: secretIn(address) }, FROM);
    expect(identity).toMatchObject({ name: 'Ann', role: 'admin' });
  });

  it('works while no server runs', async () => {
    const folder = newFolder();
    await serverOn(folder);
    for (const close of closers.splice(0).reverse()) await close();
    const token = await tutti(folder, 'token', 'create', '--name', 'Home', '--scope', 'read');
    const { people } = await serverOn(folder);
    expect(await people.entrance.identify(token, 'bearer', FROM.address)).toMatchObject({ name: 'Home' });
  });

  it.each([
    [['token', 'create', '--scope', 'read'], 'needs --name'],
    [['token', 'create', '--name', 'x'], '--scope is one or more of'],
    [['token', 'create', '--name', 'x', '--scope', 'everything'], '--scope is one or more of'],
    [['token', 'create', '--name', 'x', '--scope', 'read', '--expires', 'soon'], '--expires is like'],
    [['token', 'revoke'], 'tutti token list shows ids'],
    [['token', 'revoke', 'nothing'], 'no token has this id'],
    [['token'], 'create | list | revoke'],
    [['sign-in-link', '--name', 'Nobody'], 'nobody is called Nobody'],
  ])('says what is wrong with %j', async (words, reason) => {
    const folder = newFolder();
    await serverOn(folder);
    await expect(tutti(folder, ...words)).rejects.toThrow(reason);
  });

  it('does not make a database where no server ever ran', async () => {
    await expect(tutti(newFolder(), 'token', 'list')).rejects.toThrow('start the server once');
  });
});
