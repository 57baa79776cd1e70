import { AppError, Serial, toError, type Clock, type Logger, type Timer } from '../base/index.js';
import type { Alarm, AlarmRing, Role } from '../protocol/index.js';
import type { State } from '../state/index.js';
import { Absent } from './absent.js';
import type { Ask } from './ask.js';
import type { Fades } from './fade.js';
import type { Hush } from './hush.js';
import { NO_MUSIC, type RingKept } from './kept.js';
import { Music } from './music.js';
import { RingTimes } from './ring-times.js';
import { RingVolume } from './ring-volume.js';
import { Silence } from './silence.js';
import { announces, standingOf } from './standing.js';
import { troubleOf } from './words.js';

/** How it ended. */
export interface RingEnd {
  readonly failed: boolean;
  /** For people. */
  readonly message: string;
}

export interface RingParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly state: () => State;
  readonly ask: Ask;
  readonly fades: Fades;
  readonly hush: Hush;
  /** Whose limits hold. */
  readonly role: Role;
  readonly alarm: Alarm;
  readonly kept: RingKept | undefined;
  readonly test: boolean;
  /** Its room is not to fall silent by itself. */
  awake(): void;
  /** `keep` = it must survive a restart. */
  changed(this: void, keep: boolean): void;
  over(end: RingEnd): void;
  say(this: void, level: 'info' | 'warning' | 'error', message: string): void;
}

const STEP_MS = 1_000;
const TEST_MINUTES = 1;
const TEST_FADE_SECONDS = 10;

/** One alarm that rings in one room, until somebody stops it or nobody did. [AL4] */
export class Ring {
  readonly #parts: RingParts;
  readonly #turn = new Serial();
  readonly #music: Music;
  readonly #volume: RingVolume;
  readonly #absent: Absent;
  readonly #times: RingTimes;
  readonly #silence: Silence;
  #state: 'ringing' | 'snoozed' = 'ringing';
  #snoozes: number;
  #fallback: boolean;
  #problem: string | undefined;
  #heard = false;
  /** Since the music began the last time. */
  #heardSince = false;
  /** All players of its room are away, or announce something: it begins after that, as quiet as it should. */
  #awaits = false;
  /** Its room has taken music or the tone: what is not so then is somebody's doing. */
  #begun: boolean;
  #timer: Timer | undefined;
  #ended = false;

