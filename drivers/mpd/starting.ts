import type { Clock, Logger, Timer } from '../../src/base/index.js';
import type { Cue } from '../../src/players/index.js';
import type { Ahead } from './ahead.js';
import { MpdAck, type MpdConnection } from './client.js';
import type { Heard } from './heard.js';
import { placeForMpd } from './songs.js';
import type { MpdStatus } from './status.js';
import type { MpdCommand } from './wire.js';

/** What MPD is given at least to stand ready at a position; twice as much each time that a start is arranged anew. */
const PREPARE_MS = 60;
const MOST_PREPARE_MS = 2000;
/** A start that is late by more is arranged anew: while it is silent that costs nothing but the work of MPD, which decodes anew. */
const LATE_MS = 12;
const MOST_LATE = 6;
/** One that turned out to be off by more is done over at once: what was heard of it is too short to be music. */
const OFF_MS = 8;
const MOST_OVER = 3;
/** What the last starts were all late by, on a slow machine or network, the next is sent earlier by; but by no more than this. */
const MOST_SLOW_MS = 40;
const SLOW_OF = { fewest: 2, most: 5 };
const SEEK_TRIES = 5;
/** A media shorter than a cue is over by now; MPD is told its last moment, so that it comes to its end by itself. */
const LAST_MOMENT_SECONDS = 0.05;

export interface Start {
  readonly song_id: string;
  /** What is to be heard, and when. */
  readonly cue: Cue;
}

/** How often a start was arranged anew: before it was sent, and after. */
interface Tries {
  readonly late: number;
  readonly over: number;
}

const FIRST: Tries = { late: 0, over: 0 };

export interface StartingParts {
  readonly connection: MpdConnection;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ahead: Ahead;
  readonly heard: Heard;
  /** Runs when no other command does. */
  readonly inTurn: (work: () => Promise<void>) => void;
  /** The song was started. */
  readonly onStarted: (start: Start) => void;
}

/** Starts at a moment: MPD stands paused at the very position, and is let go so early that it is heard then. */
export class Starting {
  #parts: StartingParts;
  #waiting: (Start & { readonly line: Cue }) | undefined;
  #timer: Timer | undefined;
  #prepareMs = PREPARE_MS;
  #tries = FIRST;
  /** How late the last starts would have been, newest last. */
  #lateMs: readonly number[] = [];

  constructor(parts: StartingParts) {
    this.#parts = parts;
  }

  get waiting(): Start | undefined {
    return this.#waiting;
  }

