import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import path from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError, systemClock } from '../../src/base/index.js';
import {
  allows,
  CommandFrame,
  COMMANDS,
  isCommandType,
  PROTOCOL,
  roomTopic,
  SESSION_COMMANDS,
  TOPIC_ACCESS,
  topicFamily,
  type Access,
  type TopicEvent,
  type You,
} from '../../src/protocol/index.js';
import { fakeHandlers } from './fake-commands.js';
import { fakeReport } from './fake-groups.js';
import { FakeHouse, type FakeRoom } from './fake-house.js';
import { fakeCover, fakeMusic } from './fake-music.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export interface FakeTuttiOptions {
  readonly port?: number;
  /** The built page; absent = no page. */
  readonly pageDir?: string;
  /** In the first room's queue. */
  readonly items?: number;
  readonly albums?: number;
  /** A house that outlives the server: for a restart. */
  readonly house?: FakeHouse;
  /** Everybody who comes is signed in as this; absent = nobody has to sign in. */
  readonly you?: You;
}

/** What comes to its end by itself asks as nobody's connection. */
const MUSIC = 'the music';

/** One that has connected. */
interface Speaker {
  readonly topics: Set<string>;
  readonly connection: string;
  readonly send: (frame: object) => void;
  /** Answers by id; those of a client outlive its connections. */
  answers: Map<string, object>;
}

