import { PcmStream } from './pcm-stream.js';

export interface Source {
  /** Samples from a position on. */
  readonly open: (offsetSeconds: number, signal: AbortSignal) => Promise<Response>;
  readonly rate: number;
}
/** Where an item's samples are. Rejects when it has none. */
export type FindSource = (itemId: string) => Promise<Source>;

/** How far ahead of what is played samples are held, and how long behind it. Seconds. */
const READ_AHEAD = 8;
const KEEP = 3;
/** Waiting for the network is cheaper than asking again when the place is no further away than this. Seconds. */
const SOON = 3;
const RETRY_SECONDS = 2;
/** A track stays for so long after its end was given: the room may say later than we that it is over. */
const LINGER = 8;

interface Reel {
  readonly itemId: string;
  /** The frame of the tape that is the first of the track. */
  readonly startsAt: number;
  stream: PcmStream | undefined;
  failedAt: number | undefined;
  closed: boolean;
}

/** The tracks that are heard one after the other, end to end: one line of frames. */
export class Tape {
  #reels: Reel[] = [];
  readonly #find: FindSource;
  readonly rate: number;
  /** Why the last track could not be had. */
  problem: unknown;

  constructor(find: FindSource, rate: number) {
    this.#find = find;
    this.rate = rate;
  }

  /** Where a track begins on the tape: the nearest to `around`, if it is on it several times. */
  startOf(itemId: string, around: number): number | undefined {
    const starts = this.#reels.flatMap((reel) => (reel.itemId === itemId ? [reel.startsAt] : []));
    return starts.sort((a, b) => Math.abs(a - around) - Math.abs(b - around))[0];
  }

  /** Makes sure that a track's samples come from this frame of the track on. `now`: seconds of the page's clock. */
  cue(itemId: string, frame: number, now: number): void {
    const reel = this.#reels.find((one) => one.itemId === itemId);
    const stream = reel?.stream;
    if (reel && !stream && reel.failedAt === undefined) return;
    if (reel?.failedAt !== undefined && now - reel.failedAt < RETRY_SECONDS) return;
    if (stream && !stream.failed) {
      const reachable = frame >= stream.begin && frame <= stream.end + SOON * this.rate;
      if (reachable || (stream.done && frame >= stream.end)) return;
    }
    this.clear();
    this.#reels = [this.#open(itemId, 0, frame, now)];
  }

  /** Up to so many frames of the tape, within one track; undefined when they are not here (yet). */
  read(at: number, frames: number): Int16Array | undefined {
    const reel = this.#reelAt(at);
    const samples = reel?.stream?.read(at - reel.startsAt, frames);
    if (!samples || samples.length === frames * 2) return samples;
    return reel?.stream?.done ? samples : undefined;
  }

  /** Keeps coming what is needed around a frame; behind the last track follows the next. */
  feed(at: number, following: (itemId: string) => string | undefined, now: number): void {
    for (const { stream, startsAt } of this.#reels) {
      stream?.wantUntil(at - startsAt + READ_AHEAD * this.rate);
      stream?.forget(at - startsAt - KEEP * this.rate);
    }
    while (this.#reels[1] && this.#reels[1].startsAt < at - LINGER * this.rate) close(this.#reels.shift()!);
    const [before, last] = [this.#reels.at(-2), this.#reels.at(-1)];
    const other = before && last && following(before.itemId) !== last.itemId;
    const failed = before && last && (last.stream?.failed || last.failedAt !== undefined);
    if ((other || failed) && last.startsAt > at) {
      if (failed && now - (last.failedAt ??= now) < RETRY_SECONDS) return;
      close(this.#reels.pop()!);
    }
    const tail = this.#reels.at(-1);
    const next = tail?.stream?.done ? following(tail.itemId) : undefined;
    if (tail?.stream && next !== undefined)
      this.#reels.push(this.#open(next, tail.startsAt + tail.stream.end, 0, now));
  }

  /** Nothing more can come: the frame is behind the end of the last track. */
  isOver(at: number): boolean {
    const last = this.#reels.at(-1);
    return last?.stream?.done === true && at >= last.startsAt + last.stream.end;
  }

  clear(): void {
    for (const reel of this.#reels.splice(0)) close(reel);
  }

  #reelAt(at: number): Reel | undefined {
    return this.#reels.findLast(({ startsAt }) => startsAt <= at);
  }

  #open(itemId: string, startsAt: number, frame: number, now: number): Reel {
    const reel: Reel = { itemId, startsAt, stream: undefined, failedAt: undefined, closed: false };
    // Whole milliseconds: that is what a position is asked for in.
    const ms = Math.max(0, Math.floor((frame * 1000) / this.rate));
    const from = Math.round((ms * this.rate) / 1000);
    this.#find(itemId).then(
      ({ open }) => {
        this.problem = undefined;
        if (reel.closed) return;
        reel.stream = new PcmStream((signal) => open(ms / 1000, signal), from, from + READ_AHEAD * this.rate);
      },
      (problem: unknown) => {
        this.problem = problem;
        reel.failedAt = now;
      },
    );
    return reel;
  }
}

function close(reel: Reel): void {
  reel.closed = true;
  reel.stream?.close();
}
