import { createServer, type Server, type Socket } from 'node:net';
import { AppError, deferred, randomId, Serial, toError, type Clock, type Logger } from '../base/index.js';
import type { SystemState } from '../protocol/index.js';
import type { Door, DoorChange } from '../people/index.js';
import type { State, Store } from '../state/index.js';
import { Announcer } from './announce.js';
import { Catalog, type LibraryReader } from './catalog.js';
import { Connection } from './connection.js';
import { House, type Picture, type RunCommand } from './house.js';
import { Ports, type Setting } from './ports.js';
import { ACK, ackLine } from './wire.js';

export interface MpdDoorOptions {
  readonly host: string;
  /** The port of the first room; 0 = there is no door. */
  readonly port: number;
  readonly mdns: boolean;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly door: Door;
  /** Commands in people's names: permission and limits are where everybody's are. */
  readonly run: RunCommand;
  readonly library: LibraryReader;
  artwork(this: void, artworkId: string, size: number): Promise<Picture | undefined>;
  /** Where the ports of the rooms are kept. */
  readonly kept: Setting;
  readonly limits?: Partial<MpdLimits>;
}

export interface MpdLimits {
  readonly connections: number;
  /** Loopback is exempt, as with WebSockets. */
  readonly connectionsPerAddress: number;
}

const LIMITS: MpdLimits = { connections: 512, connectionsPerAddress: 32 };
/** As many as Linux lets wait: a house full of phones comes back at once. */
const BACKLOG = 511;
/** A new room tries so many ports before it gives up. */
const TRIES = 20;

export interface MpdDoor {
  readonly notices: SystemState['notices'];
  /** Where each room listens, by room_id. */
  ports(): ReadonlyMap<string, number>;
  connections(): number;
  close(): Promise<void>;
}

/** Every room as an MPD server with a port of its own. A port that somebody else has costs that room its door, nothing more. */
export async function openMpdDoor(options: MpdDoorOptions): Promise<MpdDoor> {
  if (options.port === 0)
    return { notices: [], ports: () => new Map(), connections: () => 0, close: () => Promise.resolve() };
  const doors = new Doors(options);
  await doors.follow();
  return doors;
}

class Doors implements MpdDoor {
  readonly notices: SystemState['notices'] = [];
  readonly #options: MpdDoorOptions;
  readonly #log: Logger;
  readonly #house: House;
  readonly #limits: MpdLimits;
  readonly #ports: Ports;
  readonly #open = new Map<string, { readonly server: Server; readonly port: number }>();
  readonly #connections = new Set<Connection>();
  readonly #announcer: Announcer | undefined;
  readonly #serial = new Serial();
  readonly #unwatch: () => void;
  readonly #unlisten: () => void;
  #known: State['rooms'] | undefined;
  #closed = false;

