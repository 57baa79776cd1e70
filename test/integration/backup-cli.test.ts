import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TuttiClient } from '../../src/client/index.js';
import { packageRoot } from '../../src/package-root.js';
import { folderId } from '../../src/storage/index.js';
import { ServerProcess } from '../fakes/server-process.js';
import { until } from '../until.js';

const run = promisify(execFile);
const MAIN = join(packageRoot, 'dist', 'src', 'main.js');

/** A real server, its files by HTTP, and the command line beside it. */
let dir: string;
let server: ServerProcess;
let client: TuttiClient;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'tutti-backup-cli-'));
  server = await ServerProcess.start({
    dataDir: join(dir, 'state'),
    players: [{ id: 'silent', kind: 'null', name: 'Silent' }],
    env: { TUTTI_SPACE_RESERVE_MB: '1' },
  });
  client = server.client(['rooms']);
  await client.ready();
});

afterAll(async () => {
  client.close();
  await server.kill();
  await rm(dir, { recursive: true, force: true });
});

/** What a command of the command line printed, and how it ended. */
async function cli(...words: string[]): Promise<{ readonly said: string; readonly failed: boolean }> {
  const env = { ...process.env, TUTTI_DATA_DIR: join(dir, 'state'), TUTTI_SPACE_RESERVE_MB: '1' };
  return run(process.execPath, [MAIN, ...words], { env }).then(
    ({ stdout }) => ({ said: stdout, failed: false }),
    (error: { stderr?: string }) => ({ said: error.stderr ?? '', failed: true }),
  );
}

const rename = (name: string) => client.send('room:rename', { room_id: 'silent', name });
const nameNow = async (): Promise<string | undefined> =>
  (await client.send('room:list', {})).rooms.find(({ room_id }) => room_id === 'silent')?.name;

describe('[BK1] tutti backup and tutti restore', () => {
  it('work beside a server that runs, and without one; restoring waits for it to be stopped', async () => {
    await rename('Then');
    const made = await cli('backup', join(dir, 'stick.tar.gz'));
    expect(made).toMatchObject({
      failed: false,
      said: expect.stringMatching(/\n\d+ kB, read back and in order/) as unknown,
    });
    await rename('Later');
    const early = await cli('restore', join(dir, 'stick.tar.gz'));
    expect(early).toMatchObject({
      failed: true,
      said: expect.stringContaining('the server is running: stop it first') as unknown,
    });
    await server.kill('SIGTERM');
    const done = await cli('restore', join(dir, 'stick.tar.gz'));
    expect(done.said).toMatch(/Restored what was backed up at 20.*\nWhat it replaced is kept in .*aside/);
    await server.start();
    await until('the client is back', async () => (await nameNow().catch(() => undefined)) === 'Then');
    expect(await readdir(join(dir, 'state', 'aside'))).toHaveLength(1);
  });

  it('let no music begin by itself, however short ago the house that was replaced was heard', async () => {
    await until(
      'there is music to try',
      async () => (await client.send('library:status', {})).track_count > 0,
    );
    const [track] = (await client.send('library:tracks', {})).items;
    const source = { track_ids: [track!.track_id] };
    await client.send('queue:add', { room_id: 'silent', source, play: true });
    const playback = async () =>
      (await client.send('room:list', {})).rooms.find(({ room_id }) => room_id === 'silent')?.state;
    await until('it plays', async () => (await playback()) === 'playing');
    await cli('backup', join(dir, 'playing.tar.gz'));
    const heard = `/dev/shm/tutti-${folderId(join(dir, 'state'))}.playhead`;
    await until('it is noted that it was heard', async () =>
      (await readFile(heard, 'utf8')).includes('"silent"'),
    );
    await server.kill('SIGKILL');
    expect((await cli('restore', join(dir, 'playing.tar.gz'))).said).toContain('Restored');
    for (const life of ['restored', 'next']) {
      await server.start();
      await until('it is there again', async () => (await playback().catch(() => undefined)) !== undefined);
      expect([life, await playback()]).toEqual([life, 'paused']);
      await server.kill('SIGTERM');
    }
    await server.start();
  });

  it('bring the settings to where this machine reads them, also from standard input', async () => {
    const settings = join(dir, 'etc.yaml');
    await writeFile(settings, 'port: 8099\n');
    const env = { ...process.env, TUTTI_DATA_DIR: join(dir, 'fresh'), TUTTI_CONFIG: settings };
    const asked = run(process.execPath, [MAIN, 'restore', '-'], { env });
    asked.child.stdin?.end(await readFile(join(dir, 'stick.tar.gz')));
    expect((await asked).stdout).toContain(`Its settings are in ${settings}.`);
    expect(await readFile(settings, 'utf8')).toBe(await readFile(join(dir, 'state', 'tutti.yaml'), 'utf8'));
    expect(await readdir(join(dir, 'fresh'))).not.toContain('restore-from-input');
  });

  it('say what is wrong', async () => {
    await writeFile(join(dir, 'letter.txt'), 'Dear Tutti');
    expect((await cli('restore')).said).toContain('which one?');
    expect((await cli('backup', join(dir, 'letter.txt'))).said).toContain('exists already');
  });
});

