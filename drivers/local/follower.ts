import { toError, type Clock, type Logger, type Timer } from '../../src/base/index.js';
import type { Cue, LinkContext } from '../../src/players/index.js';
import type { Heard } from '../../src/sync/index.js';
import type { MpvClient } from './client.js';
import { RestartGuard } from './guard.js';
import type { Entry } from './mark.js';
import type { Stages } from './stages.js';
import type { SteeredOutput } from './steered-output.js';
import { SyncReport } from './sync-report.js';
import type { TimedStart } from './timed-start.js';

/** Not a multiple of 10 ms: looks at ever the same place between two steps of a coarse pointer would all be wrong by the same. */
const TICK_MS = 103;
/** After a look that was not enough. */
const AGAIN_MS = 23;
const LOOKS = 3;
/** A player that was silenced is not looked at so often. */
const PAUSED_MS = 1000;
/** Looks of one tick that disagree by more fell on both sides of a jump. */
const ONE_PLACE_SECONDS = 0.01;
/** Then it may be another item. */
const ELSEWHERE_SECONDS = 0.02;
/** Playing, and nothing to measure by for so long: it cannot be steered. */
const BLIND_US = 2_000_000;
/** So close to the end of an item a restart would not be done in time; the next item brings the skew along. */
const END_SECONDS = 0.5;

/** What is to be kept to, while one playlist entry plays. */
interface Target {
  readonly ref: string;
  readonly cue: Cue;
  readonly entryId: number;
}

export interface FollowerParts {
  readonly client: MpvClient;
  readonly stages: Stages;
  readonly start: TimedStart;
  readonly output: SteeredOutput;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: LinkContext['emit'];
  /** What mpv plays now. */
  current(): Promise<Entry | undefined>;
  /** Whether it can be measured, and what is wrong with it. */
  measurable(yes: boolean, problem?: string): void;
}