/** A Tutti server in one piece for tests of what talks to one: the real protocol on real sockets, no music. */
export class FakeTutti {
  readonly house: FakeHouse;
  /** Command types in the order they came. */
  readonly received: string[] = [];
  /** Commands and topics that `you` may not have. */
  readonly refused: string[] = [];
  /** Ignore everything from now on, answer nothing: a machine that is gone without a word. */
  silent = false;
  /** Lines that are dead without a word; new ones are not. */
  readonly #dead = new Set<WebSocket>();
  /** Topics whose snapshot is kept waiting: nothing about them is sent. */
  readonly held = new Set<string>();
  /** Held topics that a client has asked for. */
  readonly heldBack = new Set<string>();
  /** Topics that are refused once, for now. */
  readonly busy = new Set<string>();
  /** Commands get no reply (but have their effect). */
  replies = true;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server, path: '/ws', perMessageDeflate: false });
  readonly #connections = new Set<Socket>();
  readonly #pageDir: string | undefined;
  readonly #you: You | undefined;
  /** Pieces of uploads that get through; the line of the next one breaks. */
  pieces = Infinity;
  readonly #progress: NodeJS.Timeout;
  #ticks = 0;
  #greeted = 0;
  readonly #epoch = `e${systemClock.nowUs()}`;
  readonly #memories = new Map<string, Speaker['answers']>();

  static async start(options: FakeTuttiOptions = {}): Promise<FakeTutti> {
    const fake = new FakeTutti(options);
    await new Promise<void>((resolve, reject) => {
      fake.#server.once('error', reject);
      fake.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    });
    return fake;
  }

  private constructor(options: FakeTuttiOptions) {
    this.house = options.house ?? furnishedHouse(options);
    this.#pageDir = options.pageDir;
    this.#you = options.you;
    this.#sockets.on('connection', (socket) => this.#greet(socket));
    this.#server.on('connection', (socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    this.#progress = setInterval(() => this.#tick(), 500);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }
  get clientCount(): number {
    return this.#sockets.clients.size;
  }

  /** Every line there is now carries nothing any more, and nobody is told. */
  killLines(): void {
    for (const socket of this.#sockets.clients) this.#dead.add(socket);
  }

  /** End every WebSocket with a close code. */
  dropAll(code = 1001): void {
    for (const socket of this.#sockets.clients) socket.close(code);
  }

  /** To every client, as it is. */
  sendRaw(text: string): void {
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  async close(): Promise<void> {
    clearInterval(this.#progress);
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #greet(socket: WebSocket): void {
    const topics = new Set<string>();
    const connection = `c${++this.#greeted}-${this.#epoch}`;
    const send = (frame: object): void => {
      if (!this.silent && !this.#dead.has(socket)) socket.send(JSON.stringify(frame));
    };
    const speaker: Speaker = { topics, connection, send, answers: new Map() };
    const stop = this.house.subscribe((event: TopicEvent) => {
      if (
        event.type === 'party:updated' &&
        topics.has(event.topic) &&
        !this.#mayRead(event.topic, connection)
      ) {
        topics.delete(event.topic);
        return send({ type: 'unsubscribed', topic: event.topic });
      }
      if (topics.has(event.topic)) send({ ...event, timestamp: new Date().toISOString() });
    });
    socket.on('close', () => {
      stop();
      this.house.parties.gone(connection);
    });
    socket.on('error', () => undefined);
    socket.on('message', (raw: Buffer) => {
      if (!this.silent && !this.#dead.has(socket)) this.#message(raw.toString(), speaker);
    });
    send({
      type: 'hello',
      server: 'tutti',
      version: '0.1.0',
      protocol: PROTOCOL,
      epoch: this.#epoch,
      server_time_us: systemClock.nowUs(),
      connection_id: connection,
      ...(this.#you ? { auth: 'required', you: this.#you } : { auth: 'open' }),
    });
  }

  #message(text: string, speaker: Speaker): void {
    const { connection, send } = speaker;
    const t1_us = systemClock.nowUs();
    const { id, type, data } = CommandFrame.parse(JSON.parse(text));
    const named = id === undefined ? {} : { id };
    try {
      if (type === 'ping') return send({ type: 'pong', ...named, timestamp: new Date().toISOString() });
      if (type === 'clock') {
        const { t0_us } = SESSION_COMMANDS.clock.parse(data);
        return send({ type: 'clock', ...named, t0_us, t1_us, t2_us: systemClock.nowUs() });
      }
      if (type === 'subscribe' || type === 'unsubscribe') {
        for (const topic of SESSION_COMMANDS[type].parse(data).topics) {
          if (this.held.has(topic)) this.heldBack.add(topic);
          else send({ ...named, ...this.#topic(type, topic, speaker) });
        }
        return;
      }
      if (type === 'resume') {
        const { client_id } = SESSION_COMMANDS.resume.parse(data);
        const known = this.#memories.get(client_id);
        speaker.answers = known ?? new Map<string, object>();
        this.#memories.set(client_id, speaker.answers);
        return send({ type: 'reply', ...named, ok: true, data: { resumed: known !== undefined } });
      }
      const again = id === undefined ? undefined : speaker.answers.get(id);
      if (again) return send(again);
      this.received.push(type);
      const reply = { type: 'reply', ...named, ok: true, data: this.#run(type, data, connection) };
      if (id !== undefined) speaker.answers.set(id, reply);
      if (this.replies) send(reply);
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : new AppError('ERR_INVALID', String(thrown));
      const { code, message, retryable, params } = error;
      send({ type: 'error', ...named, error: { code, message, retryable, params } });
    }
  }

  /** By the same matrix as in a real house. */
  #check(access: Access, what: string, roomId?: string): void {
    if (!this.#you || allows(access, this.#you, roomId)) return;
    this.refused.push(what);
    throw new AppError('ERR_NOT_ALLOWED', `${this.#you.name} may not have ${what}`);
  }

  /** Parties are for who is in, and for everybody while they are public. */
  #mayRead(topic: string, connection: string): boolean {
    return !topic.startsWith('party/') || this.house.parties.mayRead(topic.slice(6), connection);
  }

  #topic(
    type: 'subscribe' | 'unsubscribe',
    topic: string,
    { topics, connection }: Pick<Speaker, 'topics' | 'connection'>,
  ): object {
    if (type === 'unsubscribe') {
      topics.delete(topic);
      return { type: 'unsubscribed', topic };
    }
    if (this.busy.delete(topic))
      throw new AppError('ERR_RATE_LIMITED', 'later', { params: { retry_after_ms: 20 } });
    const family = topicFamily(topic);
    if (family) this.#check(TOPIC_ACCESS[family], topic, topic.split('/')[1]);
    const snapshot = this.house.snapshot(topic);
    if (!snapshot) throw new AppError('ERR_TOPIC_NOT_FOUND', `no topic ${topic}`);
    if (!this.#mayRead(topic, connection)) throw new AppError('ERR_NOT_ALLOWED', 'not for you');
    topics.add(topic);
    const { revision, data } = snapshot;
    return { type: 'subscribed', topic, epoch: this.#epoch, revision, resumed: false, snapshot: data };
  }

  #run(type: string, data: unknown, connection: string): unknown {
    if (!isCommandType(type)) throw new AppError('ERR_UNKNOWN_COMMAND', `no command ${type}`);
    const handler = fakeHandlers(this.house)[type] as
      ((request: unknown, connection: string) => unknown) | undefined;
    if (!handler) throw new AppError('ERR_NOT_SUPPORTED', `the fake does not do ${type}`);
    const request = COMMANDS[type].request.parse(data ?? {});
    const roomId = 'room_id' in request ? request.room_id : undefined;
    if (connection !== MUSIC) this.#check(COMMANDS[type].access, type, roomId);
    this.house.parties.guard(type, roomId, connection);
    return handler(request, connection);
  }

  #tick(): void {
    this.#ticks++;
    for (const [room_id, { state }] of this.house.lanes) {
      if (state.playback.state !== 'playing') continue;
      if (this.#ticks % 2 === 0) this.#report(state);
      const { position_seconds, at_us, rate, duration_seconds } = this.house.anchor(state.playback);
      const duration = duration_seconds === undefined ? {} : { duration_seconds };
      if (duration_seconds !== undefined && position_seconds >= duration_seconds) {
        this.#run('room:next', { room_id }, MUSIC);
        continue;
      }
      this.house.publish(
        {
          type: 'playback:progress',
          topic: roomTopic(room_id),
          data: { room_id, position_seconds, server_time_us: at_us, rate, ...duration },
        },
        false,
      );
    }
  }

  #report({ room, players }: FakeRoom): void {
    const { room_id } = room;
    const reports = players.map((player) => fakeReport(this.house, player, this.#ticks / 2));
    const data = { room_id, at_us: systemClock.nowUs(), players: reports };
    this.house.publish({ type: 'sync:report', topic: roomTopic(room_id), data }, false);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://fake');
    if (pathname.startsWith('/artwork/')) {
      response.writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=3600' });
      return void response.end(fakeCover(pathname.slice(9)));
    }
    if (pathname === '/api/v1/backups/incoming' || pathname.startsWith('/api/v1/uploads/'))
      return this.#receive(request, response);
    if (this.#pageDir === undefined) return void response.writeHead(404).end();
    const file = path.join(this.#pageDir, pathname === '/' ? 'index.html' : path.normalize(pathname));
    const body = await readFile(file).catch(() => undefined);
    response.writeHead(body ? 200 : 404, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-security-policy':
        "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'",
      'cache-control': 'no-cache',
    });
    response.end(body);
  }

  /** A piece of an upload. */
  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const [, id = '', n = ''] = /^\/api\/v1\/uploads\/([^/]+)\/files\/(\d+)$/.exec(pathname) ?? [];
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (this.pieces-- <= 0) return void request.socket.destroy();
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    try {
      const [offset, bytes] = [Number(searchParams.get('offset')), Buffer.concat(parts)];
      if (pathname === '/api/v1/backups/incoming') this.house.backups.receive(offset, bytes);
      else this.house.pipeline.receive(id, Number(n), offset, bytes);
      json(200, {});
    } catch (thrown) {
      const error = thrown instanceof AppError ? thrown : new AppError('ERR_INVALID', String(thrown));
      const { code, message, retryable, params } = error;
      json(409, { error: { code, message, retryable, params } });
    }
  }
}

/** Living room plays, Kitchen is free, the MPD in the Study is somebody else's, the Garage is not there. */
function furnishedHouse({ items = 24, albums = 300 }: FakeTuttiOptions): FakeHouse {
  const house = new FakeHouse(fakeMusic(albums), () => systemClock.nowUs());
  house.fill(
    house.addRoom('Living room', 'local', { sync_class: 'steered', address: 'HiFiBerry DAC+' }),
    items,
  );
  house.addRoom('Kitchen', 'mpd');
  house.addRoom('Study', 'mpd', {
    controlled_elsewhere: true,
    foreign: {
      title: 'Concerto for Two Violins',
      artist: 'J. S. Bach',
      status: 'playing',
      position_seconds: 31,
    },
  });
  house.addRoom('Garage', 'mpd', { link: 'offline', problem: 'no route to 192.168.1.24:6600' });
  return house;
}
