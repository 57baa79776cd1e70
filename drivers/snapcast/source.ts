import { spawn, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { deferred, toError, type Logger } from '../../src/base/index.js';
import { decoderComplaint } from '../../src/players/index.js';
import { decoderArguments } from './arguments.js';
import { cutterFor, type Cutter } from './cutter.js';
import { framesOf, type Chunk, type Codec } from './sound-format.js';

/** So much must be decoded before a start is promised. */
const READY_FRAMES = framesOf(0.25);
const MAX_COMPLAINT = 300;

export interface SourceOptions {
  /** Absolute path or URL. */
  readonly place: string;
  readonly firstFrame: number;
  /** Begins where it is; nothing can be sought. */
  readonly live: boolean;
  readonly codec: Codec;
  /** No more than this is decoded ahead of what was dropped. */
  readonly aheadFrames: number;
  readonly log: Logger;
  readonly program?: string;
}

/**
 * One item, decoded from a sample on, a little ahead of its use: a window of chunks that `dropBefore` moves on. A decoder that is far
 * enough ahead is not read from, and waits.
 */
export class Source {
  /** Resolves when there is enough to begin with, or it has ended. Never rejects. */
  readonly ready: Promise<void>;
  readonly firstFrame: number;
  #chunks: Chunk[] = [];
  #held: number;
  #next: number;
  #floor: number;
  #end: number | undefined;
  #failure: string | undefined;
  #complaint = '';
  #child: ChildProcess;
  #cutter: Cutter;
  #ahead: number;
  #isReady = deferred<void>();
  #closed = false;

  constructor(options: SourceOptions) {
    const { place, firstFrame, live, codec, aheadFrames, log, program = 'ffmpeg' } = options;
    this.firstFrame = firstFrame;
    this.#held = this.#next = this.#floor = firstFrame;
    this.#ahead = aheadFrames;
    this.#cutter = cutterFor(codec, firstFrame);
    this.ready = this.#isReady.promise;
    this.#child = spawn(program, decoderArguments(place, live ? 0 : firstFrame, codec), {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: '/',
    });
    this.#listen(log);
  }

  #listen(log: Logger): void {
    const child = this.#child;
    child.once('error', (error) => {
      const missing = error.message.includes('ENOENT');
      this.#finish(missing ? 'ffmpeg is not installed (apt install ffmpeg)' : 'ffmpeg cannot be started');
    });
    child.once('spawn', () => calm(child.pid, log));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (this.#complaint.length < MAX_COMPLAINT) this.#complaint += text;
    });
    child.stdout?.on('data', (bytes: Buffer) => this.#take(() => this.#cutter.push(bytes)));
    child.once('close', (code) => {
      this.#take(() => this.#cutter.end());
      this.#finish(code === 0 ? undefined : decoderComplaint(this.#complaint));
    });
  }

  /** Sample behind the last one that is decoded. */
  get decoded(): number {
    return this.#next;
  }

  /** The first sample that is still here. */
  get floor(): number {
    return this.#held;
  }

  /** Sample behind the last one of the item; undefined while the decoder runs. */
  get end(): number | undefined {
    return this.#end;
  }

  /** Why it ended too early, for people. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The chunk with this sample in it; undefined when it is not decoded yet, or dropped. */
  chunkAt(frame: number): Chunk | undefined {
    let [low, high] = [0, this.#chunks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const chunk = this.#chunks[middle];
      if (chunk && chunk.frame + chunk.frames <= frame) low = middle + 1;
      else high = middle;
    }
    const chunk = this.#chunks[low];
    return chunk && chunk.frame <= frame ? chunk : undefined;
  }

  dropBefore(frame: number): void {
    if (frame <= this.#floor) return;
    this.#floor = frame;
    const keep = this.#chunks.findIndex((chunk) => chunk.frame + chunk.frames > frame);
    this.#chunks.splice(0, keep < 0 ? this.#chunks.length : keep);
    this.#held = this.#chunks[0]?.frame ?? this.#next;
    this.#breathe();
  }

  /** From now on so much may be decoded ahead. */
  reach(frames: number): void {
    this.#ahead = frames;
    this.#breathe();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#child.kill('SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#chunks = [];
    this.#isReady.resolve();
  }

  #take(cut: () => Chunk[]): void {
    if (this.#closed || this.#end !== undefined) return;
    try {
      for (const chunk of cut()) {
        this.#next = chunk.frame + chunk.frames;
        if (this.#next > this.#floor) this.#chunks.push(chunk);
      }
      this.#held = this.#chunks[0]?.frame ?? this.#next;
    } catch (error) {
      this.#child.kill('SIGKILL');
      return this.#finish(toError(error).message);
    }
    this.#breathe();
    if (this.#next - this.firstFrame >= READY_FRAMES) this.#isReady.resolve();
  }

  #breathe(): void {
    const stdout = this.#child.stdout;
    if (this.#closed || !stdout) return;
    if (this.#next - this.#floor >= this.#ahead) stdout.pause();
    else if (stdout.isPaused()) stdout.resume();
  }

  #finish(failure: string | undefined): void {
    if (this.#end !== undefined) return;
    this.#failure = failure;
    this.#end = this.#next;
    this.#isReady.resolve();
  }
}

/** Above ordinary programs: a late decoder is a gap. Needs a privilege; without it the default stands. */
function calm(pid: number | undefined, log: Logger): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, -5);
  } catch (error) {
    log.debug({ pid, reason: toError(error).message }, 'ffmpeg runs at ordinary priority');
  }
}