  constructor(options: MpdDoorOptions) {
    const { store, clock, run, library, door, artwork, host } = options;
    this.#options = options;
    this.#log = options.log.child({ part: 'mpd-door' });
    this.#limits = { ...LIMITS, ...options.limits };
    this.#ports = new Ports(options.kept, options.port);
    const catalog = new Catalog(library, () => store.state.library, clock);
    this.#house = new House({ store, clock, log: this.#log, run, library, catalog, door, artwork });
    const loopback = /^(127\.|localhost$|::1$)/.test(host);
    this.#announcer = options.mdns && !loopback ? new Announcer({ clock, log: this.#log }) : undefined;
    this.#unwatch = store.watch((_change, before, after) => {
      if (before.rooms === after.rooms) return;
      if (before.rooms.size === after.rooms.size && sameNames(before, after)) return;
      this.follow().catch((error: unknown) =>
        this.#log.warn({ error: toError(error).message }, 'a room got no MPD port'),
      );
    });
    this.#unlisten = door.onChange((change) => this.#rights(change));
  }

  ports(): ReadonlyMap<string, number> {
    return new Map([...this.#open].map(([roomId, { port }]) => [roomId, port]));
  }

  connections(): number {
    return this.#connections.size;
  }

  /** Opens a door for every room there is, closes those of rooms that are gone. */
  follow(): Promise<void> {
    return this.#serial.run(async () => {
      if (this.#closed) return;
      const { rooms } = this.#options.store.state;
      for (const roomId of [...this.#open.keys()]) if (!rooms.has(roomId)) this.#shut(roomId);
      for (const [roomId, { kept }] of rooms) {
        if (this.#known?.has(roomId) !== true && !this.#open.has(roomId)) await this.#openRoom(roomId);
        const port = this.#open.get(roomId)?.port;
        if (port !== undefined) this.#announcer?.room(roomId, kept.name, port);
      }
      this.#known = rooms;
    });
  }

  #shut(roomId: string): void {
    this.#open.get(roomId)?.server.close();
    this.#open.delete(roomId);
    this.#announcer?.gone(roomId);
    this.#ports.forget(roomId);
    for (const connection of this.#connections) if (connection.client.roomId === roomId) connection.close();
  }

  async #openRoom(roomId: string): Promise<void> {
    const kept = this.#ports.of(roomId);
    let port = kept ?? this.#ports.free();
    for (let tries = 0; port !== undefined; tries++) {
      try {
        this.#open.set(roomId, { server: await this.#listen(roomId, port), port });
        this.#ports.keep(roomId, port);
        return;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        // A room that had its port before waits for it: phones know it there.
        if (kept !== undefined || tries >= TRIES) return this.#without(roomId, port, error);
        port = this.#ports.free(port + 1);
      }
    }
  }

  #without(roomId: string, port: number, error: AppError): void {
    this.#log.warn({ room_id: roomId, port, reason: error.message }, 'a room has no MPD port');
    const message = `MPD clients cannot reach ${roomId}: another program has port ${port}, perhaps an MPD. Stop it, or set mpd_port.`;
    this.notices.push({ notice_id: `mpd-port-${roomId}`, level: 'warning', message });
  }

  async #listen(roomId: string, port: number): Promise<Server> {
    const { host } = this.#options;
    const server = createServer((socket) => this.#arrive(socket, roomId));
    const listening = deferred<void>();
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = cause.code === 'EADDRINUSE' || cause.code === 'EACCES';
      listening.reject(taken ? new AppError('ERR_CONFLICT', cause.message, { cause }) : cause);
    });
    server.listen({ host, port, backlog: BACKLOG }, () => listening.resolve());
    await listening.promise;
    server.on('error', (error) => this.#log.warn({ error: error.message }, 'an MPD port'));
    return server;
  }

  #arrive(socket: Socket, roomId: string): void {
    const address = socket.remoteAddress ?? '';
    if (this.#closed || !this.#admits(address)) {
      socket.on('error', () => undefined);
      socket.end(ackLine(ACK.system, 0, '', 'too many connections'));
      socket.destroySoon();
      return;
    }
    const id = `mpd-${randomId(8)}`;
    const connection: Connection = new Connection(socket, this.#house, roomId, id, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
  }

  #admits(address: string): boolean {
    if (this.#connections.size >= this.#limits.connections) return false;
    if (/^(::ffff:)?127\.|^::1$/.test(address)) return true;
    let same = 0;
    for (const { client } of this.#connections) if (client.address === address) same++;
    return same < this.#limits.connectionsPerAddress;
  }

  /** Whoever lost a right loses it on live connections, too. */
  #rights(change: DoorChange): void {
    for (const connection of this.#connections) {
      const { identity } = connection.client;
      if (!identity) continue;
      if (change.kind === 'ended') {
        const other = change.access_id !== undefined && change.access_id !== identity.access_id;
        if (change.session_id === identity.session_id && !other) connection.close();
      } else if (change.identity.session_id === identity.session_id) {
        const { access_id, expires_at_ms: end } = identity;
        const ends = [end, change.identity.expires_at_ms].filter((each) => each !== undefined);
        const earlier = ends.length === 0 ? undefined : Math.min(...ends);
        connection.client.identity =
          access_id === undefined
            ? change.identity
            : { ...change.identity, access_id, expires_at_ms: earlier };
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unwatch();
    this.#unlisten();
    await this.#serial.idle();
    for (const connection of this.#connections) connection.close();
    await Promise.all(
      [...this.#open.values()].map(({ server }) => {
        const closed = deferred<void>();
        server.close(() => closed.resolve());
        return closed.promise;
      }),
    );
    this.#house.close();
    await this.#announcer?.close();
  }
}

function sameNames(before: State, after: State): boolean {
  for (const [roomId, { kept }] of after.rooms)
    if (before.rooms.get(roomId)?.kept.name !== kept.name) return false;
  return true;
}
