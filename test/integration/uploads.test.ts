import { request } from 'node:http';
import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DownloadHouse } from '../fakes/download-house.js';
import { FakeDoor, someone } from '../fakes/fake-door.js';
import { CAPS } from '../fakes/fetching.js';
import { ManualClock } from '../fakes/manual-clock.js';
import { sha256 } from '../fakes/music-server.js';
import { noise } from '../fakes/noise.js';
import { until } from '../until.js';
import { World } from './server-world.js';

let music: Buffer;
beforeAll(async () => {
  music = await noise('flac', 4);
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly received_bytes?: number | number[];
    readonly download_id?: string;
    readonly error?: { readonly code: string; readonly params: Record<string, unknown> };
  };
}

describe('uploads', () => {
  let house: DownloadHouse;
  let world: World;
  const door = new FakeDoor();
  door.knows('bearer', 'anna', someone('Anna'));
  door.knows('bearer', 'ben', someone('Ben'));
  door.knows('bearer', 'guest', someone('Gus', { role: 'guest', room_id: 'kitchen' }));
  door.knows('bearer', 'reader', someone('Rea', { role: 'device', scopes: ['read'] }));
  door.knows('bearer', 'boss', someone('Boss', { role: 'admin' }));
  door.knows('cookie', 'anna', someone('Anna'));

  const serve = async (): Promise<void> => {
    world = await World.start({ door, upload: (piece) => house.downloads.upload(piece) }, house.handlers);
  };

  beforeEach(async () => {
    house = await DownloadHouse.open({ clock: new ManualClock() });
    await serve();
  });
  afterEach(async () => {
    await world.stop();
    await house.close();
  });

  function send(
    method: string,
    path: string,
    body: Buffer | object | undefined,
    { who = 'anna', headers = {} }: { who?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
      const type = Buffer.isBuffer(body) ? 'application/octet-stream' : 'application/json';
      const asked = request(
        {
          host: '127.0.0.1',
          port: world.port,
          path: `/api/v1${path}`,
          method,
          headers: {
            ...(who !== '' && { authorization: `Bearer ${who}` }),
            ...(bytes && { 'content-type': type, 'content-length': String(bytes.length) }),
            ...headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              body: JSON.parse(Buffer.concat(chunks).toString()) as Answer['body'],
            }),
          );
        },
      );
      asked.on('error', reject);
      asked.end(bytes);
    });
  }

  const announce = async (files: { path: string; size_bytes: number }[], who = 'anna'): Promise<Answer> =>
    send('POST', '/uploads', { title: 'An Album', files }, { who });
  const begin = async (...files: { path: string; size_bytes: number }[]): Promise<string> =>
    (await announce(files)).body.download_id ?? '';
  const put = (id: string, n: number, offset: number, bytes: Buffer, more = {}): Promise<Answer> =>
    send('PUT', `/uploads/${id}/files/${n}?offset=${offset}`, bytes, more);

  it('bring a whole folder, piece by piece, byte for byte', async () => {
    const cover = Buffer.from('a picture');
    const id = await begin(
      { path: 'An Album/CD1/01 Noise.flac', size_bytes: music.length },
      { path: 'An Album/cover.jpg', size_bytes: cover.length },
      { path: 'An Album/empty.log', size_bytes: 0 },
    );
    for (let at = 0; at < music.length; at += 100_000)
      expect((await put(id, 0, at, music.subarray(at, at + 100_000))).body.received_bytes).toBe(
        Math.min(music.length, at + 100_000),
      );
    await put(id, 1, 0, cover);
    expect(house.one(id)).toMatchObject({ state: 'running', username: 'Anna', progress: 100 });
    expect((await send('POST', `/uploads/${id}/finish`, {})).status).toBe(200);
    await house.reaches(id, 'handed_on');
    const { folder } = house.arrived[0]!;
    expect(sha256(await readFile(join(folder, 'An Album/CD1/01 Noise.flac')))).toBe(sha256(music));
    expect((await readFile(join(folder, 'An Album/cover.jpg'))).equals(cover)).toBe(true);
    expect((await stat(join(folder, 'An Album/empty.log'))).size).toBe(0);
  });

  it('say where to go on when a piece is not the next one', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: music.length });
    await put(id, 0, 0, music.subarray(0, 1000));
    for (const offset of [0, 999, 1001, 5000]) {
      const { status, body } = await put(id, 0, offset, Buffer.from('x'));
      expect([status, body.error?.code, body.error?.params['offset']]).toEqual([409, 'ERR_CONFLICT', 1000]);
    }
    expect((await send('GET', `/uploads/${id}`, undefined)).body.received_bytes).toEqual([1000]);
  });

  it('go on after a restart, with everything that was answered for', async () => {
    const id = await begin(
      { path: 'a.flac', size_bytes: music.length },
      { path: 'b.flac', size_bytes: music.length },
    );
    await put(id, 0, 0, music);
    await put(id, 1, 0, music.subarray(0, 70_000));
    await world.stop();
    house = await house.again();
    await serve();
    expect(house.one(id)).toMatchObject({ state: 'running', source: 'upload' });
    expect((await send('GET', `/uploads/${id}`, undefined)).body.received_bytes).toEqual([
      music.length,
      70_000,
    ]);
    expect((await send('POST', `/uploads/${id}/finish`, {})).body.error?.params).toMatchObject({
      n: 1,
      offset: 70_000,
    });
    await put(id, 1, 70_000, music.subarray(70_000));
    await send('POST', `/uploads/${id}/finish`, {});
    await house.reaches(id, 'handed_on');
    expect(sha256(await readFile(join(house.arrived[0]!.folder, 'b.flac')))).toBe(sha256(music));
  });

  it('keep what had come when the line broke, and take the rest', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: music.length });
    const broken = request({
      host: '127.0.0.1',
      port: world.port,
      path: `/api/v1/uploads/${id}/files/0?offset=0`,
      method: 'PUT',
      headers: {
        authorization: 'Bearer anna',
        'content-type': 'application/octet-stream',
        'content-length': String(music.length),
      },
    });
    broken.on('error', () => undefined);
    broken.write(music.subarray(0, 50_000));
    await until('some has come', () => house.one(id).received_bytes >= 50_000);
    broken.destroy();
    const have = async (): Promise<number> =>
      ((await send('GET', `/uploads/${id}`, undefined)).body.received_bytes as number[])[0]!;
    expect(await have()).toBe(50_000);
    // The page comes again, maybe before the server knows that the line is lost.
    expect((await put(id, 0, 50_000, music.subarray(50_000))).body.received_bytes).toBe(music.length);
    await send('POST', `/uploads/${id}/finish`, {});
    await house.reaches(id, 'handed_on');
    expect(sha256(await readFile(join(house.arrived[0]!.folder, 'a.flac')))).toBe(sha256(music));
  });

  it('take no more bytes than were announced, and keep the right ones', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 10 });
    expect((await put(id, 0, 0, Buffer.alloc(11))).body.error?.code).toBe('ERR_TOO_LARGE');
    expect((await send('GET', `/uploads/${id}`, undefined)).body.received_bytes).toEqual([0]);
    expect((await put(id, 1, 0, Buffer.alloc(1))).body.error?.code).toBe('ERR_NOT_FOUND');
  });

  it('refuse a piece that is too large before it comes', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 100_000_000 });
    const { status, body } = await put(id, 0, 0, Buffer.alloc(8 * 1024 * 1024 + 1));
    expect([status, body.error?.code]).toEqual([413, 'ERR_TOO_LARGE']);
  });

  it.each([
    ['nobody', '', 401],
    ['a guest', 'guest', 403],
    ['a program that may only read', 'reader', 403],
    ['somebody else', 'ben', 403],
    ['an admin', 'boss', 200],
  ])('let %s in or not', async (_who, who, status) => {
    const id = await begin({ path: 'a.flac', size_bytes: 10 });
    expect((await put(id, 0, 0, Buffer.alloc(10), { who })).status).toBe(status);
  });

  it('take nothing from the page of somebody else', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 10 });
    const headers = { cookie: 'tutti_session=anna', origin: 'https://evil.example' };
    expect((await put(id, 0, 0, Buffer.alloc(10), { who: '', headers })).status).toBe(403);
    expect(
      (await put(id, 0, 0, Buffer.alloc(10), { who: '', headers: { cookie: 'tutti_session=anna' } })).status,
    ).toBe(403);
    const { status } = await put(id, 0, 0, Buffer.alloc(10), { headers: { host: 'evil.example' } });
    expect(status).toBe(421);
  });

  it.each([
    ['../a.flac'], ['/etc/a.flac'], ['a/../../b.flac'], ['a//b.flac'], ['a\\..\\b.flac'], ['a\0.flac'], ['.'],
  ])('refuse the name %j', async (path) => {
    expect((await announce([{ path, size_bytes: 1 }])).body.error?.code).toBe('ERR_INVALID');
    expect(house.list).toEqual([]);
  }); // prettier-ignore

  it('refuse two files that would be one', async () => {
    const files = [
      { path: 'A/Intro.flac', size_bytes: 1 },
      { path: 'a/INTRO.flac', size_bytes: 1 },
    ];
    expect((await announce(files)).body.error?.code).toBe('ERR_INVALID');
  });

  it('say that there is no music, and keep the bytes', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 4 });
    await put(id, 0, 0, Buffer.from('text'));
    await send('POST', `/uploads/${id}/finish`, {});
    expect(await house.reaches(id, 'failed')).toMatchObject({ error: 'There is no music in this upload' });
    expect((await stat(join(house.folder, 'workspace', 'incoming', id, 'part', '0'))).size).toBe(4);
  });

  it('notice when a part has got shorter on disk', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 100 });
    await put(id, 0, 0, Buffer.alloc(100));
    await truncate(join(house.folder, 'workspace', 'incoming', id, 'part', '0'), 40);
    expect((await send('POST', `/uploads/${id}/finish`, {})).body.error?.params['offset']).toBe(40);
    expect((await put(id, 0, 40, Buffer.alloc(60))).body.received_bytes).toBe(100);
  });

  it('end with their cancel', async () => {
    const id = await begin({ path: 'a.flac', size_bytes: 100 });
    await send('POST', `/downloads/${id}/cancel`, {});
    expect(house.one(id).state).toBe('cancelled');
    expect((await put(id, 0, 0, Buffer.alloc(100))).status).toBe(409);
    await send('POST', `/downloads/${id}/retry`, {});
    expect((await put(id, 0, 0, Buffer.alloc(100))).status).toBe(200);
  });

  it('are not begun when there is no room for all of it', async () => {
    await world.stop();
    await house.close();
    const free = async (): Promise<number> => CAPS.reserve_bytes + 1000;
    house = await DownloadHouse.open({ clock: new ManualClock(), settings: { free } });
    await serve();
    expect((await announce([{ path: 'a.flac', size_bytes: 1001 }])).status).toBe(507);
    expect((await announce([{ path: 'a.flac', size_bytes: 1000 }])).status).toBe(200);
  });
});

it('go to the server itself: a gateway says so', async () => {
  const world = await World.start();
  const asked = await fetch(`http://127.0.0.1:${world.port}/api/v1/uploads/some/files/0?offset=0`, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: 'x',
  });
  expect(await asked.json()).toMatchObject({ error: { code: 'ERR_NOT_SUPPORTED' } });
  await world.stop();
});
