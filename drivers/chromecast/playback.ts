import { AppError, toError, type Timer } from '../../src/base/index.js';
import type { Cue, Media, PlayerCommand } from '../../src/players/index.js';
import type { PlaybackStatus } from '../../src/protocol/index.js';
import { AppGone, CastRefusal } from './client.js';
import type { Pace } from './pace.js';
import { foreignOf } from './foreign.js';
import { addressOf, mediaOf } from './media.js';
import type { Memory } from './memory.js';
import type { Moment, PlaybackParts } from './playback-parts.js';
import type { Sight } from './sight.js';
import { CAN_RATE } from './wire.js';

/** An app may be silent so long between two items of its queue. */
const GO_ON_MS = 1500;
const FRESH_US = 600_000;
const FRESH_MS = 400;
const STEADY_MS = 4000;

type Following = { readonly media: Media; stage: 'waiting' | 'queued' };

/** Obeys the commands about what plays, and tells what plays from what the app says. Commands must not overlap. */
export class Playback {
  readonly pace: Pace;
  #parts: PlaybackParts;
  /** What of ours is loaded. */
  #current: Memory['current'];
  #following: Following | undefined;
  /** Our LOAD is under way: its answer decides, whatever is said meanwhile. */
  #loading: AbortController | undefined;
  #wantsToPlay = false;
  #status: PlaybackStatus = 'stopped';
  /** Of what plays, as the receiver found it. */
  #duration: number | undefined;
  #began_us = 0;
  /** The next fact is told although it is no news. */
  #force = false;
  #goOn: Timer | undefined;

  constructor(parts: PlaybackParts) {
    this.#parts = parts;
    this.#current = parts.current;
    this.pace = parts.pace({
      play: () => parts.app.tell('PLAY'),
      seek: (currentTime, hold) =>
        parts.app.tell('SEEK', { currentTime, ...(hold && { resumeState: 'PLAYBACK_PAUSE' }) }),
      rate: (playbackRate) => parts.app.tell('SET_PLAYBACK_RATE', { playbackRate }),
    });
  }

  get current(): Memory['current'] {
    return this.#current;
  }