/** What every other SQLite of this machine does: opens the database, looks, closes it. Whoever is the last to close it deletes its log. */
const LOOK = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
print(db.execute('SELECT count(*) FROM settings').fetchone()[0])
db.close()`;

it('another program that closes the database beside the server takes nothing that was acknowledged with it', async () => {
  await client.send('doctor:run', {});
  await until(
    'the doctor is done',
    async () => (await client.send('doctor:get', {})).state === 'done',
    30_000,
  );
  await cli('token', 'list');
  const { stdout } = await run('/usr/bin/python3', ['-c', LOOK, join(dir, 'state', 'tutti.db')]);
  expect(Number(stdout)).toBeGreaterThan(0);
  await rename('Acknowledged');
  await server.kill();
  await server.start();
  await until('the client is back', async () => (await nameNow().catch(() => undefined)) !== undefined);
  expect(await nameNow()).toBe('Acknowledged');
}, 60_000);

it('[BK3] settings with which the server would not come back stay beside, and the page is told', async () => {
  const settings = join(dir, 'state', 'tutti.yaml');
  const sound = await readFile(settings, 'utf8');
  await writeFile(settings, `${sound}prot: 80\n`);
  await rename('Restored');
  const { job_id } = await client.send('backup:create', {});
  await until('it is made', async () => (await client.send('job:get', { job_id })).status === 'completed');
  await writeFile(settings, sound);
  await rename('Later');
  const [newest] = (await client.send('backup:list', {})).backups;
  await client.send('backup:restore', { backup_id: newest!.backup_id });
  await until('it is restored', async () => (await nameNow().catch(() => undefined)) === 'Restored');
  const told = async (): Promise<string | undefined> =>
    (await client.send('system:status', {})).notices.find(({ notice_id }) => notice_id === 'kept-settings')
      ?.message;
  await until('it is told', async () => (await told())?.includes('prot is no setting') === true);
  expect([await readFile(settings, 'utf8'), await told()]).toEqual([
    sound,
    expect.stringContaining(join(dir, 'state', 'restored-tutti.yaml')),
  ]);
  await rm(join(dir, 'state', 'restored-tutti.yaml'));
  await until('it is told no more', async () => (await told()) === undefined);
}, 60_000);

describe('[BK2] the file of a backup', () => {
  const api = (path: string): string => `${server.url}/api/v1/backups${path}`;
  const put = (offset: number, bytes: Uint8Array<ArrayBuffer>) =>
    fetch(api(`/incoming?offset=${offset}`), {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    });

  it('is given out, taken in again in pieces, and kept when it is in order', async () => {
    const { job_id } = await client.send('backup:create', {});
    await until('it is made', async () => (await client.send('job:get', { job_id })).status === 'completed');
    const [first] = (await client.send('backup:list', {})).backups;
    const answer = await fetch(api(`/${first!.backup_id}/file`));
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="${first!.backup_id}.tar.gz"`,
    );
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(bytes.length).toBe(first!.size_bytes);
    const half = bytes.length >> 1;
    expect(await (await put(0, bytes.subarray(0, half))).json()).toEqual({ received_bytes: half });
    const gap = await put(half + 5, bytes.subarray(half));
    expect([gap.status, await gap.json()]).toMatchObject([409, { error: { params: { offset: half } } }]);
    await put(half, bytes.subarray(half));
    const { backup_id } = await client.send('backup:take', {});
    expect((await client.send('backup:list', {})).backups[0]).toMatchObject({ backup_id, kind: 'uploaded' });
    const file = await readFile(join(dir, 'state', 'backups', `${backup_id}.tar.gz`));
    expect(file.equals(Buffer.from(bytes))).toBe(true);
    await client.send('backup:remove', { backup_id });
    expect((await fetch(api(`/${backup_id}/file`))).status).toBe(404);
  });

  it('is forgotten when it is none', async () => {
    await put(0, Buffer.from('Dear Tutti'));
    await expect(client.send('backup:take', {})).rejects.toMatchObject({ code: 'ERR_INVALID' });
    await expect(client.send('backup:take', {})).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  it('is for who has signed in and manages the house', async () => {
    const strict = await ServerProcess.start({ dataDir: join(dir, 'strict'), config: { auth: 'required' } });
    try {
      expect((await fetch(`${strict.url}/api/v1/backups/x/file`)).status).toBe(401);
      const answer = await fetch(`${strict.url}/api/v1/backups/incoming?offset=0`, {
        method: 'PUT',
        headers: { 'content-type': 'application/octet-stream' },
        body: 'x',
      });
      expect(answer.status).toBe(401);
    } finally {
      await strict.kill();
    }
  });
});
