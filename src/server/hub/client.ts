import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../../base/index.js';
import type { Identity } from '../../people/index.js';
import { allows, CLOSE, roomTopic, type Audience, type Readers } from '../../protocol/index.js';
import type { ServerLimits } from '../limits.js';
import { mayRead } from '../readers.js';
import type { Batches } from './batches.js';
import { Credit } from './credit.js';
import type { Figures } from './figures.js';
import { pingFrame, type Frame } from './frames.js';
import { packed } from './packed.js';
import { Outbox, type OutgoingEvent } from './outbox.js';

/** Bytes the kernel has not taken yet; above this the client is behind. */
const MAX_UNSENT = 256 * 1024;
const HOPELESS_MS = 30_000;
const MAX_MISSES = 2;

export interface ClientParts {
  readonly id: string;
  readonly address: string;
  readonly ws: WebSocket;
  readonly socket: Socket;
  readonly clock: Clock;
  readonly limits: Pick<ServerLimits, 'timeoutMs' | 'queueEvents'>;
  /** Clients are known by accounts. */
  readonly signedIn: boolean;
  /** Asks for a flush in this tick. */
  wake(client: Client): void;
}

/** The sending side of one connection: what waits, whether the other side still reads, when to give up. */
export class Client {
  readonly id: string;
  readonly address: string;
  /** Wall clock: when it came. */
  readonly sinceMs: number;
  readonly subscriptions = new Set<string>();
  readonly outbox: Outbox;
  /** The other side takes compressed messages. */
  readonly #packs: boolean;
  /** Who it is, once that is known. */
  identity: Identity | undefined;
  readonly #parts: ClientParts;
  readonly #socket: Socket;
  readonly #credit = new Credit();
  #stalledSinceUs: number | undefined;
  #lastUnsent = 0;
  #lookedUs: number;
  #heard = true;
  #misses = 0;
  #markedUs: number | undefined;
  #roundTripUs: number | undefined;
  #messages = 0;
  #bytes = 0;
  #rateLimited = 0;
  /** The connection was given up on this side. Who leaves on the other side ends the socket. */
  #closing = false;

