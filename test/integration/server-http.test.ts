import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../src/base/index.js';
import { COMMANDS, COMMAND_TYPES, ERRORS, type ErrorCode } from '../../src/protocol/index.js';
import type { MediaFile } from '../../src/server/index.js';
import { rawRequest, until, World } from './server-world.js';

let world: World;
const get = (path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://127.0.0.1:${world.port}${path}`, init);
const send = (method: string, path: string, body?: unknown): Promise<Response> =>
  get(path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
const code = async (response: Response): Promise<string> =>
  ((await response.json()) as { error: { code: string } }).error.code;

describe('[RS1] REST twins', () => {
  const asked: unknown[] = [];
  beforeAll(async () => {
    world = await World.start(
      {},
      {
        'library:albums': (request) => (asked.push(request), { total: 0, items: [] }),
        'room:volume': (request) => (asked.push(request), { outcomes: [] }),
        'player:output': (request) => (asked.push(request), { outcomes: [] }),
        'playlist:remove': (request) => {
          asked.push(request);
          throw new AppError('ERR_PLAYLIST_NOT_FOUND', 'No playlist has this id');
        },
        'room:stop': () => {
          throw new TypeError('secret /home/pi/tutti.db');
        },
      },
    );
  });
  afterAll(() => world.stop());

  it('every command has one', async () => {
    for (const type of COMMAND_TYPES) {
      const [method = '', path = ''] = COMMANDS[type].http.split(' ');
      const response = await send(
        method,
        `/api/v1${path.replace(/\{\w+\}/g, '1')}`,
        method === 'GET' ? undefined : {},
      );
      expect([type, response.headers.get('content-type')]).toEqual([type, 'application/json; charset=utf-8']);
      const body = (await response.json()) as { error?: { code: ErrorCode } };
      if (body.error) expect([type, body.error.code]).not.toEqual([type, 'ERR_NOT_FOUND']);
    }
  });

  it('[RS2] numbers in a query are numbers, and defaults are filled in', async () => {
    asked.length = 0;
    expect(await (await get('/api/v1/library/albums?offset=20&sort=year')).json()).toEqual({
      total: 0,
      items: [],
    });
    expect(asked).toEqual([{ offset: 20, limit: 100, sort: 'year' }]);
  });

  it('[RS2] numbers in a path are numbers, and errors have the status of the table', async () => {
    asked.length = 0;
    const response = await send('DELETE', '/api/v1/playlists/p1/tracks/3');
    expect(asked).toEqual([{ playlist_id: 'p1', index: 3 }]);
    expect(response.status).toBe(ERRORS.ERR_PLAYLIST_NOT_FOUND.status);
    expect(await response.json()).toEqual({
      error: {
        code: 'ERR_PLAYLIST_NOT_FOUND',
        message: 'No playlist has this id',
        retryable: false,
        params: {},
      },
    });
  });

  it('[RS1] path and body together make the request', async () => {
    asked.length = 0;
    expect((await send('PUT', '/api/v1/rooms/kitchen/volume', { volume: 0.25 })).status).toBe(200);
    expect(asked).toEqual([{ room_id: 'kitchen', volume: 0.25 }]);
  });

  it.each([
    ['PUT', '/rooms/a/volume', { volume: 2 }, 'volume'],
    ['PUT', '/rooms/a/volume', { volume: '0.5' }, 'volume'],
    ['PUT', '/rooms/a/volume', { volume: 1, bogus: 1 }, 'bogus'],
    ['PUT', '/rooms/a/volume', { volume: 1, room_id: 'b' }, 'room_id'],
    ['GET', '/library/albums?limit=no', undefined, 'limit'],
    ['GET', '/library/albums?limit=1&limit=2', undefined, 'limit'],
    ['GET', '/library/albums?__proto__=1', undefined, '__proto__'],
    ['DELETE', '/playlists/p/tracks/x', undefined, 'index'],
    ['POST', '/rooms/a%20b/play', {}, 'room_id'],
  ])('[CM2] %s %s with %j is ERR_INVALID and names %s', async (method, path, body, field) => {
    const response = await send(method, `/api/v1${path}`, body);
    const { error } = (await response.json()) as { error: { code: string; params: unknown } };
    expect([response.status, error.code, error.params]).toEqual([400, 'ERR_INVALID', { path: field }]);
  });

  it.each([
    ['{', 'application/json', 400, 'ERR_BAD_MESSAGE'],
    ['[]', 'application/json', 400, 'ERR_BAD_MESSAGE'],
    ['1', 'application/json', 400, 'ERR_BAD_MESSAGE'],
    ['{"volume":1,"__proto__":{}}', 'application/json', 400, 'ERR_INVALID'],
    ['volume=1', 'application/x-www-form-urlencoded', 400, 'ERR_BAD_MESSAGE'],
    ['{"volume":1}', 'text/plain', 400, 'ERR_BAD_MESSAGE'],
    [`"${'x'.repeat(70_000)}"`, 'application/json', 413, 'ERR_TOO_LARGE'],
  ])('[EN3] the body %.20s as %s is %i %s', async (body, type, status, expected) => {
    const response = await get('/api/v1/rooms/a/volume', {
      method: 'PUT',
      body,
      headers: { 'content-type': type },
    });
    expect([response.status, await code(response)]).toEqual([status, expected]);
  });

  it('[ER2] a bug in a handler is 500 without its text', async () => {
    const response = await send('POST', '/api/v1/rooms/a/stop');
    const text = await response.text();
    expect([response.status, text.includes('ERR_INTERNAL'), text.includes('secret')]).toEqual([
      500,
      true,
      false,
    ]);
  });

  it.each(['/api/v1/nothing', '/api/v2/rooms', '/api/v1/rooms/a/b/c', '/%zz', '/api/v1/rooms/%E0%A4%A'])(
    'nothing is at %s, and the answer is one of our errors',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
      expect(await code(response)).toMatch(/^ERR_(NOT_FOUND|BAD_MESSAGE|INVALID)$/);
    },
  );

  it('[RS3] the OpenAPI document names every command', async () => {
    const document = (await (await get('/api/v1/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const named = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map((one) => one.operationId),
    );
    expect(named.sort()).toEqual([...COMMAND_TYPES].sort());
  });

  it('[HT2] health is one small constant', async () => {
    const response = await get('/health');
    expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
  });

  it('[WB2] an answer of the API is not kept, sniffed or embedded', async () => {
    const { headers } = await get('/api/v1/library/albums');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('[WB1] without a built page there is a sentence that says so', async () => {
    const response = await get('/');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'text/plain; charset=utf-8',
    ]);
    expect(await response.text()).toContain('npm run build');
  });
});

describe('media', () => {
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));
  let folder: string;
  let transcodes: { offset: number; signal: AbortSignal; stream: PassThrough }[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tutti-media-'));
    writeFileSync(join(folder, 'song.mp3'), bytes);
    writeFileSync(join(folder, 'empty.mp3'), '');
    const files = new Map<string, MediaFile['transcode']>([
      ['song', undefined],
      ['empty', undefined],
      ['gone', undefined],
      ['weird', 'flac'],
      ['broken', 'mp3'],
      ['samples', 's16le'],
    ]);
    world = await World.start({
      media: (token) => {
        if (!files.has(token)) throw new AppError('ERR_MEDIA_EXPIRED', 'This URL has expired');
        const transcode = files.get(token);
        const path = join(folder, `${token}.mp3`);
        return { path, mime: 'audio/mpeg', etag: 'v1', transcode, duration_seconds: 1 };
      },
      artwork: async (id, size) => {
        const path = new Map([
          ['cover', 'song.mp3'],
          ['gone', 'gone.webp'],
        ]).get(id);
        if (path === undefined) return undefined;
        return { path: join(folder, path), mime: 'image/webp', etag: `"${id}-${size}"` };
      },
      transcode: (file, offset, signal) => {
        if (file.transcode === 'mp3') throw new Error('no ffmpeg');
        const stream = new PassThrough();
        stream.write('converted');
        transcodes.push({ offset, signal, stream });
        return stream;
      },
    });
  });
  afterEach(() => (transcodes = []));
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });
  transcodes = [];

  const slice = async (headers: Record<string, string>, method = 'GET') => {
    const response = await get('/media/song', { method, headers });
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  };

  it('[MD1] the whole file, with length, type, etag and the offer of ranges', async () => {
    const { response, body } = await slice({});
    expect(response.status).toBe(200);
    expect(body.equals(bytes)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/mpeg',
      'content-length': '100000',
      'accept-ranges': 'bytes',
      etag: '"v1"',
      'x-content-type-options': 'nosniff',
    });
  });

  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=0-', 0, 99_999],
    ['bytes=99990-', 99_990, 99_999],
    ['bytes=99990-999999', 99_990, 99_999],
    ['bytes=-10', 99_990, 99_999],
    ['bytes=500-599', 500, 599],
  ])('[MD2] %s gives bytes %i to %i', async (range, start, end) => {
    const { response, body } = await slice({ range });
    expect(response.status).toBe(206);
    expect(response.headers.get('content-range')).toBe(`bytes ${start}-${end}/100000`);
    expect(body.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  it.each(['bytes=100000-', 'bytes=-0'])('[MD2] %s is beyond the file: 416 with its size', async (range) => {
    const { response } = await slice({ range });
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */100000']);
  });

  it.each(['bytes=0-1,5-6', 'bytes=9-0', 'lines=1-2', 'nonsense'])(
    '[MD2] %s is ignored: the whole file',
    async (range) => {
      const { response, body } = await slice({ range });
      expect([response.status, body.length]).toEqual([200, 100_000]);
    },
  );

  it('[MD2] If-Range gives the range of the same file only', async () => {
    expect((await slice({ range: 'bytes=0-9', 'if-range': '"v1"' })).response.status).toBe(206);
    expect((await slice({ range: 'bytes=0-9', 'if-range': '"v0"' })).response.status).toBe(200);
    const date = new Date().toUTCString();
    expect((await slice({ range: 'bytes=0-9', 'if-range': date })).response.status).toBe(200);
  });

  it('[MD1] HEAD has the headers of GET and no body', async () => {
    const { response, body } = await slice({}, 'HEAD');
    expect([response.status, response.headers.get('content-length'), body.length]).toEqual([
      200,
      '100000',
      0,
    ]);
    const part = await slice({ range: 'bytes=0-9' }, 'HEAD');
    expect([part.response.status, part.response.headers.get('content-length')]).toEqual([206, '10']);
  });

  it('[MD1] If-None-Match is answered 304', async () => {
    const { response, body } = await slice({ 'if-none-match': 'W/"v1"' });
    expect([response.status, body.length]).toEqual([304, 0]);
  });

  it('[MD1] an empty file is empty, and has no ranges', async () => {
    const whole = await get('/media/empty');
    expect([whole.status, whole.headers.get('content-length'), await whole.text()]).toEqual([200, '0', '']);
    expect((await get('/media/empty', { headers: { range: 'bytes=0-' } })).status).toBe(416);
  });

  it.each(['nothing', '..%2f..%2fetc%2fpasswd', 'gone', `${'x'.repeat(900)}`])(
    '[MD1] %.30s is 404 and no path is told',
    async (token) => {
      const response = await get(`/media/${token}`);
      const text = await response.text();
      expect([response.status, text.includes(folder)]).toEqual([404, false]);
    },
  );

  it('[MD3] what the player cannot play is converted while it is sent, without ranges', async () => {
    const response = await get('/media/weird?offset_seconds=12.5', { headers: { range: 'bytes=0-' } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'audio/flac']);
    expect(response.headers.get('accept-ranges')).toBe('none');
    expect(transcodes.map(({ offset }) => offset)).toEqual([12.5]);
    transcodes[0]!.stream.end();
    expect(await response.text()).toBe('converted');
  });

  it('[MD3] HEAD converts nothing, and a listener who leaves ends the conversion', async () => {
    expect((await get('/media/weird', { method: 'HEAD' })).headers.get('content-type')).toBe('audio/flac');
    expect(transcodes).toEqual([]);
    const controller = new AbortController();
    await get('/media/weird', { signal: controller.signal });
    controller.abort();
    await until('the conversion has stopped', () => transcodes[0]!.signal.aborted);
  });

  it('[LS2] eight play along, one more is told to come later, and one who leaves makes room', async () => {
    const leaving = Array.from({ length: 8 }, () => new AbortController());
    for (const { signal } of leaving) expect((await get('/media/samples', { signal })).status).toBe(200);
    const refused = await get('/media/samples');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'ERR_BUSY' } }]);
    leaving[0]!.abort();
    await until('one has left', () => transcodes[0]!.signal.aborted);
    const { status } = await get('/media/samples', { signal: leaving[1]!.signal });
    expect(status).toBe(200);
    for (const one of leaving) one.abort();
    await until('all have left', () => transcodes.every(({ signal }) => signal.aborted));
  });

  it('[AR1] pictures may be kept for ever, have a size, and answer 304', async () => {
    const response = await get('/artwork/cover?size=640');
    expect([response.status, response.headers.get('etag')]).toEqual([200, '"cover-640"']);
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox");
    const again = await get('/artwork/cover?size=640', { headers: { 'if-none-match': '"cover-640"' } });
    expect(again.status).toBe(304);
    expect((await get('/artwork/cover')).headers.get('etag')).toBe('"cover-320"');
  });

  it.each(['size=0', 'size=99999', 'size=x', 'size=1&size=2', 'size='])(
    '[AR1] the size in %s is refused',
    async (query) => {
      expect((await get(`/artwork/cover?${query}`)).status).toBe(400);
    },
  );

  it.each(['none', 'gone'])(
    '[AR1] the picture %s, which is not there, is 404 and that is not kept',
    async (id) => {
      const response = await get(`/artwork/${id}`);
      expect([response.status, response.headers.get('cache-control')]).toEqual([404, 'no-store']);
    },
  );

  it('[MD3] a conversion that cannot start is an error of ours', async () => {
    const response = await get('/media/broken');
    expect([response.status, response.headers.get('content-type')]).toEqual([
      500,
      'application/json; charset=utf-8',
    ]);
    expect(await code(response)).toBe('ERR_INTERNAL');
  });
});

