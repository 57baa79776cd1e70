import { connect, type Socket } from 'node:net';
import { AppError, deferred, within, type Clock } from '../../src/base/index.js';
import type { SourceAddress } from './options.js';
import type { SoundFormat } from './view.js';

const CONNECT_MS = 5000;
const TICK_MS = 20;
/** So much is written before snapserver reads it: what a busy machine may falter. */
const AHEAD_MS = 200;
/** Of which so much must always be there. */
const RESERVE_MS = 80;
/** Silence before the first sound: snapserver throws away what a source begins with after it had nothing. */
const WAKE_MS = 300;
const STUCK_SECONDS = 5;

/** From a command until its sound is written, at the latest. */
export const FEED_LEAD_MS = AHEAD_MS + WAKE_MS + 100;

export interface FeedParts {
  readonly clock: Clock;
  readonly format: SoundFormat;
  /** From the timestamp of a sample until it is heard. */
  readonly buffer_ms: number;
}

/**
 * One endless stream of PCM into a `tcp` source, at the pace of real time: frame n is read by snapserver at origin + n, and heard a buffer
 * later. That is reckoned: snapserver tells nobody when it reads. While it is awake silence goes out where there is no sound.
 */
export class Feed {
  readonly closed: Promise<AppError>;
  /** Sound for the next frames, at most `due`, at least `must` of them. */
  fill: ((due: number, must: number) => readonly Buffer[]) | undefined;
  /** snapserver had run dry: everything written from now on is heard so many frames later than was reckoned. */
  onLate: ((frames: number) => void) | undefined;
  onTick: (() => void) | undefined;
  readonly format: SoundFormat;
  #parts: FeedParts;
  #socket: Socket;
  #ended = deferred<AppError>();
  #over = false;
  #originUs = 0;
  #written = 0;
  #earliest = 0;
  #tick: { cancel(): void } | undefined;

  private constructor(socket: Socket, parts: FeedParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.format = parts.format;
    this.closed = this.#ended.promise;
    socket.setNoDelay(true);
    socket.resume();
    socket.on('error', ({ message }) => this.#end(`the source of snapserver is not reachable: ${message}`));
    socket.on('close', () => this.#end('snapserver closed its source'));
  }

  /** Leaves nothing open when it rejects. */
  static async open({ host, port }: SourceAddress, parts: FeedParts, signal: AbortSignal): Promise<Feed> {
    signal.throwIfAborted();
    const socket = connect({ host, port });
    const feed = new Feed(socket, parts);
    const connected = deferred<void>();
    socket.once('connect', () => connected.resolve());
    const limit = { clock: parts.clock, what: 'connecting to the source', ms: CONNECT_MS, signal };
    const gone = feed.closed.then((reason) => {
      throw reason;
    });
    gone.catch(() => undefined);
    try {
      await within(limit, () => Promise.race([connected.promise, gone]));
      return feed;
    } catch (error) {
      feed.close();
      throw error;
    }
  }

  get awake(): boolean {
    return this.#tick !== undefined;
  }

  /** The next frame that is not written yet. */
  get written(): number {
    return this.#written;
  }

  /** The next frame in which sound can begin. */
  get earliest(): number {
    return Math.max(this.#written, this.#earliest);
  }

  heardUs(frame: number): number {
    return this.#originUs + (frame * 1e6) / this.format.rate + this.#delayUs;
  }

  /** The frame that is heard at that moment. */
  frameAt(heardUs: number): number {
    return Math.round(((heardUs - this.#delayUs - this.#originUs) * this.format.rate) / 1e6);
  }

  /** The chunk that nobody hears takes no time: the one behind it gets the timestamp of the moment both were there. */
  get #delayUs(): number {
    return (this.#parts.buffer_ms - this.format.chunk_ms) * 1000;
  }

  wake(): void {
    if (this.#tick || this.#over) return;
    const { clock, format } = this.#parts;
    this.#originUs = clock.nowUs() - (this.#written * 1e6) / format.rate;
    this.#earliest = this.#written + this.#frames(WAKE_MS);
    this.#tick = clock.every(TICK_MS, () => this.#write());
  }

  sleep(): void {
    this.#tick?.cancel();
    this.#tick = undefined;
  }

  silence(frames: number): Buffer {
    return Buffer.alloc(frames * 2 * this.format.channels);
  }

  close(): void {
    this.#end('the source was let go');
  }

  #write(): void {
    const { clock, format } = this.#parts;
    const elapsed = Math.floor(((clock.nowUs() - this.#originUs) * format.rate) / 1e6);
    const late = elapsed - this.#written;
    if (late > 0) {
      this.#originUs += (late * 1e6) / format.rate;
      this.onLate?.(late);
    }
    const due = Math.min(elapsed, this.#written) + this.#frames(AHEAD_MS) - this.#written;
    if (due > 0) {
      const must = Math.max(0, due - this.#frames(AHEAD_MS - RESERVE_MS));
      for (const bytes of this.fill?.(due, must) ?? [this.silence(due)]) {
        this.#socket.write(bytes);
        this.#written += bytes.length / (2 * format.channels);
      }
    }
    if (this.#socket.writableLength > STUCK_SECONDS * format.rate * 2 * format.channels)
      this.#end('snapserver does not take its sound: somebody else may feed this source');
    this.onTick?.();
  }

  #frames(ms: number): number {
    return Math.round((ms * this.format.rate) / 1000);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.sleep();
    this.#socket.destroy();
    this.#ended.resolve(new AppError('ERR_PLAYER_OFFLINE', reason));
  }
}
