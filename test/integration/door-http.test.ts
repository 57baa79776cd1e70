import { request, type IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../src/base/index.js';
import type { Caller } from '../../src/protocol/index.js';
import { FakeDoor, someone } from '../fakes/fake-door.js';
import { Peer, World } from './server-world.js';

const BOB = someone('Bob');
const LOGGED: string[] = [];
const log: Logger = {
  ...(Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (fields: Readonly<Record<string, unknown>>, message: string) =>
        void LOGGED.push(JSON.stringify({ ...fields, err: String(fields['err']) }) + message),
    ]),
  ) as unknown as Omit<Logger, 'child'>),
  child: () => log,
};

let door: FakeDoor;
let world: World;
let callers: Caller[];

beforeEach(async () => {
  LOGGED.length = 0;
  callers = [];
  door = new FakeDoor();
  door.knows('cookie', 'bob', BOB);
  door.knows('bearer', 'panel', someone('panel', { role: 'device', scopes: ['read'] }));
  door.knows('bearer', 'prometheus', someone('prometheus', { role: 'device', scopes: ['metrics'] }));
  const config = { trustedProxies: ['127.0.0.1'], publicUrl: 'https://music.example' };
  const took = (_request: unknown, caller: Caller): { outcomes: [] } => {
    callers.push(caller);
    return { outcomes: [] };
  };
  world = await World.start(
    { door, log, config },
    { 'room:pause': took, 'room:list': () => ({ rooms: [] }) },
  );
});
afterEach(() => world.stop());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly code: string | undefined;
}

function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const asked = request(
      {
        host: '127.0.0.1',
        port: world.port,
        method,
        path,
        headers: {
          host: `localhost:${world.port}`,
          ...(text !== '' && { 'content-type': 'application/json', 'content-length': String(text.length) }),
          ...headers,
        },
      },
      (answer) => {
        let got = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => (got += chunk));
        answer.once('end', () => {
          const code = /"code":"(\w+)"/.exec(got)?.[1];
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: got, code });
        });
      },
    );
    asked.once('error', reject);
    asked.end(text);
  });
}

const own = (): { origin: string } => ({ origin: `http://localhost:${world.port}` });
const cookie = { cookie: 'tutti_session=bob' };
const PAUSE = '/api/v1/rooms/kitchen/pause';

describe('[AU6] who asks by HTTP', () => {
  it('nobody gets 401, for commands, numbers and tickets', async () => {
    for (const [method, path] of [
      ['GET', '/api/v1/rooms'],
      ['POST', PAUSE],
      ['GET', '/api/v1/me'],
      ['POST', '/api/v1/ticket'],
      ['POST', '/api/v1/refresh'],
      ['POST', '/api/v1/sign-out'],
    ] as const)
      expect([path, (await ask(method, path)).status]).toEqual([path, 401]);
    expect(callers).toEqual([]);
  });

  it.each([
    ['a bearer token, from anywhere', 'POST', () => ({ authorization: 'Bearer panel' }), 403],
    ['a wrong bearer token', 'POST', () => ({ authorization: 'Bearer wrong' }), 401],
    [
      'a wrong bearer token beside a good cookie',
      'POST',
      () => ({ ...cookie, ...own(), authorization: 'Bearer x' }),
      401,
    ],
    ['the cookie from our page', 'POST', () => ({ ...cookie, ...own() }), 200],
    ['the cookie without an Origin', 'POST', () => ({ ...cookie }), 403],
    ['the cookie from another page', 'POST', () => ({ ...cookie, origin: 'http://evil.example' }), 403],
    ['the cookie from null', 'POST', () => ({ ...cookie, origin: 'null' }), 403],
    [
      'the cookie from our page, said to be another site',
      'POST',
      () => ({ ...cookie, ...own(), 'sec-fetch-site': 'cross-site' }),
      403,
    ],
    ['the cookie, read by our page', 'GET', () => ({ ...cookie, 'sec-fetch-site': 'same-origin' }), 200],
    ['the cookie, read by a typed address', 'GET', () => ({ ...cookie, 'sec-fetch-site': 'none' }), 200],
    ['the cookie, read by an old browser', 'GET', () => cookie, 200],
    ['the cookie, read by a neighbour', 'GET', () => ({ ...cookie, 'sec-fetch-site': 'same-site' }), 403],
    ['the cookie, read by another site', 'GET', () => ({ ...cookie, 'sec-fetch-site': 'cross-site' }), 403],
    ['the cookie twice', 'GET', () => ({ cookie: 'tutti_session=bob; tutti_session=bob' }), 401],
    ['the cookie as bearer', 'GET', () => ({ authorization: 'Bearer bob' }), 401],
  ] as [string, string, () => Record<string, string>, number][])(
    '%s: %s',
    async (_who, method, headers, status) => {
      const { status: got } = await ask(method, method === 'GET' ? '/api/v1/rooms' : PAUSE, headers());
      expect(got).toBe(status);
      expect(callers).toHaveLength(status === 200 && method === 'POST' ? 1 : 0);
    },
  );

  it('the handler is told who it is', async () => {
    await ask('POST', PAUSE, { ...cookie, ...own() });
    expect(callers[0]).toMatchObject({ role: 'user', subject_id: 'u-Bob', session_id: 's-Bob' });
  });

  it('files of signed addresses, pictures, the page and the state of health need no sign-in', async () => {
    expect((await ask('GET', '/media/x')).code).toBe('ERR_MEDIA_EXPIRED');
    expect((await ask('GET', '/artwork/x')).code).toBe('ERR_NOT_FOUND');
    expect((await ask('GET', '/')).status).toBe(404);
    expect((await ask('GET', '/health')).body).toBe('{"status":"ok"}');
  });
});

