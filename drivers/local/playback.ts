import { Serial, toError, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import type { LinkContext } from '../../src/players/index.js';
import type { MpvClient } from './client.js';
import { entryOf, type Entry } from './mark.js';
import { readSnapshot, type PlaybackFact, type Reader, type Snapshot } from './snapshot.js';
import type { MpvEvent, PropertyName } from './wire.js';

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
/**
 * What mpv says within a few ms of a start or a change may be wrong by tens of ms: it is looked at again, closely, so long afterwards. Sound
 * servers report a wrong delay in their first second, hence the second look; more follow only while every answer was slow to come.
 */
const SETTLE_MS = [500, 800, 1000, 1000, 1000] as const;
const SETTLE_LOOKS = 2;
/** How soon to look again while there should be sound and is none. */
const NO_SOUND_MS = 40;
const MOVED_SECONDS = 0.03;
/** When looked at closely. */
const EXACT_SECONDS = 0.001;
/** A position is known well when it is wrong by no more than this. */
const SURE_SECONDS = 0.0015;
const DURATION_SECONDS = 0.25;

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
  #reader: Reader;
  #unplugged: () => Promise<boolean>;
  #turns = new Serial();
  #waiting = false;
  #force = false;
  #closely = false;
  #told: PlaybackFact | undefined;
  /** By how much the position told may be wrong, seconds. */
  #doubt = Infinity;
  #lastEnd: EndEvent | undefined;
  #seekOnStart: number | undefined;
  #timers = new Map<'anchor' | 'settle' | 'hold', Timer>();
  #over = false;

  /** `starting`: it is silent only because its moment has not come. `unplugged`: it failed because its output is gone, not by itself. */
  constructor(
    client: MpvClient,
    context: Pick<LinkContext, 'clock' | 'log' | 'emit'>,
    starting: () => boolean,
    unplugged: () => Promise<boolean>,
  ) {
    this.#unplugged = unplugged;
    this.#client = client;
    this.#reader = { client, clock: context.clock, starting };
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
        if (this.#told?.status !== 'playing') return;
        this.#closely = true;
        this.#lookSoon(true);
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
        this.#doubt = Infinity;
        this.#settle();
        return this.#lookSoon(true);
      case 'end-file':
        this.#seekOnStart = undefined;
        // At once: a look that is under way may be at the next entry already.
        this.#lastEnd = event;
        return this.#turn(() => this.#ended(event));
      case 'idle': {
        const end = this.#lastEnd;
        this.#lastEnd = undefined;
        return this.#turn(() => this.#idle(end));
      }
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

  /** Looks again, closely, when what was told last has had time to become true. */
  #settle(looks = 0): void {
    this.#after('settle', SETTLE_MS[looks] ?? 0, () => {
      this.#turn(async () => {
        this.#closely = true;
        await this.#look();
        const next = looks + 1;
        const sure = this.#doubt <= SURE_SECONDS || this.#told?.status !== 'playing';
        if (!(sure && next >= SETTLE_LOOKS) && next < SETTLE_MS.length) this.#settle(next);
      });
    });
  }

  async #look(force = false): Promise<void> {
    this.#waiting = false;
    const forced = this.#force || force;
    const closely = this.#closely;
    this.#force = this.#closely = false;
    const seen = await readSnapshot(this.#reader, () => this.#told);
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
    if (seen.fact.status === 'loading' && seen.loaded && !this.#reader.starting())
      this.#after('hold', NO_SOUND_MS, () => this.#lookSoon());
    this.#judge(seen, forced, closely);
  }

  /** Tells what is news. Of two positions that do not contradict each other the one that is known better counts. */
  #judge({ fact, doubt }: Snapshot, forced: boolean, closely: boolean): void {
    const told = this.#told;
    const change = !told || this.#differs(fact);
    const off = told ? Math.abs(projected(told, fact.at_us) - fact.position_seconds) : 0;
    const better = change || doubt <= this.#doubt || off > doubt;
    const moved = better && off > EXACT_SECONDS;
    if (better && (closely || change)) this.#doubt = closely ? doubt : Infinity;
    if (change && fact.status === 'playing') this.#settle();
    if (!forced && !change && !(closely && moved)) return;
    this.#tell(better || !told ? fact : { ...fact, position_seconds: projected(told, fact.at_us) });
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
    if (told?.status !== 'playing') return 0;
    // Also of the same item once more.
    if (fact.status === 'playing') return -(heard ?? 0) * 1000;
    if (told.ref === fact.ref || this.#lastEnd?.reason !== 'eof') return 0;
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
    const ref = this.#refOf(event);
    if (event.reason !== 'error' || ref === undefined || (await this.#unplugged())) return;
    this.#introduce(ref);
    this.#emit({ type: 'ended', ref, reason: 'failed', message: reasonOf(event.file_error) });
  }

  async #idle(end: EndEvent | undefined): Promise<void> {
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
}

/** Where a fact says that playback is at a later moment. */
function projected(fact: PlaybackFact, at_us: number): number {
  return fact.position_seconds + ((at_us - fact.at_us) / 1e6) * fact.rate;
}

function reasonOf(fileError: string | undefined): string {
  return fileError === undefined || fileError === '' ? 'mpv could not play it' : fileError;
}