  /** How often to ask where it is: what it says at the start of the sound is not exact yet. Undefined = there is nothing to ask. */
  get lookEvery_ms(): number | undefined {
    if (!this.#current || (this.#status !== 'playing' && this.#status !== 'loading')) return undefined;
    const isNew = this.#parts.clock.nowUs() - this.#began_us < FRESH_US;
    return this.pace.lookEvery_ms ?? (isNew ? FRESH_MS : STEADY_MS);
  }

  async load(command: Extract<PlayerCommand, { type: 'load' }>): Promise<void> {
    this.#requireFree();
    const { media, next, position_seconds, playing, at_us } = command;
    this.pace.let();
    this.#wantsToPlay = playing;
    this.#following = next && { media: next, stage: 'waiting' };
    const place = media.live ? 0 : position_seconds;
    const cue =
      playing && at_us !== undefined && !media.live ? { position_seconds: place, at_us } : undefined;
    await this.#begin(media, place, cue);
  }

  /** Another app runs, or none. */
  sessionChanged(): void {
    const { app, later } = this.#parts;
    app.eyes.forget();
    later(() => this.look(true));
  }

  /** Whose player it is may have changed. */
  receiverSeen(): void {
    if (!this.#loading) this.#tellControl(this.#parts.app.eyes.last);
  }

  /** What waits for an answer to an older LOAD waits no more. */
  supersede(): void {
    this.#loading?.abort(new AppError('ERR_CONFLICT', 'something else was asked for'));
  }

  async preload(next: Media | undefined): Promise<void> {
    if (next?.ref === this.#following?.media.ref) return;
    await this.#unqueue();
    this.#following = next && { media: next, stage: 'waiting' };
    await this.#queue();
  }

  async play(cue: Cue | undefined): Promise<void> {
    this.#requireFree();
    this.#wantsToPlay = true;
    const current = this.#current;
    if (!current) return;
    const { app } = this.#parts;
    if (!cue || current.live) {
      this.pace.let();
      return app.tell('PLAY');
    }
    const place = this.#status === 'paused' ? app.eyes.last?.position_seconds : undefined;
    await this.pace.start(current.ref, cue, place);
  }

  async pause(): Promise<void> {
    this.#requireFree();
    this.#wantsToPlay = false;
    this.pace.let();
    if (this.#current) await this.#parts.app.tell('PAUSE');
  }

  async seek(position_seconds: number, at_us: number | undefined): Promise<void> {
    this.#requireFree();
    const current = this.#current;
    if (!current) throw new AppError('ERR_CONFLICT', 'nothing is loaded');
    if (current.live) throw new AppError('ERR_NOT_SEEKABLE', 'a live stream has no positions');
    if (at_us !== undefined && this.#wantsToPlay) {
      return this.pace.start(current.ref, { position_seconds, at_us }, undefined);
    }
    this.pace.let();
    await this.#parts.app.tell('SEEK', { currentTime: position_seconds });
  }

  follow(ref: string | undefined, cue: Cue | undefined): void {
    if (ref === undefined || !cue) return this.pace.let();
    if (ref !== this.#current?.ref) this.pace.followNext(ref, cue);
    else if (!this.#current.live) this.pace.follow(ref, cue);
  }

  async stop(): Promise<void> {
    this.#wantsToPlay = false;
    const { app } = this.#parts;
    await app.look();
    const ours = this.#isOurs(app.eyes.last) && app.eyes.last?.state !== 'idle';
    this.#forget();
    if (ours) await app.tell('STOP');
  }

  /** Silences what is not ours, whichever app it is. */
  async takeOver(): Promise<void> {
    const { app, receiver } = this.#parts;
    if (receiver.foreign) return receiver.stopApp();
    await app.look();
    const last = app.eyes.last;
    if (last && last.state !== 'idle' && !this.#isOurs(last)) await app.tell('STOP');
  }

  /** Asks and tells. `force`: although it is no news. */
  async look(force: boolean): Promise<void> {
    this.#force ||= force;
    if (!(await this.#parts.app.look())) this.observe(undefined, this.#now());
  }

  /** What the app says, or that there is no app that could. */
  observe(sight: Sight | undefined, moment: Moment): void {
    if (this.#loading) return;
    if (sight && !sight.known) return this.#parts.later(() => this.look(false));
    this.#tellControl(sight);
    if (sight && sight.state !== 'idle') {
      this.#goOn?.cancel();
      if (this.#isOurs(sight)) this.#plays(sight, moment);
      else this.#nothing();
    } else if (!sight?.going_on) {
      this.#silent(sight);
    }
  }

  close(): void {
    this.#goOn?.cancel();
    this.supersede();
    this.pace.close();
  }

  /** Loads, and goes on to what follows where that cannot be played. */
  async #begin(media: Media, place: number, cue: Cue | undefined): Promise<void> {
    const { ref, live } = media;
    this.#current = { ref, live };
    if (this.#wantsToPlay) this.#tell('loading', ref, place, undefined);
    const problem = await this.#open(media, place, this.#wantsToPlay && !cue);
    if (problem === 'superseded') return;
    if (problem !== undefined) return this.#fail(ref, problem);
    this.#parts.remember();
    await this.look(true);
    if (cue && this.#current?.ref === ref) await this.pace.start(ref, cue, place);
    await this.#queue();
  }

  /** What is wrong with it, for people; undefined when it is loaded. */
  async #open(media: Media, position_seconds: number, playing: boolean): Promise<string | undefined> {
    const { own, mark, app } = this.#parts;
    const address = addressOf(media, own);
    if (address === undefined) return 'it has no web address that a Chromecast could open';
    const loading = (this.#loading = new AbortController());
    try {
      const what = mediaOf(media, address, { own, mark });
      await app.load(what, { position_seconds, playing, signal: loading.signal });
      return undefined;
    } catch (error) {
      if (loading.signal.aborted || error instanceof AppGone) return 'superseded';
      if (!(error instanceof CastRefusal)) throw error;
      return error.message;
    } finally {
      if (this.#loading === loading) this.#loading = undefined;
    }
  }

  async #fail(ref: string, message: string): Promise<void> {
    if (this.#current?.ref !== ref) return;
    const following = this.#following;
    this.#parts.reporter.report({ type: 'ended', ref, reason: 'failed', message });
    this.#forget();
    if (following) await this.#begin(following.media, 0, undefined);
    else await this.look(true);
  }

  #plays(sight: Sight, moment: Moment): void {
    const { mark, state, position_seconds, rate } = sight;
    if (!mark) return;
    if (mark.ref !== this.#current?.ref) this.#wentOn(sight, mark);
    const status = state === 'idle' ? 'stopped' : state;
    if (status === 'loading' && this.#status === 'playing') this.pace.stalled();
    if (status === 'playing' && this.#status !== 'playing') this.#began_us = moment.at_us;
    this.#status = status;
    this.#duration = sight.duration_seconds ?? this.#duration;
    if (status !== 'loading') this.#wantsToPlay = status === 'playing' || this.pace.waiting;
    this.#parts.reporter.playback(
      {
        type: 'playback',
        status,
        ref: mark.ref,
        position_seconds,
        at_us: moment.at_us,
        rate: status === 'playing' ? rate : 0,
        ...(sight.duration_seconds !== undefined &&
          !mark.live && { duration_seconds: sight.duration_seconds }),
      },
      this.#forced(moment),
    );
    if (status === 'playing' && moment.looked) {
      const canRate = (sight.commands & CAN_RATE) !== 0;
      this.pace.observe({ ref: mark.ref, position_seconds, ...moment, canRate });
      this.pace.straighten(rate);
    }
  }

  /** Another of our items: the one that followed, or one that somebody went back to. */
  #wentOn(sight: Sight, { ref, live }: NonNullable<Memory['current']>): void {
    const { app, remember, later } = this.#parts;
    const before = this.#current;
    this.#current = { ref, live };
    if (ref === this.#following?.media.ref) {
      this.#following = undefined;
      if (before) this.pace.advanced(before.ref, ref, this.#duration);
      const old = before && app.eyes.itemOf(before.ref);
      if (old !== undefined && old !== sight.item_id) later(() => this.#remove([old]));
    }
    this.#duration = undefined;
    remember();
  }

  /** Nothing sounds. If it was ours, it ended, failed, or somebody stopped it. */
  #silent(sight: Sight | undefined): void {
    const ref = sight?.mark?.ref;
    const ended = sight && this.#isOurs(sight) && this.#current !== undefined ? sight.idle_reason : undefined;
    if (ref === undefined || (ended !== 'FINISHED' && ended !== 'ERROR')) return this.#nothing();
    const following = this.#following;
    const { later } = this.#parts;
    if (ref === following?.media.ref) {
      this.#following = undefined;
      this.#current = { ref, live: following.media.live };
      this.#tell('loading', ref, 0, undefined);
    } else if (ended === 'FINISHED' && following) {
      this.#goOn?.cancel();
      const goOn = (): void => later(() => this.#continue(following));
      if (following.stage === 'waiting') return goOn();
      this.#goOn = this.#parts.clock.after(GO_ON_MS, goOn);
      return;
    }
    if (ended === 'ERROR') {
      return later(() => this.#fail(ref, 'the Chromecast could not play it'));
    }
    this.#parts.reporter.report({ type: 'ended', ref, reason: 'finished' });
    this.#nothing();
  }

  /** The app did not go on by itself. */
  async #continue(following: Following): Promise<void> {
    if (this.#following !== following || this.#parts.app.eyes.last?.state !== 'idle') return;
    this.#following = undefined;
    this.#wantsToPlay = true;
    await this.#begin(following.media, 0, undefined);
  }

  /** Hands what follows to the app, which opens it in time to go on without a gap. */
  async #queue(): Promise<void> {
    const { app, own, mark, log } = this.#parts;
    const following = this.#following;
    if (following?.stage !== 'waiting' || !this.#current || this.#loading) return;
    if (!this.#isOurs(app.eyes.last) || app.eyes.last?.state === 'idle') return;
    const address = addressOf(following.media, own);
    if (address === undefined) return;
    const media = mediaOf(following.media, address, { own, mark });
    const item = { media, autoplay: true, startTime: 0, preloadTime: 20, customData: media['customData'] };
    try {
      following.stage = 'queued';
      await app.tell('QUEUE_INSERT', { items: [item] });
    } catch (error) {
      if (!(error instanceof CastRefusal)) throw error;
      log.debug({ ref: following.media.ref, said: error.message }, 'what follows was not taken');
      following.stage = 'waiting';
    }
  }

  async #unqueue(): Promise<void> {
    const following = this.#following;
    this.#following = undefined;
    if (following?.stage !== 'queued') return;
    const item = this.#parts.app.eyes.itemOf(following.media.ref);
    if (item !== undefined) await this.#remove([item]);
  }

  async #remove(itemIds: readonly number[]): Promise<void> {
    const { app, log } = this.#parts;
    await app.tell('QUEUE_REMOVE', { itemIds }).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code === 'ERR_PLAYER_OFFLINE') throw error;
      log.debug({ reason: toError(error).message }, 'an item stays in the queue of the chromecast');
    });
  }

  #isOurs(sight: Sight | undefined): boolean {
    return sight?.mark?.mark === this.#parts.mark;
  }

  #forget(): void {
    this.#goOn?.cancel();
    this.pace.let();
    if (!this.#current && !this.#following) return;
    this.#current = this.#following = undefined;
    this.#parts.remember();
  }

  #nothing(): void {
    this.#forget();
    this.#tell('stopped', undefined, 0, this.#forced(this.#now()));
  }

  #tell(
    status: PlaybackStatus,
    ref: string | undefined,
    position_seconds: number,
    force: boolean | undefined,
  ): void {
    this.#status = status;
    const at_us = this.#parts.clock.nowUs();
    const where = { position_seconds, at_us, rate: 0, ...(ref !== undefined && { ref }) };
    this.#parts.reporter.playback({ type: 'playback', status, ...where }, force ?? false);
  }

  #tellControl(sight: Sight | undefined): void {
    const { receiver, reporter } = this.#parts;
    const theirs = sight && sight.state !== 'idle' && !this.#isOurs(sight) ? sight : undefined;
    const foreign = foreignOf(receiver.foreign, theirs);
    reporter.report({ type: 'control', elsewhere: foreign !== undefined, ...(foreign && { foreign }) });
  }

  #requireFree(): void {
    const { receiver, app } = this.#parts;
    const last = app.eyes.last;
    const theirs = last?.known === true && last.state !== 'idle' && !this.#isOurs(last);
    if (receiver.foreign || theirs)
      throw new AppError('ERR_CONTROLLED_ELSEWHERE', 'somebody else plays on this Chromecast');
  }

  #forced({ looked }: Moment): boolean {
    if (!looked || !this.#force) return false;
    this.#force = false;
    return true;
  }

  #now(): Moment {
    return { at_us: this.#parts.clock.nowUs(), error_us: 0, looked: true };
  }
}
