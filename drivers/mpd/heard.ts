import type { Cue } from '../../src/players/index.js';
import type { Ahead } from './ahead.js';
import type { Envelope } from './envelope.js';

/** Where a song is heard, for as long as nothing disturbs it. */
export interface Line {
  readonly song_id: string;
  /** When its position 0 was, or would have been, heard. */
  readonly zero_us: number;
  /** How far MPD's position may be behind the line; unknown before it was measured. */
  readonly tooth_ms?: number;
  /** A start: until a while later MPD's buffers fill, and its position is anywhere behind. */
  readonly begun_us?: number;
}

/** One look may differ from the line by this without contradicting it, besides the saw-tooth. */
const BEHIND_MS = 15;
/** Single steps are early by half a period, and the first one of a song by a whole one. */
const BEFORE_MS = 25;
const UNKNOWN_TOOTH_MS = 130;
const FILLING_US = 1_500_000;

/** Keeps the line on which the current song is heard, from starts and measurements, and reads single looks by it. */
export class Heard {
  #ahead: Ahead;
  #line: Line | undefined;

  constructor(ahead: Ahead) {
    this.#ahead = ahead;
  }

  lineOf(songId: string): Line | undefined {
    return this.#line?.song_id === songId ? this.#line : undefined;
  }

  /** A seek, a pause or a stop: the line is no more. */
  forget(): void {
    this.#line = undefined;
  }

  /** The song was started at a position. */
  started(song_id: string, { position_seconds, at_us }: Cue): void {
    this.#line = { song_id, zero_us: at_us - position_seconds * 1e6, begun_us: at_us };
  }

  measured(song_id: string, { zero_us, tooth_ms }: Envelope): Line {
    const line = { song_id, zero_us: zero_us + (this.#ahead.ms ?? 0) * 1000, tooth_ms };
    this.#line = line;
    return line;
  }

  /** MPD went on without a gap, `skipped` into the song. */
  wentOn(from: string, to: string, seconds: number | undefined, skipped = 0): void {
    const line = this.lineOf(from);
    const tooth = line?.tooth_ms;
    this.#line =
      line && seconds !== undefined
        ? {
            song_id: to,
            zero_us: line.zero_us + (seconds - skipped) * 1e6,
            ...(tooth !== undefined && { tooth_ms: tooth }),
          }
        : undefined;
  }

  /**
   * Whether a look fits the line; also true when there is nothing to hold it against. `unsureUs`: half of the round trip, for the look was
   * true at any time of it.
   */
  fits(songId: string, elapsedSeconds: number, atUs: number, unsureUs = 0): boolean {
    const line = this.lineOf(songId);
    const ahead = this.#ahead.ms;
    if (!line || ahead === undefined) return true;
    const offMs = (elapsedSeconds * 1e6 - (atUs - line.zero_us)) / 1000 - ahead;
    const filling = line.begun_us !== undefined && atUs - line.begun_us < FILLING_US ? ahead : 0;
    const unsureMs = unsureUs / 1000;
    const behindMs = (line.tooth_ms ?? UNKNOWN_TOOTH_MS) + BEHIND_MS + filling + unsureMs;
    return offMs <= BEFORE_MS + unsureMs && offMs >= -behindMs;
  }

  /** What a single look says about where the song is heard. A song that will be heard soon begins ahead of now. */
  place(songId: string, elapsedSeconds: number, atUs: number, unsureUs = 0): Cue {
    const line = this.fits(songId, elapsedSeconds, atUs, unsureUs) ? this.lineOf(songId) : undefined;
    const zeroUs = line?.zero_us ?? atUs - elapsedSeconds * 1e6 + (this.#ahead.ms ?? 0) * 1000;
    const at_us = Math.round(Math.max(atUs, zeroUs));
    return { position_seconds: Math.max(0, (at_us - zeroUs) / 1e6), at_us };
  }
}