  constructor(parts: RingParts) {
    const { alarm, clock, kept, ask, state, test } = parts;
    this.#parts = parts;
    this.#times = new RingTimes(clock, (test ? TEST_MINUTES : alarm.stop_minutes) * 60_000, kept);
    this.#snoozes = kept?.snoozes ?? 0;
    this.#fallback = kept?.fallback ?? false;
    this.#begun = kept !== undefined;
    this.#music = new Music({ ask, state, alarm, kept: kept?.music ?? NO_MUSIC });
    const fade_seconds = test ? Math.min(alarm.fade_seconds, TEST_FADE_SECONDS) : alarm.fade_seconds;
    const way = { from: Math.min(alarm.from_volume, alarm.volume), to: alarm.volume, seconds: fade_seconds };
    const roomId = alarm.room_id;
    this.#volume = new RingVolume({
      ...parts,
      roomId,
      way,
      turned: kept?.turned ?? [],
      onTurned: () => parts.changed(true),
    });
    this.#absent = new Absent({ state, ask, roomId });
    this.#silence = new Silence(clock, alarm.silence_seconds);
  }

  get roomId(): string {
    return this.#parts.alarm.room_id;
  }

  /** Whether quiet hours do not hold for its room. */
  get excuses(): boolean {
    return !this.#ended && this.#state === 'ringing' && this.#parts.alarm.quiet_hours === 'ignore';
  }

  get kept(): RingKept {
    return {
      state: this.#state,
      ...this.#times.kept,
      snoozes: this.#snoozes,
      fallback: this.#fallback,
      test: this.#parts.test,
      music: this.#music.kept,
      ...(this.#volume.turned.length > 0 && { turned: [...this.#volume.turned] }),
    };
  }

  get view(): AlarmRing {
    return {
      state: this.#state,
      ...this.#times.view,
      snoozes_left: Math.max(0, this.#parts.alarm.snooze_count - this.#snoozes),
      tone: this.#fallback && this.#begun,
      test: this.#parts.test,
      missing_player_ids: [...this.#absent.playerIds],
      ...(this.#problem !== undefined && { problem: this.#problem }),
    };
  }

  /** Whether its room is as loud as it says. */
  get fades(): boolean {
    return !this.#ended && this.#state === 'ringing';
  }

  /** Begins, or goes on after a restart: what plays already is not begun again. */
  begin(): void {
    const { kept } = this.#parts;
    if (kept?.state === 'snoozed') {
      this.#sleepFor(this.#times.snoozeOn(kept));
      return this.#parts.changed(true);
    }
    this.#follow(() => this.#start(kept !== undefined));
  }

  /** The wall clock was set: what is kept goes by it. */
  clockSet(byMs: number): void {
    this.#times.clockSet(byMs);
    this.#parts.changed(true);
  }

  /** Nothing more is done; what plays goes on. */
  close(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  /** Rejects with ERR_CONFLICT when there is no snooze left. */
  async snooze(minutes = this.#parts.alarm.snooze_minutes): Promise<void> {
    await this.#turn.run(async () => {
      this.#requireOn();
      if (this.#state === 'ringing' && this.#snoozes >= this.#parts.alarm.snooze_count)
        throw new AppError('ERR_CONFLICT', 'It has been snoozed as often as it may be');
      await this.#hush();
      if (this.#state === 'ringing') this.#snoozes++;
      this.#times.snooze(minutes * 60_000);
      this.#sleepFor(minutes * 60_000);
      this.#volume.giveBack();
      this.#parts.changed(true);
    });
  }

  async stop(keepPlaying: boolean, message: string): Promise<void> {
    await this.#turn.run(async () => {
      if (this.#ended) return;
      await this.#end(keepPlaying, { failed: false, message });
    });
  }

  #requireOn(): void {
    if (this.#ended) throw new AppError('ERR_CONFLICT', 'It does not ring');
  }

  #sleepFor(ms: number): void {
    this.#timer?.cancel();
    this.#state = 'snoozed';
    this.#timer = this.#parts.clock.after(ms, () => this.#follow(() => this.#wake()));
  }

  /** One thing after the other; what goes wrong is said, and the next step tries again. */
  #follow(work: () => Promise<void>): void {
    this.#turn
      .run(async () => {
        if (this.#ended) return;
        await work();
      })
      .catch((thrown: unknown) => {
        this.#problem = troubleOf(thrown);
        this.#parts.log.warn(
          { alarm_id: this.#parts.alarm.alarm_id, error: this.#problem },
          'an alarm has trouble',
        );
        if (!this.#ended) this.#parts.changed(false);
      })
      .finally(() => {
        if (!this.#ended && this.#state === 'ringing')
          this.#timer = this.#parts.clock.after(STEP_MS, () => this.#follow(() => this.#step()));
      });
  }

  async #start(goesOn: boolean): Promise<void> {
    this.#parts.hush.callOff(this.roomId);
    this.#silence.heard();
    this.#silence.tried();
    this.#absent.look();
    const standing = goesOn ? this.#standing() : 'ended';
    if (standing === 'gone') return this.#end(false, { failed: true, message: 'Its room is gone' });
    if (standing === 'heard' || standing === 'waits') return;
    if (!(await this.#absent.gathered()))
      return this.#end(false, { failed: true, message: 'No player is in its room' });
    await this.#play();
  }

  /** Music of its own goes on where it is. */
  async #play(): Promise<void> {
    this.#begun = false;
    this.#awaits = this.#absent.isEverybody || this.#isTalkedOver();
    if (!this.#awaits) {
      await this.#volume.prepare();
      const item_id = this.#parts.state().rooms.get(this.roomId)?.kept.item_id;
      const isOurs = item_id !== undefined && this.#music.ours.has(item_id);
      await this.#orTone(() => (isOurs ? this.#music.goOn() : this.#music.start()));
    }
    this.#parts.changed(true);
  }

  /** An announcement has its own volume, which is not that of the room; it is heard to its end, unless that takes long. */
  #isTalkedOver(): boolean {
    return this.#silence.isShort && announces(this.#parts.state(), this.roomId);
  }

  async #orTone(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#begun = true;
    } catch (error) {
      await this.#tone(troubleOf(error));
    }
  }

  /** After a snooze. Where somebody plays music meanwhile, somebody is up. */
  async #wake(): Promise<void> {
    const { state } = this.#parts;
    const room = state().rooms.get(this.roomId);
    if (!room) return this.#end(false, { failed: true, message: 'Its room is gone' });
    if (room.kept.intent === 'playing' && !this.#parts.hush.waits(this.roomId))
      return this.#end(true, { failed: false, message: 'Somebody was up already' });
    this.#state = 'ringing';
    this.#times.ring();
    this.#heard = false;
    this.#begun = false;
    this.#parts.awake();
    this.#volume.again();
    await this.#start(false);
  }

  #standing(): ReturnType<typeof standingOf> {
    return standingOf(this.#parts.state(), this.roomId, this.#music.ours);
  }

  async #step(): Promise<void> {
    if (this.#times.isOver)
      return this.#end(
        false,
        this.#parts.test ? { failed: false, message: 'It was a test' } : this.#unheeded(),
      );
    const standing = this.#standing();
    if (this.#awaits && standing !== 'gone') {
      if (!this.#absent.isEverybody) return this.#play();
      if (!this.#begun || standing !== 'by-hand') return this.#isSilent(false);
    } else if (!this.#begun && standing !== 'gone') return this.#isSilent(true);
    if (standing !== 'held') this.#silence.talkIsOver();
    switch (standing) {
      case 'heard':
        return this.#playsOn();
      case 'held':
        return this.#silence.talked() ? undefined : this.#isSilent(false);
      case 'ended':
        return this.#beginsAgain();
      case 'by-hand':
        return this.#end(this.#isPlaying(), { failed: false, message: 'Stopped in its room' });
      case 'gone':
        return this.#end(true, { failed: true, message: 'Its room is gone' });
      case 'broken':
      case 'waits':
        return this.#isSilent(standing === 'broken');
      default:
        return standing satisfies never;
    }
  }

  /** Music that is over begins anew; a queue that came to its end without a sound could not be played. */
  async #beginsAgain(): Promise<void> {
    if (!this.#heardSince) return this.#isSilent(true);
    this.#heardSince = false;
    await this.#music.goOn();
  }

  #unheeded(): RingEnd {
    if (!this.#heard) return { failed: true, message: this.#problem ?? 'Nothing was heard' };
    return { failed: false, message: 'Nobody stopped it' };
  }

  async #playsOn(): Promise<void> {
    this.#silence.heard();
    this.#heardSince = true;
    this.#tellMissing();
    if (!this.#heard || (this.#problem !== undefined && !this.#fallback)) {
      this.#heard = true;
      if (!this.#fallback) this.#problem = undefined;
      this.#parts.changed(false);
    }
    await this.#volume.step();
  }

  #tellMissing(): void {
    const { changed, say } = this.#parts;
    const isNews = this.#absent.look();
    const { names } = this.#absent;
    if (!this.#heard && names !== '') say('warning', `It rings without ${names}: not connected`);
    if (isNews) changed(false);
  }

  async #isSilent(broken: boolean): Promise<void> {
    const { alarm, state } = this.#parts;
    if (!broken && !this.#silence.isLong) return;
    const other = !this.#fallback && !('tone' in alarm.source);
    if (this.#silence.wasJustTried && !(broken && other)) return;
    this.#silence.tried();
    await this.#absent.gathered();
    this.#absent.look();
    if (!this.#absent.isEverybody)
      return this.#tone(
        state().rooms.get(this.roomId)?.live.problem ??
          (broken ? 'it could not be played' : 'nothing was heard'),
      );
    if (this.#problem === undefined)
      this.#parts.say('error', `Nobody hears it: ${this.#absent.names || 'no player'} is not connected`);
    this.#awaits = true;
    this.#problem = 'No player of its room is connected';
    this.#parts.changed(false);
  }

  /** The music does not come: bells do. */
  async #tone(reason: string): Promise<void> {
    const chosen = 'tone' in this.#parts.alarm.source;
    if (!this.#fallback && !chosen) this.#parts.say('warning', `The tone rings: ${reason}`);
    this.#fallback = !chosen;
    this.#problem = reason;
    this.#silence.tried();
    await this.#music.removeTone();
    await this.#music.tone();
    this.#begun = true;
    this.#parts.changed(true);
  }

  async #hush(): Promise<void> {
    await this.#parts.hush.room(this.roomId, this.#parts.ask);
  }

  #isPlaying(): boolean {
    return this.#parts.state().rooms.get(this.roomId)?.kept.intent === 'playing';
  }

  /** Whatever goes wrong now, it is over. */
  async #end(keepPlaying: boolean, end: RingEnd): Promise<void> {
    this.#ended = true;
    this.#timer?.cancel();
    if (!keepPlaying) await this.#tried(() => this.#hush());
    await this.#tried(() => this.#music.removeTone());
    if (this.#parts.test && !keepPlaying) await this.#tried(() => this.#music.takeBack());
    if (keepPlaying) this.#volume.leave();
    else this.#volume.giveBack();
    this.#parts.over(end);
  }

  async #tried(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.warn(
        { alarm_id: this.#parts.alarm.alarm_id, error: toError(error).message },
        'an alarm could not be ended as it should',
      );
    }
  }
}
