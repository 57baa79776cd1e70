import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nullDriver } from '../../drivers/null/index.js';
import { randomId, silentLogger, systemClock } from '../../src/base/index.js';
import { openLibrary, type Library } from '../../src/library/index.js';
import { openMpdDoor, type MpdDoor, type MpdDoorOptions } from '../../src/mpd-door/index.js';
import type { Door } from '../../src/people/index.js';
import { Players } from '../../src/players/index.js';
import type { CommandReply, CommandRequest, CommandType, Handlers } from '../../src/protocol/index.js';
import { createRooms, type Rooms } from '../../src/rooms/index.js';
import { commandRunner, openDoor } from '../../src/server/index.js';
import { emptyState, Store, type RoomRecord } from '../../src/state/index.js';
import { migrate, openDb, setting, type Db } from '../../src/storage/index.js';
import { allHandlers } from './server-world.js';
import { freePort } from '../../bench/program.js';
import { makeSineAlbums } from '../fakes/sine-albums.js';
import { until } from '../until.js';

const run = promisify(execFile);
const caller = { connection_id: 'test', role: 'admin' } as const;

/** The parts of a Tutti that an MPD client can tell apart, real ones, with two rooms that play into the void. */
export class MpdHouse {
  readonly store = new Store({
    state: emptyState('test'),
    epoch: randomId(),
    keeper: { weigh: () => undefined, keep: () => undefined },
  });
  door!: MpdDoor;
  handlers!: Handlers;
  first = 0;
  readonly #db: Db;
  readonly #library: Library;
  readonly #players: Players;
  readonly #rooms: Rooms;
  readonly #clients: Line[] = [];