describe('[WB1] the page', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tutti-web-'));
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Tutti</title>');
    writeFileSync(join(folder, 'assets', 'app-1a2b3c4d.js'), 'export {};');
    writeFileSync(join(folder, 'sw.js'), '//');
    writeFileSync(join(folder, '.secret'), 'no');
    world = await World.start({ config: { webRoot: folder } });
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true });
  });

  it.each(['/', '/index.html', '/rooms/kitchen', '/library?q=x'])(
    '%s is the page, asked for again each time',
    async (path) => {
      const response = await get(path);
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-cache']);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(await response.text()).toContain('<title>Tutti</title>');
    },
  );

  it('files with a hash in their name are kept for ever, others are not', async () => {
    const asset = await get('/assets/app-1a2b3c4d.js');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect((await get('/sw.js')).headers.get('cache-control')).toBe('no-cache');
    const etag = (await get('/sw.js')).headers.get('etag') ?? '';
    expect(
      (await get('/sw.js', { headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' } })).status,
    ).toBe(304);
  });

  it.each([
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/assets/..%5c..%5cx',
  ])('%s leads to no file outside the folder', async (path) => {
    const { text } = await rawRequest(world.port, [`GET ${path} HTTP/1.1`, 'Host: localhost']);
    expect(text).toMatch(/^HTTP\/1\.1 (?:40[034]|200 OK[^]*<title>Tutti)/);
    expect(text).not.toContain('root:');
  });

  it.each(['/assets/gone.js', '/gone.png', '/.secret', '/ws', '/media', '/api'])(
    '%s is not the page',
    async (path) => {
      const response = await get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('<title>');
    },
  );

  it('[WB2] allows no script but its own, no frame around it and no referrer', async () => {
    const { headers } = await get('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${world.port}`);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});