describe('[AU7] signing in', () => {
  const right = { how: 'password', name: 'Bob', password: 'right' };

  it('gives a cookie that no script reads and no other site sends', async () => {
    const { status, headers, body } = await ask('POST', '/api/v1/sign-in', own(), right);
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { you: { role: 'user', subject_id: 'u-Bob', name: 'Bob' } },
    ]);
    expect(headers['set-cookie']).toEqual([
      'tutti_session=session-1; Path=/; HttpOnly; SameSite=Strict; Max-Age=3600',
    ]);
    const now = { cookie: 'tutti_session=session-1' };
    expect((await ask('GET', '/api/v1/rooms', now)).status).toBe(200);
    expect(body).not.toContain('session-1');
  });

  it.each([
    [
      'by https of a proxy we trust',
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'music.example', origin: 'https://music.example' },
    ],
    ['by the public address', { host: 'music.example', origin: 'https://music.example' }],
  ])('[S21] %s the cookie is Secure, and no name is bound to https for ever', async (_how, headers) => {
    const answer = await ask('POST', '/api/v1/sign-in', headers, right);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
    expect(answer.headers['strict-transport-security']).toBeUndefined();
  });

  it.each([
    [{ how: 'password', name: 'Bob', password: 'wrong' }, 401],
    [{ how: 'password', name: 'Bob' }, 400],
    [{ how: 'magic' }, 400],
    [{ ...right, admin: true }, 400],
    [[], 400],
  ])('%j gets %s and no cookie', async (body, status) => {
    const answer = await ask('POST', '/api/v1/sign-in', own(), body);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([status, undefined]);
  });

  it('a page of somebody else cannot sign anybody in', async () => {
    expect((await ask('POST', '/api/v1/sign-in', { origin: 'http://evil.example' }, right)).status).toBe(403);
  });

  it('[PX1] the address is that of the browser when a trusted proxy says so, and not when the client wrote it', async () => {
    const through = { ...own(), 'x-forwarded-for': '6.6.6.6, 192.168.7.7' };
    await ask('POST', '/api/v1/sign-in', through, right);
    expect(door.origins).toMatchObject([{ address: '192.168.7.7' }]);
  });

  it('signing out ends the session everywhere and takes the cookie back', async () => {
    const peer = await world.peer({ headers: { ...cookie, ...own(), host: `localhost:${world.port}` } });
    await peer.next('hello');
    const answer = await ask('POST', '/api/v1/sign-out', { ...cookie, ...own() });
    expect([answer.status, answer.headers['set-cookie']?.[0]]).toEqual([
      200,
      'tutti_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    ]);
    expect((await peer.closed).code).toBe(4001);
  });

  it('a ticket opens one WebSocket, an access token is for messages', async () => {
    const ticket = JSON.parse((await ask('POST', '/api/v1/ticket', { ...cookie, ...own() })).body) as {
      ticket: string;
    };
    const peer = await world.peer({ query: `?token=${ticket.ticket}` });
    expect(await peer.next('hello')).toMatchObject({ you: { name: 'Bob' } });
    const fresh = JSON.parse((await ask('POST', '/api/v1/refresh', { ...cookie, ...own() })).body) as object;
    expect(fresh).toEqual({ access_token: expect.any(String), expires_in_seconds: 900 });
  });
});