  private constructor(
    readonly dir: string,
    readonly people: Door,
  ) {
    this.#db = openDb(join(dir, 'tutti.db'));
    migrate(this.#db);
    const parts = { store: this.store, clock: systemClock, log: silentLogger };
    this.#library = openLibrary({
      ...parts,
      db: this.#db,
      musicDir: this.musicDir,
      cacheDir: join(dir, 'cache'),
      demo: false,
      watch: false,
      mediaKey: Buffer.alloc(32, 7),
      settleMs: 0,
      onState: (library) => this.store.commit({ type: 'library/state', library }),
      onUpdated: () => undefined,
    });
    const random = (): number => 0.3;
    this.#players = new Players({
      ...parts,
      drivers: [nullDriver],
      random,
      httpPort: () => 1,
      runtimeDir: join(dir, 'run'),
    });
    const library = {
      ...this.#library,
      stream: async (url: string) => ({ url, title: 'A station' }),
    };
    this.#rooms = createRooms({ ...parts, players: this.#players, library, random });
    this.handlers = allHandlers({
      ...this.#library.handlers,
      ...this.#players.handlers,
      ...this.#rooms.handlers,
    });
  }

  get musicDir(): string {
    return join(this.dir, 'music');
  }

  static async start(people: Door = openDoor, more: Partial<MpdDoorOptions> = {}): Promise<MpdHouse> {
    const dir = await mkdtemp(join(tmpdir(), 'tutti-mpd-door-'));
    await makeSineAlbums(join(dir, 'music'), 330, ['One', 'Two'], 3, 20);
    const cover = ['-f', 'lavfi', '-i', 'testsrc=size=400x400:rate=1', '-frames:v', '1'];
    await run('ffmpeg', ['-v', 'error', ...cover, join(dir, 'music', 'One', 'cover.jpg')]);
    const house = new MpdHouse(dir, people);
    await house.#players.start(
      [
        { id: 'bath', kind: 'null', name: 'Bath', options: {} },
        { id: 'desk', kind: 'null', name: 'Desk', options: {} },
      ],
      false,
    );
    await house.#library.start();
    await house.#library.scanned();
    await until('the players are there', () =>
      [...house.store.state.players.values()].every(({ live }) => live.link === 'online'),
    );
    await house.open(await freePort(), more);
    return house;
  }

  async open(first: number, more: Partial<MpdDoorOptions> = {}): Promise<void> {
    this.first = first;
    this.door = await openMpdDoor({
      host: '127.0.0.1',
      port: first,
      mdns: false,
      store: this.store,
      clock: systemClock,
      log: silentLogger,
      door: this.people,
      run: commandRunner(this.handlers, silentLogger),
      library: this.#library.handlers,
      artwork: (id, size) => this.#library.artwork(id, size),
      kept: setting(this.#db, 'mpd/ports'),
      ...more,
    });
  }

  port(roomId: string): number {
    const port = this.door.ports().get(roomId);
    if (port === undefined) throw new Error(`${roomId} has no port`);
    return port;
  }

  room(roomId: string): RoomRecord {
    const room = this.store.state.rooms.get(roomId);
    if (!room) throw new Error(`no room ${roomId}`);
    return room;
  }

  async send<T extends CommandType>(type: T, request: CommandRequest<T>): Promise<CommandReply<T>> {
    const handler = this.handlers[type] as (
      request: CommandRequest<T>,
      who: typeof caller,
    ) => Promise<CommandReply<T>>;
    return handler(request, caller);
  }

  /** Ids of the tracks of an album, in order. */
  async tracks(album: string): Promise<string[]> {
    const { items } = await this.send('library:albums', { offset: 0, limit: 100, sort: 'title' });
    const album_id = items.find(({ title }) => title === album)?.album_id ?? '';
    return (await this.send('library:album', { album_id })).tracks.map(({ track_id }) => track_id);
  }

  async line(roomId = 'bath'): Promise<Line> {
    const line = await Line.connect(this.port(roomId));
    this.#clients.push(line);
    return line;
  }

  /** The real mpc against a room. */
  async mpc(roomId: string, ...args: string[]): Promise<string> {
    return mpc('127.0.0.1', this.port(roomId), ...args);
  }

  async close(): Promise<void> {
    for (const line of this.#clients) line.socket.destroy();
    await this.door.close();
    this.#rooms.close();
    await this.#players.close();
    await this.#library.close();
    this.#db.close();
    await rm(this.dir, { recursive: true, force: true });
  }
}

export async function mpc(host: string, port: number, ...args: string[]): Promise<string> {
  try {
    return (await run('mpc', ['-h', host, '-p', String(port), ...args], { timeout: 20_000 })).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error('mpc is missing: apt install mpc', { cause: error });
    throw error;
  }
}

/** A bare client that speaks lines and waits for whole answers. */
export class Line {
  closed = false;
  #bytes: Buffer = Buffer.alloc(0);

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.#bytes = Buffer.concat([this.#bytes, chunk])));
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
  }

  static async connect(port: number): Promise<Line> {
    const line = new Line(connect(port, '127.0.0.1'));
    await line.answer();
    return line;
  }

  /** What came, up to and with the line that ends an answer. */
  async answer(): Promise<string> {
    const end = (): number => {
      const match = /^(OK( MPD .*)?|ACK .*)\n/m.exec(this.#bytes.toString('latin1'));
      return match ? match.index + match[0].length : -1;
    };
    await until('an answer', () => end() >= 0 || this.closed);
    const size = end();
    if (size < 0) return 'closed';
    const text = this.#bytes.toString('utf8', 0, size);
    this.#bytes = this.#bytes.subarray(size);
    return text;
  }

  async ask(text: string): Promise<string> {
    this.socket.write(`${text}\n`);
    return this.answer();
  }

  /** The values of a key in an answer. */
  async values(text: string, key: string): Promise<string[]> {
    return valuesOf(await this.ask(text), key);
  }

  /** A status field. */
  async status(key: string): Promise<string | undefined> {
    return (await this.values('status', key))[0];
  }
}

export function valuesOf(answer: string, key: string): string[] {
  return answer
    .split('\n')
    .filter((row) => row.startsWith(`${key}: `))
    .map((row) => row.slice(key.length + 2));
}
