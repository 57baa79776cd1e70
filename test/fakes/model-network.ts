import type { Socket as NetSocket } from 'node:net';
import type { WebSocket } from 'ws';
import { silentLogger, type Clock, type Timer } from '../../src/base/index.js';
import type { Socket, SocketEvent } from '../../src/client/index.js';
import { PROTOCOL, type Caller } from '../../src/protocol/index.js';
import { Client } from '../../src/server/hub/client.js';
import { FanOut } from '../../src/server/hub/fan-out.js';
import { textFrame } from '../../src/server/hub/frames.js';
import { Memories } from '../../src/server/hub/memories.js';
import { Present } from '../../src/server/hub/present.js';
import { Session } from '../../src/server/hub/session.js';
import { EVERYBODY, openDoor } from '../../src/server/open-door.js';
import { DEFAULT_LIMITS, type ServerLimits } from '../../src/server/limits.js';
import type { CommandResult } from '../../src/server/commands.js';
import type { Store } from '../../src/state/index.js';

const PLENTY = { burst: 1e9, per_minute: 1e9 };
/** Rates are not what this is about. */
const LIMITS: ServerLimits = {
  ...DEFAULT_LIMITS,
  messages: PLENTY,
  bytes: PLENTY,
  commandsPerUser: PLENTY,
  costly: PLENTY,
};

/** Time that moves in one go, without turns of the event loop in between. */
export class ModelClock implements Clock {
  #us = 1_000_000;
  readonly #due = new Map<object, { at: number; every: number | undefined; run: () => void }>();

  nowUs(): number {
    return this.#us;
  }
  wallMs(): number {
    return 1_800_000_000_000 + this.#us / 1000;
  }
  after(ms: number, run: () => void): Timer {
    return this.#add(ms, undefined, run);
  }
  every(ms: number, run: () => void): Timer {
    return this.#add(ms, ms, run);
  }
  /** Up to the next timer, but no further than `endUs`; false when there was none. */
  step(endUs: number): boolean {
    let next: { key: object; at: number } | undefined;
    for (const [key, { at }] of this.#due) if (at <= endUs && (!next || at < next.at)) next = { key, at };
    if (!next) {
      this.#us = Math.max(this.#us, endUs);
      return false;
    }
    this.#us = Math.max(this.#us, next.at);
    const due = this.#due.get(next.key)!;
    if (due.every === undefined) this.#due.delete(next.key);
    else due.at += due.every * 1000;
    due.run();
    return true;
  }
  #add(ms: number, every: number | undefined, run: () => void): Timer {
    const key = {};
    this.#due.set(key, { at: this.#us + ms * 1000, every, run });
    return { cancel: () => void this.#due.delete(key) };
  }
}

/** One server life: everything of the hub that is not sockets. */
export class ModelServer {
  readonly fanOut: FanOut;
  readonly memories: Memories;
  readonly present = new Present(openDoor);

  constructor(
    readonly store: Store,
    readonly clock: Clock,
    readonly run: (type: string, request: unknown, caller: Caller) => Promise<CommandResult>,
  ) {
    this.fanOut = new FanOut(store, clock);
    this.memories = new Memories(clock);
  }

  beat(): void {
    this.memories.sweep();
    for (const client of this.fanOut.clients) client.sweep(this.fanOut.nextMark());
    const data = { timestamp: '' };
    this.fanOut.tellEverybody({ type: 'heartbeat', topic: 'system', revision: 0, data });
    this.fanOut.flush();
  }
}

type Listener = (event: SocketEvent) => void;

/** A WebSocket and its other end. Nothing moves but by `deliver`, and either end may be gone without the other knowing. */
export class Wire implements Socket {
  readonly toClient: (string | { readonly ping: string })[] = [];
  readonly toServer: string[] = [];
  stalled = false;
  clientOpen = true;
  serverOpen = false;
  readonly #listeners = new Map<string, Listener[]>();
  #session: Session | undefined;
  #client: Client | undefined;
  #server: ModelServer | undefined;

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  send(text: string): void {
    if (this.clientOpen) this.toServer.push(text);
  }
  close(): void {
    this.terminate();
  }
  /** The client lets go of it. The server hears of it, unless the line is stalled. */
  terminate(): void {
    this.clientOpen = false;
    if (!this.stalled) this.endServer();
  }

