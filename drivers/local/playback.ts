import { Serial, toError, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import type { Fact, LinkContext } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import { entryOf, type Entry } from './mark.js';
import type { MpvEvent, PropertyName } from './wire.js';

type PlaybackFact = Extract<Fact, { type: 'playback' }>;
type EndEvent = Extract<MpvEvent, { event: 'end-file' }>;

/** What makes us look again. Positions are read, not observed: mpv would send twenty a second. */
const OBSERVED: readonly PropertyName[] = [
  'pause',
  'idle-active',
  'paused-for-cache',
  'duration',
  'metadata/by-key/icy-title',
];
const ANCHOR_MS = 8000;
/** Sound servers report a wrong delay in their first second. */
const SETTLED_MS = 1200;
/** How soon to look again while there should be sound and is none. */
const NO_SOUND_MS = 40;
const MOVED_SECONDS = 0.03;
const DURATION_SECONDS = 0.25;
/** A position that took longer to read is read again: the midpoint would be a guess. */
const GOOD_ROUND_TRIP_US = 3000;
const READ_ATTEMPTS = 3;

interface Snapshot {
  readonly entry: Entry | undefined;
  readonly idle: boolean;
  readonly seeking: boolean;
  readonly loaded: boolean;
  readonly fact: PlaybackFact;
  /** What is heard now; negative while the end of the entry before is still to be heard, absent before the first sound. */
  readonly heard: number | undefined;
}

/**
 * Turns mpv's events into facts. It never adds events up: each one is a reason to read what is true now, and what differs from
 * the last fact is told. Reads and endings take turns, so that facts keep mpv's order.
 */
export class Playback {
  /** By playlist entry id. */
  readonly entries = new Map<number, Entry>();
  #client: MpvClient;
  #clock: Clock;
  #log: Logger;
  #emit: LinkContext['emit'];
  #turns = new Serial();
  #waiting = false;
  #force = false;
  #told: PlaybackFact | undefined;
  #starting: () => boolean;
  #lastEnd: EndEvent | undefined;
  #seekOnStart: number | undefined;
  #timers = new Map<'anchor' | 'settle' | 'hold', Timer>();
  #over = false;

  /** `starting`: it is silent only because its moment has not come. */
  constructor(
    client: MpvClient,
    context: Pick<LinkContext, 'clock' | 'log' | 'emit'>,
    starting: () => boolean,
  ) {
    this.#client = client;
    this.#starting = starting;
    this.#starting = starting;
    this.#clock = context.clock;
    this.#log = context.log;
    this.#emit = context.emit;
  }

  /** Observes, and reports where playback is. `firstId` counts up the ids of observed properties. */
  async begin(firstId: number, signal: AbortSignal): Promise<void> {
    await Promise.all(
      OBSERVED.map((name, n) => this.#client.request(['observe_property', firstId + n, name], signal)),
    );
    await this.#turns.run(() => this.#look(true));
    this.#timers.set(
      'anchor',
      this.#clock.every(ANCHOR_MS, () => {
        if (this.#told?.status === 'playing') this.#lookSoon(true);
      }),
    );
  }

  end(): void {
    this.#over = true;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  handle(event: MpvEvent): void {
    switch (event.event) {
      case 'start-file':
      case 'file-loaded':
        return this.#lookSoon();
      case 'playback-restart':
        this.#seekNow();
        this.#after('settle', SETTLED_MS, () => this.#lookSoon());
        return this.#lookSoon(true);
      case 'end-file':
        this.#seekOnStart = undefined;
        return this.#turn(() => this.#ended(event));
      case 'idle':
        return this.#turn(() => this.#idle());
      case 'property-change':
        return OBSERVED.includes(event.name) ? this.#lookSoon() : undefined;
      default:
        event satisfies never;
    }
  }

  /** What plays or loads now, as mpv says. */
  async current(): Promise<Entry | undefined> {
    return entryOf(await this.#client.get('script-opts'));
  }

  /** Seeks as soon as what is loading has loaded. */
  seekOnStart(positionSeconds: number): void {
    this.#seekOnStart = positionSeconds;
  }

  #seekNow(): void {
    const position = this.#seekOnStart;
    this.#seekOnStart = undefined;
    if (position === undefined) return;
    this.#client.request(['seek', position, 'absolute+exact']).catch((error: unknown) => {
      this.#log.warn({ reason: toError(error).message }, 'a seek was lost while loading');
    });
  }

  #after(name: 'settle' | 'hold', ms: number, run: () => void): void {
    this.#timers.get(name)?.cancel();
    this.#timers.set(name, this.#clock.after(ms, run));
  }

  #turn(task: () => Promise<void>): void {
    const run = async (): Promise<void> => {
      if (!this.#over) await task();
    };
    // A read fails only when mpv is gone or hung; `closed` and the probe tell that.
    this.#turns.run(run).catch((error: unknown) => {
      if (!this.#over) this.#log.debug({ reason: toError(error).message }, 'mpv could not be read');
    });
  }

  #lookSoon(force = false): void {
    this.#force ||= force;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#turn(() => this.#look());
  }

  async #look(force = false): Promise<void> {
    this.#waiting = false;
    const forced = this.#force || force;
    this.#force = false;
    const seen = await this.#read();
    if (this.#over) return;
    // Between two entries, and while a seek is under way, the next event follows at once.
    const between = !seen.idle && !seen.entry && this.#told !== undefined;
    if (between || (seen.seeking && seen.entry?.ref === this.#told?.ref)) return this.#keep(forced);
    const wait = this.#notYetMs(seen);
    if (wait > 0) {
      this.#keep(true);
      return this.#after('hold', Math.ceil(wait), () => this.#lookSoon());
    }
    // Loaded but not yet heard: no event tells when the first sound comes.
    if (seen.fact.status === 'loading' && seen.loaded && !this.#starting())
      this.#after('hold', NO_SOUND_MS, () => this.#lookSoon());
    if (forced || this.#differs(seen.fact)) this.#tell(seen.fact);
  }

  #keep(forced: boolean): void {
    this.#force ||= forced;
  }

  /**
   * How long to keep silent about the entry that mpv is at. It is there as soon as the one before is written; people hear the
   * change when the buffers have run dry, and hear a gap only if there is nothing to play by then.
   */
  #notYetMs({ fact, heard }: Snapshot): number {
    const told = this.#told;
    if (told?.status !== 'playing' || told.ref === fact.ref || this.#lastEnd?.reason !== 'eof') return 0;
    if (fact.status === 'playing') return -(heard ?? 0) * 1000;
    if (fact.status !== 'loading' || told.duration_seconds === undefined) return 0;
    return Math.min(NO_SOUND_MS, (told.duration_seconds - projected(told, fact.at_us)) * 1000);
  }

  #differs(fact: PlaybackFact): boolean {
    const told = this.#told;
    if (!told) return true;
    const expected = projected(told, fact.at_us);
    return (
      told.status !== fact.status ||
      told.ref !== fact.ref ||
      told.stream_title !== fact.stream_title ||
      (told.duration_seconds === undefined) !== (fact.duration_seconds === undefined) ||
      Math.abs((told.duration_seconds ?? 0) - (fact.duration_seconds ?? 0)) > DURATION_SECONDS ||
      Math.abs(expected - fact.position_seconds) > MOVED_SECONDS
    );
  }

  #tell(fact: PlaybackFact): void {
    this.#told = fact;
    this.#emit(fact);
  }

  async #ended(event: EndEvent): Promise<void> {
    this.#lastEnd = event;
    const ref = this.#refOf(event);
    if (event.reason !== 'error' || ref === undefined) return;
    this.#introduce(ref);
    this.#emit({ type: 'ended', ref, reason: 'failed', message: reasonOf(event.file_error) });
  }

  async #idle(): Promise<void> {
    const end = this.#lastEnd;
    this.#lastEnd = undefined;
    const ref = end?.reason === 'eof' ? this.#refOf(end) : undefined;
    if (ref !== undefined) {
      // mpv answers nothing until the last sound has left its buffers
      await this.#client.get('pid');
      if (this.#over) return;
      this.#introduce(ref);
      this.#emit({ type: 'ended', ref, reason: 'finished' });
    }
    await this.#look();
  }

  #refOf(event: EndEvent): string | undefined {
    return this.entries.get(event.playlist_entry_id)?.ref ?? this.#told?.ref;
  }

  /** Nothing ends that was not seen to begin. */
  #introduce(ref: string): void {
    if (this.#told?.ref === ref) return;
    const at_us = this.#clock.nowUs();
    this.#tell({ type: 'playback', status: 'loading', ref, position_seconds: 0, at_us, rate: 0 });
  }

  /** Everything as it is at one moment: read again when the entry changed on the way. */
  async #read(): Promise<Snapshot> {
    const client = this.#client;
    for (let attempt = 1; ; attempt++) {
      const before = entryOf(await client.get('script-opts'));
      const wasStarting = this.#starting();
      const [heard, at_us] = await this.#readHeard();
      const [time, idle, paused, buffering, seeking, duration, title, options] = await Promise.all([
        client.get('time-pos'),
        client.get('idle-active'),
        client.get('pause'),
        client.get('paused-for-cache'),
        client.get('seeking'),
        client.get('duration'),
        client.get('metadata/by-key/icy-title'),
        client.get('script-opts'),
      ]);
      const entry = entryOf(options);
      if (before?.ref !== entry?.ref && attempt < READ_ATTEMPTS) continue;
      const begun = entry !== undefined && entry.ref === this.#told?.ref && this.#told.status !== 'loading';
      const silent = heard === undefined && paused !== true;
      const loading = time === undefined || (!begun && (seeking === true || silent));
      const starting = wasStarting || this.#starting();
      const status = statusOf({ idle: idle === true, loading, paused: paused === true, starting, buffering });
      const length = entry?.live === true ? undefined : duration;
      const fact: PlaybackFact = {
        type: 'playback',
        status,
        position_seconds: Math.min(Math.max(0, heard ?? time ?? 0), length ?? Infinity),
        at_us,
        rate: status === 'playing' ? 1 : 0,
        ...(entry && { ref: entry.ref }),
        ...(length !== undefined && { duration_seconds: length }),
        ...(title !== undefined && title !== '' && { stream_title: title }),
      };
      return {
        entry,
        idle: idle === true,
        seeking: seeking === true,
        loaded: time !== undefined && buffering !== true,
        fact,
        heard,
      };
    }
  }

  /** `audio-pts` is what is heard now, to 0.1 ms. `time-pos` steps 20 times a second and stands in where there is no sound. */
  async #readHeard(): Promise<readonly [number | undefined, number]> {
    for (let attempt = 1; ; attempt++) {
      const sent = this.#clock.nowUs();
      const heard = await this.#client.get('audio-pts');
      const received = this.#clock.nowUs();
      if (received - sent < GOOD_ROUND_TRIP_US || attempt >= READ_ATTEMPTS) {
        return [heard, Math.round((sent + received) / 2)];
      }
    }
  }
}

/** Where a fact says that playback is at a later moment. */
function projected(fact: PlaybackFact, at_us: number): number {
  return fact.position_seconds + ((at_us - fact.at_us) / 1e6) * fact.rate;
}

function statusOf(seen: {
  idle: boolean;
  loading: boolean;
  paused: boolean;
  starting: boolean;
  buffering: boolean | undefined;
}): PlaybackFact['status'] {
  if (seen.idle) return 'stopped';
  if (seen.loading) return 'loading';
  if (seen.paused) return seen.starting ? 'loading' : 'paused';
  return seen.buffering === true ? 'loading' : 'playing';
}

function reasonOf(fileError: string | undefined): string {
  return fileError === undefined || fileError === '' ? 'mpv could not play it' : fileError;
}
