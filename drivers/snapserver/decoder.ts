import { spawn, type ChildProcess } from 'node:child_process';
import { deferred } from '../../src/base/index.js';
import { decoderArguments, decoderComplaint } from '../../src/players/index.js';
import type { SoundFormat } from './view.js';

/** So much is decoded before it is needed. */
const HOLD_SECONDS = 2;
const READY_SECONDS = 0.25;
const MAX_COMPLAINT = 300;

/** One item as PCM, from a place on, a little ahead of its use. A decoder that is far enough ahead is not read from, and waits. */
export class Decoder {
  /** Resolves when there is enough to begin with, or it has ended. Never rejects. */
  readonly ready: Promise<void>;
  /** Its first frame, counted from the beginning of the item. */
  readonly from: number;
  #frameBytes: number;
  #holdBytes: number;
  #readyBytes: number;
  #parts: Buffer[] = [];
  #held = 0;
  #total = 0;
  #ended = false;
  #failure: string | undefined;
  #complaint = '';
  #child: ChildProcess;
  #isReady = deferred<void>();

  constructor(place: string, from: number, { rate, channels }: SoundFormat, program = 'ffmpeg') {
    this.from = from;
    this.ready = this.#isReady.promise;
    this.#frameBytes = 2 * channels;
    this.#holdBytes = HOLD_SECONDS * rate * this.#frameBytes;
    this.#readyBytes = READY_SECONDS * rate * this.#frameBytes;
    const sound = { rate, channels, from_seconds: from / rate, format: ['-f', 's16le'] };
    const child = spawn(program, decoderArguments(place, sound), {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
    });
    this.#child = child;
    child.once('error', (error) => {
      const missing = error.message.includes('ENOENT');
      this.#finish(missing ? 'ffmpeg is not installed (apt install ffmpeg)' : 'ffmpeg cannot be started');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#complaint.length < MAX_COMPLAINT) this.#complaint += text;
    });
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
    child.once('close', (code) => this.#finish(code === 0 ? undefined : decoderComplaint(this.#complaint)));
  }

  /** Frames that can be taken now. */
  get available(): number {
    return Math.floor(this.#held / this.#frameBytes);
  }

  /** Nothing comes behind what is available. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Frames decoded so far. */
  get decoded(): number {
    return Math.floor(this.#total / this.#frameBytes);
  }

  /** Why it ended too early, for people. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Up to so many frames. */
  take(frames: number): Buffer {
    let wanted = Math.min(frames, this.available) * this.#frameBytes;
    this.#held -= wanted;
    const taken: Buffer[] = [];
    for (let first = this.#parts[0]; wanted > 0 && first; first = this.#parts[0]) {
      taken.push(first.subarray(0, wanted));
      if (first.length > wanted) this.#parts[0] = first.subarray(wanted);
      else this.#parts.shift();
      wanted -= taken.at(-1)?.length ?? 0;
    }
    this.#breathe();
    return Buffer.concat(taken);
  }

  close(): void {
    this.#ended = true;
    this.#child.kill('SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#parts = [];
    this.#held = 0;
    this.#isReady.resolve();
  }

  #take(bytes: Buffer): void {
    if (this.#ended) return;
    this.#parts.push(bytes);
    this.#held += bytes.length;
    this.#total += bytes.length;
    this.#breathe();
    if (this.#total >= this.#readyBytes) this.#isReady.resolve();
  }

  #breathe(): void {
    const stdout = this.#child.stdout;
    if (this.#ended || !stdout) return;
    if (this.#held >= this.#holdBytes) stdout.pause();
    else if (stdout.isPaused()) stdout.resume();
  }

  #finish(failure: string | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = failure;
    this.#isReady.resolve();
  }
}