  /** The server takes the connection. */
  accept(server: ModelServer, id: string): void {
    this.#server = server;
    this.serverOpen = true;
    const { fanOut, clock, run, memories, present } = server;
    const ended = (code: number): void => {
      this.endServer();
      if (!this.stalled) this.endClient(code);
    };
    const open = (): boolean => this.serverOpen;
    const ws = {
      extensions: '',
      close: (code: number) => ended(code),
      terminate: () => ended(1006),
    };
    const net = {
      get writable() {
        return open();
      },
      writableLength: 0,
      on: () => undefined,
      cork: () => undefined,
      uncork: () => undefined,
      write: (bytes: Buffer) => this.#written(bytes),
    };
    const client = new Client({
      id,
      address: 'here',
      ws: ws as unknown as WebSocket,
      socket: net as unknown as NetSocket,
      clock,
      limits: LIMITS,
      signedIn: false,
      wake: (who) => fanOut.wake(who),
    });
    this.#client = client;
    this.#session = new Session({
      client,
      fanOut,
      run,
      clock,
      log: silentLogger,
      door: openDoor,
      limits: LIMITS,
      place: { signIn: () => undefined, leave: () => undefined },
      present,
      identity: EVERYBODY,
      memories,
    });
    fanOut.join(client);
    const hello = {
      type: 'hello',
      server: 'tutti',
      version: '1',
      protocol: PROTOCOL,
      epoch: server.store.epoch,
      server_time_us: clock.nowUs(),
      connection_id: id,
      auth: 'open',
    };
    client.reply(textFrame(JSON.stringify(hello)));
    fanOut.flush();
  }

  endServer(): void {
    if (!this.serverOpen) return;
    this.serverOpen = false;
    this.toServer.length = 0;
    this.#server!.fanOut.leave(this.#client!);
    this.#session!.closed();
  }

  endClient(code: number): void {
    if (!this.clientOpen) return;
    this.clientOpen = false;
    this.toClient.length = 0;
    this.#tell('close', { type: 'close', code });
  }

  /** Everything on its way arrives, or the next `count` frames to the client. True when something moved. */
  deliver(count = Number.POSITIVE_INFINITY): boolean {
    if (this.stalled) return false;
    let moved = false;
    while (this.serverOpen && this.toServer.length > 0) {
      this.#session!.receive(Buffer.from(this.toServer.shift()!), false);
      this.#server!.fanOut.flush();
      moved = true;
    }
    if (!this.clientOpen) this.endServer();
    for (let n = 0; n < count && this.clientOpen && this.toClient.length > 0; n++) {
      const frame = this.toClient.shift()!;
      moved = true;
      if (typeof frame === 'string') this.#tell('message', { type: 'message', data: frame });
      else if (this.serverOpen) this.#client!.ponged(frame.ping);
    }
    return moved;
  }

  #tell(type: string, event: SocketEvent): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }

  /** Frames as they are on the wire; a write may hold several, and a large one comes in several writes. */
  #rest: Buffer = Buffer.alloc(0);
  #written(bytes: Buffer): boolean {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (;;) {
      const frame = frameAt(this.#rest);
      if (!frame) return true;
      this.#rest = this.#rest.subarray(frame.end);
      if (this.clientOpen) this.toClient.push(frame.ping ? { ping: frame.text } : frame.text);
    }
  }
}

function frameAt(bytes: Buffer): { text: string; ping: boolean; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes[1]!;
  const head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return undefined;
  const length = head === 2 ? short : head === 4 ? bytes.readUInt16BE(2) : bytes.readUInt32BE(6);
  const end = head + length;
  if (bytes.length < end) return undefined;
  return { text: bytes.toString('utf8', head, end), ping: (bytes[0]! & 0x0f) === 9, end };
}