  constructor(parts: ClientParts) {
    this.id = parts.id;
    this.address = parts.address;
    this.sinceMs = parts.clock.wallMs();
    this.outbox = new Outbox(parts.limits.queueEvents);
    this.#packs = parts.ws.extensions.includes('permessage-deflate');
    this.#parts = parts;
    this.#socket = parts.socket;
    this.#lookedUs = parts.clock.nowUs();
    parts.socket.on('drain', () => this.#wakeIfWaiting());
  }

  /** Whether it belongs to those an event is for. [AD1] */
  belongs({ user_id, role, connection_id, room_id, access }: Audience): boolean {
    const who = this.identity;
    if (user_id !== undefined && who?.subject_id !== user_id) return false;
    if (role !== undefined && who?.role !== role) return false;
    if (connection_id !== undefined && this.id !== connection_id) return false;
    if (access !== undefined && !(who && allows(access, who))) return false;
    if (room_id === undefined) return true;
    return who?.room_id === room_id || this.subscriptions.has(roomTopic(room_id));
  }

  /** Whether it is among the readers of a topic. While auth is open nobody is known by an account. [PT7] */
  reads(readers: Readers | undefined): boolean {
    if (readers === undefined || readers === 'all') return true;
    const { role = 'guest', ...who } = this.identity ?? {};
    const subject = this.#parts.signedIn ? {} : { subject_id: undefined };
    return mayRead(readers, { ...who, ...subject, role, connection_id: this.id });
  }

  /** What it got and was refused so far. */
  get figures(): Figures {
    const [messages, bytes, rate_limited] = [this.#messages, this.#bytes, this.#rateLimited];
    return { messages, bytes, rate_limited, dropped: this.outbox.dropped };
  }

  /** It does not read what is sent. */
  get stalled(): boolean {
    return this.#stalledSinceUs !== undefined || this.#credit.spent;
  }

  /** From the last ping to its answer. */
  get roundTripUs(): number | undefined {
    return this.#roundTripUs;
  }

  /** Something of it was refused for coming too soon. */
  rateLimited(): void {
    this.#rateLimited += 1;
  }

  get open(): boolean {
    return !this.#closing && this.#socket.writable;
  }

  reply(frame: Frame): void {
    if (!this.open) return;
    this.outbox.reply(frame);
    if (this.outbox.overfull) this.close(CLOSE.tooSlow, 'replies are not read');
    else this.#parts.wake(this);
  }

  /** Past the outbox when nothing waits: for an answer that is about time, and for the first word. [CL1] */
  replyNow(build: () => Frame): void {
    if (!this.open) return;
    if (!this.outbox.empty || this.#behind()) {
      this.reply(build());
      return;
    }
    const { chunks, size } = build();
    this.#messages += 1;
    this.#bytes += size;
    for (const chunk of chunks) this.#socket.write(chunk);
  }

  event(event: OutgoingEvent): void {
    this.outbox.event(event);
    this.#parts.wake(this);
  }

  /** Writes all that waits in one go, unless the client does not keep up. The bytes that were written. */
  flush(batches: Batches, mark: number, snapshot: (topic: string) => Frame | undefined): number {
    if (!this.open || this.outbox.empty) return 0;
    if (this.#behind()) {
      this.#stalledSinceUs ??= this.#parts.clock.nowUs();
      this.outbox.unread();
      return 0;
    }
    this.#stalledSinceUs = undefined;
    const { updates } = this.outbox;
    const taken = this.outbox.take(snapshot);
    const frames = this.#packs ? taken.map(packed) : taken;
    if (frames.length === 0) return 0;
    let size = 0;
    for (const frame of frames) size += frame.size;
    const withPing = this.#credit.due(size, updates);
    if (withPing) this.#marked(mark);
    this.#messages += frames.length;
    this.#bytes += size;
    batches.write(this.#socket, frames, size, withPing);
    return size;
  }

  heard(): void {
    this.#heard = true;
  }

  ponged(payload: string): void {
    this.#heard = true;
    this.#credit.answered(payload);
    if (this.#markedUs !== undefined && !this.#credit.waiting) {
      this.#roundTripUs = this.#parts.clock.nowUs() - this.#markedUs;
      this.#markedUs = undefined;
    }
    this.#wakeIfWaiting();
  }

  /** Called every few seconds: pings what is silent, closes what is hopeless, ends what is dead. */
  sweep(mark: number): void {
    const now = this.#parts.clock.nowUs();
    if (this.#hopeless(now)) {
      this.close(CLOSE.tooSlow, 'too slow');
      return;
    }
    if (now - this.#lookedUs < (this.#parts.limits.timeoutMs / MAX_MISSES) * 1000) return;
    const silent = !this.#heard;
    this.#misses = silent ? this.#misses + 1 : 0;
    if (this.#misses >= MAX_MISSES) {
      this.terminate();
      return;
    }
    this.#heard = false;
    this.#lookedUs = now;
    if (!silent || !this.open || this.#credit.waiting) return;
    this.#marked(mark);
    for (const chunk of pingFrame(mark).chunks) this.#socket.write(chunk);
  }

  /** What came made no sense: the connection is being closed, and nothing follows that. */
  broken(): void {
    this.#closing = true;
  }

  close(code: number, reason: string): void {
    this.#closing = true;
    this.#parts.ws.close(code, reason);
  }

  terminate(): void {
    this.#closing = true;
    this.#parts.ws.terminate();
  }

  #marked(mark: number): void {
    this.#credit.marked(mark);
    this.#markedUs = this.#parts.clock.nowUs();
  }

  #behind(): boolean {
    return this.#credit.spent || this.#socket.writableLength > MAX_UNSENT;
  }

  #hopeless(now: number): boolean {
    const unsent = this.#socket.writableLength;
    const moved = unsent < this.#lastUnsent;
    this.#lastUnsent = unsent;
    if (this.#stalledSinceUs === undefined) return false;
    if (moved) this.#stalledSinceUs = now;
    return now - this.#stalledSinceUs >= HOPELESS_MS * 1000;
  }

  #wakeIfWaiting(): void {
    if (!this.outbox.empty) this.#parts.wake(this);
  }
}