  /** How long before a moment a start must be asked for. */
  get leadMs(): number {
    return Math.round(200 + this.#parts.ahead.startMs);
  }

  /** From the moment of a start, as it is planned, until sound is heard. */
  get #earlyMs(): number {
    const known = this.#lateMs.length >= SLOW_OF.fewest;
    const slowMs = known ? Math.max(0, Math.min(MOST_SLOW_MS, ...this.#lateMs)) : 0;
    return this.#parts.ahead.startMs + slowMs;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = undefined;
    this.#tries = FIRST;
  }

  /** From whatever MPD does with the song to standing ready; a moment that cannot be met is moved along the music. */
  async arrange(song: SongToStart, line: Cue, state: MpdStatus['state'], tries = FIRST): Promise<void> {
    this.cancel();
    this.#tries = tries;
    const { clock, heard } = this.#parts;
    heard.forget();
    const asked = clock.nowUs();
    const prepareMs = Math.min(MOST_PREPARE_MS, this.#prepareMs * 2 ** (tries.late + tries.over));
    const earliest = asked + (prepareMs + this.#earlyMs) * 1000;
    const cue = placeIn(song, line, Math.max(line.at_us, earliest));
    await seeking(this.#parts.connection, commandsFor(song, cue.position_seconds, state));
    const tookMs = (clock.nowUs() - asked) / 1000;
    this.#prepareMs = Math.min(MOST_PREPARE_MS, Math.max(PREPARE_MS, tookMs * 1.5));
    this.#waiting = { song_id: song.id, cue, line };
    const early = (cue.at_us - clock.nowUs()) / 1000 - this.#earlyMs;
    this.#timer = clock.after(Math.max(0, early), () => void this.#go(song));
  }

  #arrangeAnew(song: SongToStart, start: Start & { readonly line: Cue }, state: 'pause' | 'play'): void {
    const { late, over } = this.#tries;
    const tries = state === 'play' ? { late, over: over + 1 } : { late: late + 1, over };
    this.#parts.inTurn(async () => {
      if (this.#waiting === start) await this.arrange(song, start.line, state, tries);
    });
  }

  async #go(song: SongToStart): Promise<void> {
    const start = this.#waiting;
    if (!start) return;
    const { clock, connection, ahead, log } = this.#parts;
    const lateMs = (clock.nowUs() - start.cue.at_us) / 1000 + this.#earlyMs;
    const { late, over } = this.#tries;
    const again = !song.live && late < MOST_LATE;
    if (lateMs > LATE_MS && again) {
      log.debug({ late_ms: Math.round(lateMs) }, 'mpd start is late, and arranged anew');
      this.#arrangeAnew(song, start, 'pause');
      return;
    }
    const sent = clock.nowUs();
    try {
      await connection.request('pause', '0');
    } catch (error) {
      this.cancel();
      if (error instanceof MpdAck) log.warn({ said: error.said }, 'mpd would not start');
      return;
    }
    if (this.#waiting !== start) return;
    const at_us = (sent + clock.nowUs()) / 2 + ahead.startMs * 1000;
    const offMs = (at_us - start.cue.at_us) / 1000;
    this.#lateMs = [...this.#lateMs, offMs - ahead.startMs + this.#earlyMs].slice(-SLOW_OF.most);
    if (Math.abs(offMs) > OFF_MS && again && over < MOST_OVER) {
      log.debug({ off_ms: Math.round(offMs) }, 'mpd start was off, and is done over');
      this.#arrangeAnew(song, start, 'play');
      return;
    }
    this.cancel();
    this.#parts.onStarted({ song_id: song.id, cue: { ...start.cue, at_us } });
  }
}

export interface SongToStart {
  readonly id: string;
  readonly live: boolean;
  readonly duration_seconds?: number | undefined;
  readonly skip_seconds?: number | undefined;
}

/** Where the line is at a moment, moved to a full millisecond of the song, which is what MPD can seek to. */
function placeIn(song: SongToStart, line: Cue, atUs: number): Cue {
  const last = (song.duration_seconds ?? Number.POSITIVE_INFINITY) - LAST_MOMENT_SECONDS;
  const exact = line.position_seconds + (atUs - line.at_us) / 1e6;
  if (song.live || exact >= last) return { position_seconds: song.live ? 0 : Math.max(0, last), at_us: atUs };
  const position_seconds = Math.max(0, Math.ceil(exact * 1000 - 1e-6) / 1000);
  return { position_seconds, at_us: atUs + (position_seconds - exact) * 1e6 };
}

/** Paused first, so that the seek lands to the sample and nothing of it is heard. */
function commandsFor(song: SongToStart, position: number, state: MpdStatus['state']): MpdCommand[] {
  const stand: MpdCommand = ['pause', '1'];
  const start: MpdCommand[] =
    state === 'stop' ? [['playid', song.id], stand] : state === 'play' ? [stand] : [];
  return song.live ? start : [...start, ['seekid', song.id, placeForMpd(song, position)]];
}

/** A short file may be decoded to its end just when MPD is to seek in it; it says so, and can do it the next time. */
export async function seeking(connection: MpdConnection, commands: readonly MpdCommand[]): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await connection.list(commands);
      return;
    } catch (error) {
      if (!(error instanceof MpdAck) || error.said !== 'Decoder is dead' || tries === SEEK_TRIES) throw error;
    }
  }
}