/** Keeps mpv on the room's timeline while there is one to keep to; reads nothing otherwise. */
export class Follower {
  #parts: FollowerParts;
  #report: SyncReport;
  #guard = new RestartGuard();
  #target: Target | undefined;
  /** For the item that comes next, told before we are at it. */
  #upcoming: { readonly ref: string; readonly cue: Cue } | undefined;
  #timer: Timer | undefined;
  #seenAt = 0;
  #troubled = false;
  #over = false;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
    this.#report = new SyncReport(parts.clock, parts.emit);
  }

  end(): void {
    this.#over = true;
    this.#forget();
  }

  /** On its own again. */
  async leave(): Promise<void> {
    this.#forget();
    await this.#parts.output.leave();
  }

  #forget(): void {
    this.#parts.start.cancel();
    this.#timer?.cancel();
    this.#target = undefined;
    this.#upcoming = undefined;
    this.#guard.clear();
  }

  /** From now on the cue counts; what plays is steered to it, and nothing silent is made to play. */
  async follow(ref: string, cue: Cue): Promise<void> {
    const { stages, start } = this.#parts;
    const playing = await this.#parts.current();
    if (playing && (playing.live || playing.ref !== ref)) {
      this.#upcoming = { ref, cue };
      return;
    }
    const before = this.#target?.cue;
    if (before && Math.abs(apart(before, cue)) > ELSEWHERE_SECONDS) this.#guard.clear();
    this.#target = { ref, cue, entryId: stages.entryId };
    this.#seenAt = this.#parts.clock.nowUs();
    if (start.pending || before) return;
    await this.#parts.output.reopened();
    this.#tickIn(0);
  }

  /** Begins as the cue says, or where the music is by then. */
  begin(ref: string, cue: Cue, entryId: number, stands?: number): void {
    this.#forget();
    this.#target = { ref, cue, entryId };
    this.#start(this.#target, stands);
  }

  /** Media that cannot be sought: begins at the moment, and is on its own from there. */
  async beginLive(cue: Cue, entryId: number): Promise<void> {
    await this.leave();
    const trim = (): Promise<{ speed: number; start_us: number }> =>
      Promise.resolve({ speed: 1, start_us: 0 });
    void this.#parts.start.begin({ cue, entryId, position_seconds: 0, seekable: false }, trim);
  }

  /** The output was changed, or opened again. */
  async reopened(): Promise<void> {
    if (this.#target && !this.#parts.start.pending) await this.#parts.output.reopened();
  }

  #start(target: Target, stands?: number): void {
    const { start, output, clock } = this.#parts;
    const { cue, entryId } = target;
    this.#timer?.cancel();
    const order = { cue, entryId, position_seconds: stands, seekable: true };
    void start
      .begin(order, () => output.trim())
      .then((begun) => {
        if (begun) output.began(begun);
        this.#seenAt = clock.nowUs();
        if (!start.pending) this.#tickIn(AGAIN_MS);
      });
  }

  #tickIn(ms: number): void {
    this.#timer?.cancel();
    if (this.#over || !this.#target) return;
    this.#timer = this.#parts.clock.after(ms, () => {
      const target = this.#target;
      if (!target || this.#over) return;
      this.#tick(target).then(
        (next) => {
          if (next !== undefined && !this.#parts.start.pending) this.#tickIn(next);
        },
        (error: unknown) => {
          if (this.#over) return;
          this.#parts.log.debug({ reason: toError(error).message }, 'mpv could not be steered');
          this.#tickIn(TICK_MS);
        },
      );
    });
  }

  /** Returns when to look again. */
  async #tick(target: Target): Promise<number | undefined> {
    const { output, clock } = this.#parts;
    const heard = await this.#look();
    if (this.#target !== target) return this.#target ? TICK_MS : undefined;
    if (!heard) return this.#blind();
    this.#seenAt = clock.nowUs();
    if (!output.trusted) return TICK_MS;
    const cue = await this.#cueFor(target, heard);
    if (!cue) return AGAIN_MS;
    const { steering } = output;
    const steer = steering.take(heard, cue, clock.nowUs());
    if (steer.kind === 'look-again') return AGAIN_MS;
    output.learn();
    if (steer.kind === 'rejoin') return this.#rejoin(cue);
    await output.setSpeed(steer.speed);
    this.#report.seen(steering);
    this.#calm();
    return TICK_MS;
  }

  /** What is heard, three times; nothing while there is no sound, or when it was two places. */
  async #look(): Promise<readonly Heard[] | undefined> {
    const { client, clock } = this.#parts;
    const heard: Heard[] = [];
    for (let look = 0; look < LOOKS; look++) {
      const sent = clock.nowUs();
      const position_seconds = await client.get('audio-pts');
      const received = clock.nowUs();
      if (position_seconds === undefined) return undefined;
      heard.push({ position_seconds, at_us: (sent + received) / 2, rtt_us: received - sent });
    }
    const places = heard.map(({ position_seconds, at_us }) => position_seconds - at_us / 1e6);
    const quick = heard.every(({ rtt_us }) => rtt_us < ONE_PLACE_SECONDS * 1e6);
    return quick && Math.max(...places) - Math.min(...places) > ONE_PLACE_SECONDS ? undefined : heard;
  }

  /** The target's, or when mpv went on to the next entry by itself, one that continues it: nothing happened to what is heard. */
  async #cueFor(target: Target, heard: readonly Heard[]): Promise<Cue | undefined> {
    const { output, stages } = this.#parts;
    if (stages.entryId === target.entryId && Math.abs(ahead(heard, target.cue)) < ELSEWHERE_SECONDS) {
      return target.cue;
    }
    // Events that came before this answer have been handled by now.
    const entry = await this.#parts.current();
    if (this.#target !== target || !entry) return undefined;
    if (entry.ref === target.ref && stages.entryId === target.entryId) return target.cue;
    const told = this.#upcoming?.ref === entry.ref ? this.#upcoming.cue : undefined;
    const carried = output.steering.carry(heard, target.cue);
    const cue = told ?? carried;
    if (entry.live || !cue) return undefined;
    this.#target = { ref: entry.ref, cue, entryId: stages.entryId };
    this.#upcoming = undefined;
    return cue;
  }

  async #rejoin(cue: Cue): Promise<number | undefined> {
    const { client, clock, log, output } = this.#parts;
    const target = this.#target;
    const [paused, buffering, idle, duration] = await Promise.all([
      client.get('pause'),
      client.get('paused-for-cache'),
      client.get('idle-active'),
      client.get('duration'),
    ]);
    if (!target || this.#target !== target || this.#parts.start.pending) return TICK_MS;
    if (paused !== false) return PAUSED_MS;
    if (buffering === true || idle === true) return TICK_MS;
    const now = clock.nowUs();
    const place = cue.position_seconds + (now - cue.at_us) / 1e6;
    if (place < 0 || place > (duration ?? Infinity) - END_SECONDS) return TICK_MS;
    const { steering } = output;
    if (this.#guard.waitUs(now) > 0) {
      this.#report.seen(steering);
      return TICK_MS;
    }
    const pause = this.#guard.made(now) / 1e6;
    const again = pause > 0 ? `; not again within ${pause} s` : '';
    this.#report.restarting(steering, `started again where the music is${again}`);
    log.info({ skew_ms: steering.skew_ms, pause_seconds: pause }, 'lost the timeline; starting again on it');
    if (pause > 0) this.#trouble('this output does not keep time: it had to be started again several times');
    this.#start(target);
    return undefined;
  }

  #blind(): number {
    const { clock, stages } = this.#parts;
    if (stages.idle) this.#seenAt = clock.nowUs();
    if (clock.nowUs() - this.#seenAt > BLIND_US) this.#parts.measurable(false);
    return TICK_MS;
  }

  #trouble(problem: string): void {
    this.#troubled = true;
    this.#parts.measurable(false, problem);
  }

  #calm(): void {
    this.#troubled &&= this.#guard.suspicious(this.#parts.clock.nowUs());
    if (!this.#troubled) this.#parts.measurable(true);
  }
}

/** How far `heard` is ahead of the cue. */
function ahead(heard: readonly Heard[], cue: Cue): number {
  return heard[0] ? apart(cue, heard[0]) : 0;
}

/** How far ahead of one cue another one is. */
function apart(cue: Cue, other: Cue): number {
  return other.position_seconds - cue.position_seconds - (other.at_us - cue.at_us) / 1e6;
}
