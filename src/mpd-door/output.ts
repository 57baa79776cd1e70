import type { Socket } from 'node:net';
import { deferred, within, type Clock } from '../base/index.js';
import { TAGS, type Song, type Tag } from './tags.js';
import { oneLine } from './wire.js';

/** Answers are handed to the network in parts of this size, and the next part is made when this one is on its way. */
const PART_BYTES = 16 * 1024;
/** Who takes nothing for so long is gone or hostile. */
const DRAIN_MS = 30_000;

/** The connection is over: whatever still works on an answer stops here. */
export class Gone extends Error {}

/** What goes to one client. Never holds more than a part of an answer, however slowly it is read. */
export class Output {
  readonly #socket: Socket;
  readonly #clock: Clock;
  #text: string[] = [];
  #size = 0;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
  }

  pair(key: string, value: string | number): void {
    this.raw(`${key}: ${typeof value === 'number' ? String(value) : oneLine(value)}\n`);
  }

  /** A whole line. */
  raw(line: string): void {
    this.#text.push(line);
    this.#size += line.length;
  }

  song(song: Song, tags: ReadonlySet<Tag>, place?: { readonly pos: number; readonly id: number }): void {
    const { uri, format, duration_seconds } = song;
    this.pair('file', uri);
    if (format !== undefined) this.pair('Format', format);
    for (const tag of TAGS) {
      const value = song.tags[tag];
      if (value !== undefined && value !== '' && tags.has(tag)) this.pair(tag, value);
    }
    if (duration_seconds !== undefined) {
      this.pair('Time', Math.round(duration_seconds));
      this.pair('duration', duration_seconds.toFixed(3));
    }
    if (!place) return;
    this.pair('Pos', place.pos);
    this.pair('Id', place.id);
  }

  /** To be awaited between the parts of a long answer. Throws Gone. */
  async pace(): Promise<void> {
    if (this.#size >= PART_BYTES) await this.flush();
  }

  /** Resolves when the network took what was said so far. Throws Gone. */
  async flush(): Promise<void> {
    if (this.#text.length === 0) return;
    const text = this.#text.join('');
    this.#text = [];
    this.#size = 0;
    await this.#write(text);
  }

  async bytes(chunk: Buffer): Promise<void> {
    await this.flush();
    await this.#write(chunk);
  }

  async #write(chunk: string | Buffer): Promise<void> {
    if (this.#socket.destroyed) throw new Gone();
    if (this.#socket.write(chunk)) return;
    const moved = deferred<void>();
    const settle = (): void => moved.resolve();
    this.#socket.once('drain', settle);
    this.#socket.once('close', settle);
    try {
      await within(
        { clock: this.#clock, what: 'an MPD client that reads', ms: DRAIN_MS },
        () => moved.promise,
      );
    } catch {
      this.#socket.destroy();
    } finally {
      this.#socket.off('drain', settle);
      this.#socket.off('close', settle);
    }
    if (this.#socket.destroyed) throw new Gone();
  }
}
