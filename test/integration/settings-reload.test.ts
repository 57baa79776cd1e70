import { mkdtempSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import type { TuttiClient } from '../../src/client/index.js';
import { ServerProcess, type ServerSettings } from '../fakes/server-process.js';
import { until } from '../until.js';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A real server, and what its config file may become. */
async function serving(more: Partial<ServerSettings> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'tutti-reload-'));
  const players = [{ kind: 'null', name: 'Bath' }];
  const server = await ServerProcess.start({ dataDir, players, ...more });
  cleanups.push(() => server.kill('SIGTERM'));
  const client: TuttiClient = server.client(['system', 'players']);
  cleanups.push(() => client.close());
  await client.ready();
  const file = join(dataDir, 'tutti.yaml');
  const config = (): Record<string, unknown> => parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  return {
    server,
    client,
    file,
    change: (changes: Record<string, unknown>) => writeFileSync(file, stringify({ ...config(), ...changes })),
    notices: async () => (await client.send('system:status', {})).notices.map(({ message }) => message),
    names: async () =>
      (await client.send('player:list', {})).players.map(({ name, link }) => `${name} ${link}`).sort(),
    setting: async (key: string) =>
      (await client.send('settings:list', {})).settings.find((each) => each.key === key)!,
  };
}

describe('[ST3] the config file of a running server', () => {
  it('is read when it is written: players come and go, limits change, and the rest is said to wait', async () => {
    const { change, names, notices, setting } = await serving();
    await until('the player is there', async () => (await names()).join() === 'Bath online');
    change({
      players: [
        { kind: 'null', name: 'Attic' },
        { kind: 'null', name: 'Cellar' },
      ],
      trash_days: 4,
      snapcast_port: 1799,
    });
    await until(
      'the players are others',
      async () => (await names()).join() === 'Attic online,Bath offline,Cellar online',
    );
    expect(await setting('trash_days')).toMatchObject({ value: 4, from: 'file', waiting: false });
    expect(await notices()).toContain('Restart Tutti to apply: Port for snapclients.');
  });

  it('is refused as a whole with a fault in it, and the page says which line', async () => {
    const { file, names, notices, change, server, setting } = await serving();
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, `${good}trash_days: 3\nmsuic_dir: /srv\n`);
    const refused = async (): Promise<boolean> =>
      (await notices()).some((text) =>
        /tutti\.yaml:\d+:1: msuic_dir is no setting\. Did you mean music_dir\?/.test(text),
      );
    await until('the fault is told', refused);
    expect(await setting('trash_days')).toMatchObject({ value: 30 });
    expect(await names()).toEqual(['Bath online']);
    expect(server.said).toContain('settings refused');
    writeFileSync(file, good);
    change({ trash_days: 2 });
    await until('it is taken', async () => (await setting('trash_days')).value === 2 && !(await refused()));
  });

  it('is read when the file was written that it is a link to', async () => {
    const { file, setting } = await serving();
    const real = join(mkdtempSync(join(tmpdir(), 'tutti-real-')), 'house.yaml');
    renameSync(file, real);
    const good = readFileSync(real, 'utf8');
    symlinkSync(real, file);
    writeFileSync(real, `${good}trash_days: 3\n`);
    await until('it counts', async () => (await setting('trash_days')).value === 3);
    writeFileSync(`${real}.new`, `${good}trash_days: 4\n`);
    renameSync(`${real}.new`, real);
    await until('it counts', async () => (await setting('trash_days')).value === 4);
  });

  it('is read anew on SIGHUP, and the server goes on', async () => {
    const { server, setting, change } = await serving();
    process.kill(server.pid, 'SIGHUP');
    change({ trash_days: 11 });
    process.kill(server.pid, 'SIGHUP');
    await until('it counts', async () => (await setting('trash_days')).value === 11);
  });
});

describe('[ST2] settings of the page', () => {
  it('count at once, or with the next life of the server, which the page may begin [ST4]', async () => {
    const { server, client, setting } = await serving({ env: { TUTTI_LOG_LEVEL: '' } });
    await client.send('settings:set', { key: 'log_level', value: 'debug' });
    await client.send('settings:set', { key: 'mdns', value: true }).then(
      () => expect.unreachable('the config file sets mdns'),
      (error: unknown) => expect(error).toMatchObject({ code: 'ERR_CONFLICT' }),
    );
    await client.send('settings:set', { key: 'space_reserve_mb', value: 77 });
    const other = server.client();
    cleanups.push(() => other.close());
    await other.ready();
    await until('more is logged', () => server.said.includes('client came'));
    await client.send('settings:set', { key: 'watch', value: false });
    expect(await setting('watch')).toMatchObject({ value: false, waiting: true });
    await client.send('settings:restart', {});
    const isTaken = async (): Promise<boolean> =>
      setting('watch').then(
        ({ waiting }) => !waiting,
        () => false,
      );
    await until('another life goes by it', isTaken);
    expect(await setting('space_reserve_mb')).toMatchObject({ value: 77, from: 'page' });
    expect(await setting('log_level')).toMatchObject({ value: 'debug', from: 'page', waiting: false });
  });
});
