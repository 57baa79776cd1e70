import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import { ServerProcess } from '../fakes/server-process.js';
import { openDbToRead } from '../../src/storage/index.js';
import { until } from '../until.js';

const ROOM = 'silent';
let dir = '';
let server: ServerProcess;
let client: TuttiClient;

afterEach(async () => {
  client?.close();
  await server?.kill();
  await rm(dir, { recursive: true, force: true });
});

/** A server whose settings are beside its state folder. */
async function serving(): Promise<string> {
  dir = await mkdtemp(join(tmpdir(), 'tutti-removed-'));
  const state = join(dir, 'state');
  const players = [{ id: ROOM, kind: 'null', name: 'Silent' }];
  server = await ServerProcess.start({ dataDir: state, players, musicDir: dir });
  await copyFile(join(state, 'tutti.yaml'), join(dir, 'house.yaml'));
  await server.kill('SIGTERM');
  Object.assign(server.settings, { env: { TUTTI_CONFIG: join(dir, 'house.yaml') } });
  await server.start();
  client = server.client(['system']);
  await client.ready();
  return state;
}

const keep = (name: string): Promise<string> =>
  client.send('room:rename', { room_id: ROOM, name }).then(
    () => 'done',
    (error: { code?: string }) => String(error.code),
  );
const told = (words: string): boolean =>
  (client.mirror.system?.notices ?? []).some(({ message }) => message.includes(words));

it('[BK4] a state folder that was moved away is told, keeps nothing meanwhile, and is gone on with when it is back', async () => {
  const state = await serving();
  await keep('Before');
  await rename(state, join(dir, 'other'));
  await until('it is told', () => told('removed or replaced'), 20_000);
  expect(await keep('Meanwhile')).toBe('ERR_DISK');
  await client.send('room:volume', { room_id: ROOM, volume: 0.3 });
  expect(await readdir(dir)).not.toContain('state');
  await rename(join(dir, 'other'), state);
  await until('it takes things again', async () => (await keep('After')) === 'done', 20_000);
});

it('[BK4] what is in a state folder that was emptied is written anew, and nothing that was acknowledged is lost', async () => {
  const state = await serving();
  await keep('Before');
  for (const name of await readdir(state)) await rm(join(state, name), { recursive: true });
  const last: string[] = [];
  await until(
    'it begins anew',
    async () => {
      const name = `Room ${last.length}`;
      if ((await keep(name)) === 'done') last.push(name);
      return server.said.includes('written anew');
    },
    20_000,
  );
  const found = openDbToRead(join(state, 'tutti.db'));
  const kept = JSON.stringify(found.prepare('SELECT * FROM rooms').all());
  found.close();
  expect(kept).toContain(last.at(-1));
  const names = async (): Promise<string[]> =>
    (await client.send('room:list', {})).rooms.map(({ name }) => name);
  await until('it takes things again', async () => (await keep('Silent')) === 'done', 60_000);
  expect(server.said.match(/written anew/g)).toHaveLength(1);
  await server.kill();
  await server.start();
  client.close();
  client = server.client();
  await client.ready();
  expect(await names()).toEqual(['Silent']);
});