describe('[MT1] [S19] numbers', () => {
  it('are for programs of this machine and tokens with the scope, not for who comes through a proxy', async () => {
    const through = { 'x-forwarded-for': '192.168.7.7' };
    expect((await ask('GET', '/metrics', through)).status).toBe(401);
    expect((await ask('GET', '/metrics', { ...through, authorization: 'Bearer panel' })).status).toBe(403);
    expect((await ask('GET', '/metrics', { ...through, ...cookie })).status).toBe(403);
    expect((await ask('GET', '/metrics', { ...through, authorization: 'Bearer prometheus' })).status).toBe(
      200,
    );
  });

  it('are the same lines however many people come', async () => {
    const bearer = { authorization: 'Bearer prometheus' };
    const series = async (): Promise<number> =>
      (await ask('GET', '/metrics', bearer)).body.split('\n').filter((line) => line.startsWith('tutti_'))
        .length;
    await ask('GET', '/api/v1/rooms', cookie);
    const before = await series();
    for (let n = 0; n < 200; n++) {
      door.knows('bearer', `t${n}`, someone(`many-${n}`, { role: 'device', scopes: ['read'] }));
      await ask('GET', '/api/v1/rooms', { authorization: `Bearer t${n}` });
    }
    expect(await series()).toBe(before);
  });
});

describe('[S20] [S3] secrets', () => {
  const CANARY = 'canary-5f1c9';

  it('show in no log, no number and no answer, wherever they came', async () => {
    const answers: Answer[] = [];
    for (const path of ['/api/v1/rooms', '/metrics', '/ws', '/nothing', '/api/v1/me'])
      for (const headers of [
        { authorization: `Bearer ${CANARY}` },
        { cookie: `tutti_session=${CANARY}` },
        { 'x-forwarded-for': '1.2.3.4', cookie: `tutti_session=${CANARY}` },
      ])
        answers.push(await ask('GET', `${path}?token=${CANARY}`, headers));
    for (const body of [
      { how: 'password', name: CANARY, password: CANARY },
      { how: 'link', link: CANARY, wrong: CANARY },
      { [CANARY.replaceAll('-', '_')]: 1 },
      { how: CANARY },
    ])
      answers.push(await ask('POST', '/api/v1/sign-in', own(), body));
    const peers = [await world.peer({ query: `?token=${CANARY}` }), await world.peer()];
    peers[1]!.send({ id: 'a', type: 'auth', data: { token: CANARY } });
    for (const peer of peers) await peer.closed;
    await expect(
      Peer.connect(world.port, { headers: { authorization: `Bearer ${CANARY}` } }),
    ).rejects.toThrow('401');
    answers.push(await ask('GET', '/metrics', { authorization: 'Bearer prometheus' }));
    const told = answers.map(({ body, headers }) => body + JSON.stringify(headers)).join('\n');
    const heard = peers.map(({ frames }) => JSON.stringify(frames)).join('\n');
    expect(LOGGED.length).toBeGreaterThan(0);
    for (const text of [told, heard, LOGGED.join('\n')]) expect(text).not.toContain(CANARY);
  });
});
