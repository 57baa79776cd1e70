import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Peer, rawRequest, rawSocket, until, UPGRADE, World } from './server-world.js';

describe('who gets in', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((entry) => entry?.family === 'IPv4' && !entry.internal)?.address;
  const HOSTS: [string, boolean][] = [
    ['127.0.0.1:PORT', true],
    ['127.0.0.1', true],
    ['localhost:PORT', true],
    ['LocalHost:PORT', true],
    ['localhost.:PORT', true],
    ['music.example', true],
    ['MUSIC.example:80', true],
    [`${outside ?? '127.0.0.1'}:PORT`, true],
    [
      '[::1]:PORT',
      Object.values(networkInterfaces())
        .flat()
        .some((entry) => entry?.address === '::1'),
    ],
    ['evil.example', false],
    ['evil.example:PORT', false],
    ['127.0.0.1.evil.example', false],
    ['localhost.evil.example', false],
    ['evillocalhost', false],
    ['203.0.113.9', false],
    ['[2001:db8::9]:PORT', false],
    ['user@localhost', false],
    ['localhost:PORT@evil.example', false],
    ['localhost/evil', false],
    ['localhost:99999', false],
    ['', false],
  ];
  const fill = (text: string): string => text.replaceAll('PORT', String(world.port));

  it.each(HOSTS)(
    '[GT1] Host %j: allowed is %j, for the WebSocket and for every address',
    async (host, allowed) => {
      const header = `Host: ${fill(host)}`;
      const before = world.server.connections();
      const upgrade = await rawRequest(world.port, ['GET /ws HTTP/1.1', header, ...UPGRADE]);
      expect(upgrade.status).toBe(allowed ? 101 : 421);
      if (!allowed) expect(world.server.connections()).toBe(before);
      for (const path of ['/health', '/api/v1/rooms', '/media/x', '/artwork/x', '/', '/nothing.js']) {
        const { status } = await rawRequest(world.port, [`GET ${path} HTTP/1.1`, header]);
        expect([path, status === 421]).toEqual([path, !allowed]);
      }
    },
  );

  it('[GT1] a second Host header is refused', async () => {
    const lines = ['GET /ws HTTP/1.1', 'Host: localhost', 'Host: evil.example', ...UPGRADE];
    expect((await rawRequest(world.port, lines)).status).not.toBe(101);
  });

  const ORIGINS: [string, boolean][] = [
    ['http://localhost:PORT', true],
    ['http://127.0.0.1:PORT', true],
    ['HTTP://LOCALHOST:PORT', true],
    ['http://localhost.:PORT', true],
    ['http://music.example:PORT', true],
    ['https://panel.example:8443', true],
    ['null', false],
    ['', false],
    ['http://localhost', false],
    ['http://localhost:1', false],
    ['https://localhost:PORT', false],
    ['http://panel.example:8443', false],
    ['https://panel.example', false],
    ['https://sub.panel.example:8443', false],
    ['http://evil.example', false],
    ['http://evil.example:PORT', false],
    ['http://localhost.evil.example:PORT', false],
    ['http://evillocalhost:PORT', false],
    ['http://localhost:PORT.evil.example', false],
    ['http://user@localhost:PORT', false],
    ['http://localhost:PORT/', false],
    ['file://', false],
    ['chrome-extension://abcdef', false],
    ['http://203.0.113.9:PORT', false],
  ];
  it.each(ORIGINS)(
    '[GT2] Origin %j: allowed is %j, for the WebSocket and for commands by REST',
    async (origin, allowed) => {
      const headers = [`Host: localhost:${world.port}`, `Origin: ${fill(origin)}`];
      const upgrade = await rawRequest(world.port, ['GET /ws HTTP/1.1', ...headers, ...UPGRADE]);
      expect(upgrade.status).toBe(allowed ? 101 : 403);
      const post = ['POST /api/v1/rooms/a/play HTTP/1.1', ...headers, 'Content-Length: 0'];
      expect((await rawRequest(world.port, post)).status).toBe(allowed ? 409 : 403);
    },
  );

  it('[GT2] two Origin headers are refused, and none is let in while auth is open', async () => {
    const host = `Host: localhost:${world.port}`;
    const own = `Origin: http://localhost:${world.port}`;
    expect((await rawRequest(world.port, ['GET /ws HTTP/1.1', host, own, own, ...UPGRADE])).status).toBe(403);
    expect((await rawRequest(world.port, ['GET /ws HTTP/1.1', host, ...UPGRADE])).status).toBe(101);
  });

  it('[GT1] a page whose name was pointed at us is refused although Host and Origin agree', async () => {
    const lines = ['Host: evil.example', 'Origin: http://evil.example'];
    expect((await rawRequest(world.port, ['GET /ws HTTP/1.1', ...lines, ...UPGRADE])).status).toBe(421);
  });

  it('[GT2] behind another port the page is ours when Origin and Host agree', async () => {
    const lines = ['Host: music.example', 'Origin: http://music.example'];
    expect((await rawRequest(world.port, ['GET /ws HTTP/1.1', ...lines, ...UPGRADE])).status).toBe(101);
  });

  it.each(['/', '/wsx', '/ws/', '/api/v1/rooms'])('[GT3] no WebSocket is at %s', async (path) => {
    const lines = [`GET ${path} HTTP/1.1`, `Host: localhost:${world.port}`, ...UPGRADE];
    const { status, text } = await rawRequest(world.port, lines);
    expect([status, text.includes('ERR_NOT_FOUND')]).toEqual([404, true]);
  });
});

