import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  addressOfServer,
  claimFolder,
  claimWork,
  folderId,
  knock,
  ownedByOthers,
  socketFolder,
} from '../../src/storage/index.js';
import { until } from '../until.js';

const folder = (): string => mkdtempSync(join(tmpdir(), 'tutti-claim-'));

it('a data folder belongs to one server at a time, and to the next one after it', async () => {
  const dir = folder();
  const first = await claimFolder(dir);
  await expect(claimFolder(dir)).rejects.toMatchObject({
    code: 'ERR_CONFLICT',
    message: expect.stringContaining(`running on ${dir};`) as string,
  });
  await first.release();
  const second = await claimFolder(dir);
  await second.release();
});

it('what somebody else owns in it is answered with what to do', () => {
  const refused = Object.assign(new Error('no'), { code: 'EACCES', path: '/d/tutti/workspace/incoming' });
  expect(ownedByOthers(refused, '/d/tutti')).toMatchObject({
    code: 'ERR_DISK',
    message: expect.stringMatching(
      /workspace\/incoming belongs to somebody else: sudo .*\/d\/tutti /,
    ) as string,
  });
  expect(ownedByOthers(refused, '/d/tut')).toBe(refused);
});

it('a data folder that is none is answered with what to do', async () => {
  const file = join(folder(), 'state');
  await writeFile(file, 'a letter');
  await expect(claimFolder(file)).rejects.toMatchObject({
    code: 'ERR_DISK',
    message: expect.stringMatching(/is no folder; move it away/) as string,
  });
});

it("work is one process's at a time", async () => {
  const path = join(folder(), 'run', 'work.sock');
  const end = await claimWork(path);
  expect(await claimWork(path)).toBeUndefined();
  await end!();
  await (await claimWork(path))!();
});

it('what a killed server left behind is no claim', async () => {
  const dir = folder();
  await mkdir(join(dir, 'run'));
  await writeFile(join(dir, 'run', 'claim.sock'), '');
  const claim = await claimFolder(dir);
  await claim.release();
});

it('a knock is heard by the server of a folder, and says whether there is one', async () => {
  const dir = folder();
  expect(await knock(dir)).toBe(false);
  const claim = await claimFolder(dir);
  let heard = 0;
  claim.onKnock(() => (heard += 1));
  expect(await knock(dir)).toBe(true);
  await until('the knock is heard', () => heard === 1);
  await claim.release();
  expect(await knock(dir)).toBe(false);
});

it('who knocks is told where the server is reached, once it is', async () => {
  const dir = folder();
  expect(await addressOfServer(dir)).toBeUndefined();
  const claim = await claimFolder(dir);
  expect(await addressOfServer(dir)).toBeUndefined();
  claim.reachedAt('http://127.0.0.1:8080');
  expect(await addressOfServer(dir)).toBe('http://127.0.0.1:8080');
  await claim.release();
});

it('a server that began while the disk took nothing holds the folder also when it takes again', async () => {
  const dir = folder();
  const spare = createServer((socket) => socket.end());
  await new Promise<void>((done) => spare.listen(`/dev/shm/tutti-${folderId(dir)}.sock`, done));
  expect(await knock(dir)).toBe(true);
  await expect(claimFolder(dir)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
  await new Promise((done) => spare.close(done));
  const claim = await claimFolder(dir);
  await claim.release();
});

describe('a path that is too long for a socket', () => {
  let made: string[] = [];
  const long = (name: string): string => {
    const dir = join(folder(), 'a'.repeat(100), name);
    made.push(socketFolder(dir), socketFolder(`${dir}-other`));
    return dir;
  };

  afterEach(async () => {
    for (const sockets of made) await rm(sockets, { recursive: true, force: true });
    made = [];
  });

  it('keeps no server from the second start', async () => {
    const dir = long('house');
    for (const _start of [1, 2]) {
      const claim = await claimFolder(dir);
      await expect(claimFolder(dir)).rejects.toMatchObject({ code: 'ERR_CONFLICT' });
      expect(await knock(dir)).toBe(true);
      await claim.release();
    }
  });

  it('is not taken for another one that begins alike', async () => {
    const dir = long('house');
    const claims = [await claimFolder(dir), await claimFolder(`${dir}-other`)];
    expect(await knock(`${dir}-third`)).toBe(false);
    await Promise.all(claims.map((claim) => claim.release()));
  });

  it('beyond what a file system knows is answered with what to do', async () => {
    await expect(claimFolder(long('b'.repeat(300)))).rejects.toMatchObject({
      code: 'ERR_DISK',
      message: expect.stringMatching(/ENAMETOOLONG.*set TUTTI_DATA_DIR/) as string,
    });
  });
});
