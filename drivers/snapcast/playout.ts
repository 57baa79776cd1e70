import type { Connection } from './connection.js';
import type { Feed } from './feeds.js';
import { codecHeader, FRAME_BYTES, RATE, type Codec } from './sound-format.js';

/** A chunk whose end is nearer than this is not sent: it could not be played in time. */
const TOO_LATE_US = 5000;
/** Beyond what it is to hold, a client may be behind by so much before it gets no more. */
const SLACK_MS = 200;

export interface PlayoutParts {
  readonly connection: Connection;
  readonly codec: Codec;
  readonly bufferMs: number;
}

interface Leg {
  feed: Feed;
  /** The next sample to send. */
  cursor: number;
  shifts: number;
}

/**
 * Sends one client its sound: chunks of the feed that is heard, then of the one behind it, each as early as the client's buffer allows.
 * After a hole the client is told to begin anew: by itself it would be off for seconds before it noticed.
 */
export class Playout {
  /** Called with the moment at which the first sound after a hole is heard. */
  onSound: ((heardUs: number) => void) | undefined;
  /** From a chunk's timestamp until it is heard, as the client has been told. */
  labelMs: number;
  /** The client plays so much earlier, because its loudspeaker is late. */
  latencyMs = 0;
  readonly #connection: Connection;
  readonly #codec: Codec;
  readonly #header: Buffer;
  readonly #bufferUs: number;
  readonly #backlogBytes: number;
  #legs: Leg[] = [];
  #sending = 0;
  #broken = true;
  /** The client has begun anew and has got no sound since. */
  #primed = false;
  #quietUntilUs = 0;

  constructor({ connection, codec, bufferMs }: PlayoutParts) {
    this.#connection = connection;
    this.#codec = codec;
    this.#header = codecHeader(codec);
    this.labelMs = bufferMs;
    this.#bufferUs = bufferMs * 1000;
    this.#backlogBytes = ((bufferMs + SLACK_MS) * RATE * FRAME_BYTES) / 1000;
  }

  /** The moment up to which sound was sent, or skipped; undefined while nothing plays. */
  get sentUntilUs(): number | undefined {
    const leg = this.#legs[this.#sending];
    return leg?.feed.heardUs(leg.cursor);
  }

  /** The next sample of the current feed to be sent. */
  get cursor(): number {
    return this.#legs[0]?.cursor ?? 0;
  }

  /** Plays this feed from a sample on, and nothing of what was sent before. */
  start(feed: Feed, frame: number): void {
    this.#legs = [{ feed, cursor: frame, shifts: feed.shifts }];
    this.#sending = 0;
    this.#broken = true;
    this.#quietUntilUs = 0;
  }

  /** What comes behind the current feed's end. Where sound of another one has gone out already, it is cut off at that end. */
  follow(feed: Feed | undefined): void {
    const [current, former] = this.#legs;
    if (!current || former?.feed === feed) return;
    this.#legs = feed ? [current, { feed, cursor: 0, shifts: feed.shifts }] : [current];
    if (this.#sending === 0) return;
    this.#sending = 0;
    this.#broken = true;
    this.#quietUntilUs = current.feed.heardUs(current.cursor);
  }

  /** The current feed has been heard to its end. */
  advance(): void {
    this.#legs.shift();
    this.#sending = Math.max(0, this.#sending - 1);
  }

  /**
   * Goes on in another feed, from a sample on, without a hole. Where that is the next sample, only the timestamps change, and the client
   * turns its rate until they fit; where it is the sample that is due when all that was sent has been heard, the sound has a seam.
   */
  goOn(feed: Feed, frame: number): void {
    if (this.#legs.length > 0) this.#legs[0] = { feed, cursor: frame, shifts: feed.shifts };
  }

  /** Silence at once: the client forgets what it was sent. */
  halt(): void {
    this.#legs = [];
    this.#sending = 0;
    this.#broken = true;
    this.#primed = false;
    this.prime();
  }

  /** The client has new terms: it gets again what it has not played yet. */
  restart(): void {
    const leg = this.#legs[0];
    if (!leg) return;
    leg.cursor = leg.feed.source.floor;
    this.#sending = 0;
    this.#broken = true;
    this.#primed = false;
  }

  /** Lets the client open its sound card before there is sound. */
  prime(): void {
    if (this.#primed || this.#legs.length > 0) return;
    this.#primed = true;
    this.#connection.codecHeader(this.#codec, this.#header);
  }

  /** Sound that should no longer be heard has gone out. */
  get astray(): boolean {
    return this.#quietUntilUs > 0;
  }

  /** Sends what is due. */
  pump(nowUs: number): void {
    if (nowUs < this.#quietUntilUs) return;
    while (this.#step(nowUs)) this.#quietUntilUs = 0;
  }

  /** One chunk, or one step on the way to it; false when there is nothing to do now. */
  #step(nowUs: number): boolean {
    const leg = this.#legs[this.#sending];
    if (!leg) return false;
    const { feed } = leg;
    const { source } = feed;
    if (leg.shifts !== feed.shifts) {
      leg.shifts = feed.shifts;
      this.#broken = true;
    }
    if (source.end !== undefined && leg.cursor >= source.end) {
      if (this.#sending + 1 >= this.#legs.length) return false;
      this.#sending++;
      return true;
    }
    if (leg.cursor < source.floor) {
      leg.cursor = source.floor;
      this.#broken = true;
      return true;
    }
    return this.#send(leg, nowUs);
  }

  #send(leg: Leg, nowUs: number): boolean {
    const { feed, cursor } = leg;
    const chunk = feed.source.chunkAt(cursor);
    if (!chunk) return false;
    const end = chunk.frame + chunk.frames;
    const earlyUs = this.latencyMs * 1000;
    const from = this.#codec === 'pcm' ? cursor : chunk.frame;
    const heardUs = feed.heardUs(from);
    if (heardUs - earlyUs - this.#bufferUs > nowUs) return false;
    if (feed.heardUs(end) - earlyUs < nowUs + TOO_LATE_US) {
      leg.cursor = end;
      this.#broken = true;
      return true;
    }
    if (this.#connection.backlog > this.#backlogBytes) return false;
    if (this.#broken) {
      this.#broken = false;
      if (!this.#primed) this.#connection.codecHeader(this.#codec, this.#header);
      this.onSound?.(heardUs);
    }
    const bytes =
      from === chunk.frame ? chunk.bytes : chunk.bytes.subarray((from - chunk.frame) * FRAME_BYTES);
    this.#primed = false;
    this.#connection.chunk(heardUs - this.labelMs * 1000, bytes);
    leg.cursor = end;
    return true;
  }
}