describe('how many get in', () => {
  let world: World;
  afterEach(() => world.stop());

  it('[GT4] the client over the total is told 503, and a place that is left is free again', async () => {
    world = await World.start({ limits: { clients: 2 } });
    const [first] = [await world.peer(), await world.peer()];
    await expect(Peer.connect(world.port, {})).rejects.toThrow('503');
    first.ws.close();
    await first.closed;
    await until('the place is free', () => world.server.connections() === 1);
    await (await world.peer()).next('hello');
  });
});

describe('[EN1] frames that are none', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({}, { 'room:list': () => ({ rooms: [] }) });
  });
  afterAll(() => world.stop());

  it.each([
    ['', 'ERR_BAD_MESSAGE'],
    ['{', 'ERR_BAD_MESSAGE'],
    ['null', 'ERR_BAD_MESSAGE'],
    ['[]', 'ERR_BAD_MESSAGE'],
    ['"room:list"', 'ERR_BAD_MESSAGE'],
    ['{}', 'ERR_BAD_MESSAGE'],
    ['{"type":1,"id":"x"}', 'ERR_BAD_MESSAGE'],
    ['{"type":"room:list","id":7}', 'ERR_BAD_MESSAGE'],
    [`{"type":"room:list","id":"${'x'.repeat(65)}"}`, 'ERR_BAD_MESSAGE'],
    ['{"type":"room:list","id":"x","extra":1}', 'ERR_INVALID'],
    ['{"type":"room:list","id":"x","__proto__":{}}', 'ERR_INVALID'],
    ['{"type":"room:list","id":"x","data":{"a":[{"constructor":1}]}}', 'ERR_INVALID'],
    [`{"type":"room:list","id":"x","data":${'['.repeat(16)}${']'.repeat(16)}}`, 'ERR_BAD_MESSAGE'],
    [`${'['.repeat(32_000)}`, 'ERR_BAD_MESSAGE'],
  ])('%s gets %s, and the connection lives', async (text, code) => {
    const peer = await world.peer();
    peer.send(text);
    expect((await peer.next('error')).error.code).toBe(code);
    expect((await peer.ask({ id: 'after', type: 'room:list' })).ok).toBe(true);
    peer.ws.close();
  });

  it('[EN4] a refused key is named by its path', async () => {
    const peer = await world.peer();
    peer.send('{"type":"room:list","id":"x","data":{"a":[{"prototype":1}]}}');
    expect((await peer.next('error')).error.params).toEqual({ path: 'data.a.0.prototype' });
  });

  it('[EN2] a binary frame is refused, and the connection lives', async () => {
    const peer = await world.peer();
    peer.ws.send(Buffer.from('{"type":"ping"}'));
    expect((await peer.next('error')).error.code).toBe('ERR_BAD_MESSAGE');
    await peer.settled();
  });

  it('[EN5] twenty bad frames in a row end the connection with 4002; a good one between starts the count again', async () => {
    const peer = await world.peer();
    for (let n = 0; n < 19; n++) peer.send('garbage');
    await peer.settled();
    for (let n = 0; n < 20; n++) peer.send('garbage');
    expect((await peer.closed).code).toBe(4002);
    expect(peer.frames.filter((frame) => frame.type === 'error')).toHaveLength(39);
  });

  it('[EN6] a message over 64 KiB ends the connection with 1009', async () => {
    const peer = await world.peer();
    peer.send(`"${'x'.repeat(65_536)}"`);
    expect((await peer.closed).code).toBe(1009);
  });

  it('[EN6] a message in 1-byte fragments ends the connection with 1008 at the 65th', async () => {
    const peer = await world.peer();
    for (let n = 0; n < 70; n++) peer.ws.send('x', { fin: false });
    expect((await peer.closed).code).toBe(1008);
  });

  it('[EN6] bytes that are not UTF-8 end the connection with 1007', async () => {
    const peer = await world.peer();
    peer.ws.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await peer.closed).code).toBe(1007);
  });

  it('[EN6] compression is not offered', async () => {
    const lines = [
      'GET /ws HTTP/1.1',
      `Host: localhost:${world.port}`,
      ...UPGRADE,
      'Sec-WebSocket-Extensions: permessage-deflate',
    ];
    const { status, text } = await rawRequest(world.port, lines);
    expect([status, /permessage-deflate/i.test(text)]).toEqual([101, false]);
  });

  it('[EN4] no JSON whatever ends the server, goes unanswered or reaches a prototype', async () => {
    const keys = Object.getOwnPropertyNames(Object.prototype).sort();
    const types = fc.constantFrom(
      'room:list',
      'room:seek',
      'queue:add',
      'subscribe',
      'clock',
      '__proto__',
      'ping',
    );
    const odd = fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'data',
      'topics',
      'source',
    );
    const hostile = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        fc.dictionary(odd, tie('value')),
        fc.array(tie('value')),
      ),
    })).value;
    const frame = fc.oneof(
      fc.json(),
      fc.string(),
      hostile.map((value) => JSON.stringify(value)),
      fc.tuple(types, hostile).map(([type, data]) => JSON.stringify({ type, id: 'x', data })),
    );
    const peer = await world.peer();
    let asked = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 10 }), async (texts) => {
        const got = peer.frames.length;
        for (const text of texts) peer.send(text);
        asked += 1;
        await peer.ask({ id: `alive-${asked}`, type: 'ping' });
        expect(peer.frames.length).toBeGreaterThan(got);
        expect(peer.frames.filter((one) => one.error?.code === 'ERR_INTERNAL')).toEqual([]);
      }),
      { numRuns: 150 },
    );
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(keys);
  });
});

describe('[HT1] bytes that are no HTTP', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world.stop());

  it('garbage is answered 400 and cut off', async () => {
    const { status, text } = await rawRequest(world.port, ['\u0001\u0002 garbage']);
    expect([status, text.includes('ERR_BAD_MESSAGE')]).toEqual([400, true]);
  });

  it('a header of 20 KB is answered 431', async () => {
    const lines = ['GET /health HTTP/1.1', 'Host: localhost', `X-Long: ${'x'.repeat(20_000)}`];
    expect((await rawRequest(world.port, lines)).status).toBe(431);
  });

  it('a request without its end is cut off in seconds', async () => {
    const { socket } = await rawSocket(world.port);
    const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write('GET /health HTTP/1.1\r\nHost: loc');
    await ended;
  });
});
