import {
  AppError,
  randomId,
  type HouseTime,
  type Logger,
  type Timer,
  type WallClock,
} from '../base/index.js';
import {
  TOPIC_ACCESS,
  WEEKDAYS,
  type Alarm,
  type Caller,
  type CommandReply,
  type CommandRequest,
  type Handlers,
} from '../protocol/index.js';
import { KeptList, type Store } from '../state/index.js';
import type { Db } from '../storage/index.js';
import { asking, type RunCommand } from './ask.js';
import { judge, LOOK_MS, MAX_DONE, nextRing, type Past, type Verdict } from './due.js';
import type { Fades } from './fade.js';
import { Hush } from './hush.js';
import { AlarmOwn, DEFAULTS, type RingKept } from './kept.js';
import { Ring, type RingEnd } from './ring.js';
import { troubleWith } from './trouble.js';
import { leftOut, outcomeOf, tooLate } from './words.js';

type AlarmCommand = `alarm:${'list' | 'set' | 'remove' | 'skip' | 'snooze' | 'stop' | 'test' | 'dismiss'}`;
type One = CommandReply<'alarm:set'>;

export interface AlarmParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: WallClock;
  readonly log: Logger;
  readonly local: Pick<HouseTime, 'name' | 'offsetAt'>;
  /** An alarm rings in a room: it is not to fall silent by itself. */
  awake(this: void, roomId: string): void;
}

const MAX_ALARMS = 100;

/**
 * What wakes people. Each alarm rings once on each of its days, by the clocks on the walls of the house, and only while the clock of the
 * server is to be believed. It acts by commands, with the rights of who set it. [AL1]
 */
export class Alarms {
  readonly handlers: Handlers<AlarmCommand>;
  readonly #parts: AlarmParts;
  readonly #kept: KeptList<'alarms', AlarmOwn>;
  /** Until when each has been looked after; on disk only when something came of it. */
  readonly #looked = new Map<string, number>();
  readonly #rings = new Map<string, Ring>();
  readonly #hush: Hush;
  #run: RunCommand | undefined;
  #fades: Fades | undefined;
  #timer: Timer | undefined;
  #unturn: (() => void) | undefined;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
    this.#hush = new Hush({ ...parts, state: () => parts.store.state });
    this.#kept = new KeptList({ db: parts.db, store: parts.store, list: 'alarms', own: AlarmOwn });
    this.handlers = {
      'alarm:list': () => ({
        alarms: this.#kept.all().map(({ item }) => item),
        clock_trusted: parts.clock.trusted(),
        utc_offset_minutes: parts.local.offsetAt(parts.clock.wallMs()),
        time_zone: parts.local.name,
      }),
      'alarm:set': async (request, caller) => {
        const { alarm } = this.#set(request, caller);
        if (request.enabled !== false) return { alarm };
        await this.#rings.get(alarm.alarm_id)?.stop(false, 'Turned off');
        this.#letGo(alarm.alarm_id, 'Turned off');
        return { alarm: this.#entry(alarm.alarm_id).item };
      },
      'alarm:remove': async ({ alarm_id }) => {
        this.#entry(alarm_id);
        await this.#rings.get(alarm_id)?.stop(false, 'Removed');
        this.#letGo(alarm_id, 'Removed');
        this.#kept.remove([alarm_id]);
        this.#looked.delete(alarm_id);
        return {};
      },
      'alarm:skip': ({ alarm_id, skip }) => this.#skip(alarm_id, skip),
      'alarm:snooze': async ({ alarm_id, minutes }) => {
        await this.#ringing(alarm_id).snooze(minutes);
        return { alarm: this.#entry(alarm_id).item };
      },
      'alarm:stop': async ({ alarm_id, keep_playing }) => {
        if (!this.#letGo(alarm_id, 'Stopped'))
          await this.#ringing(alarm_id).stop(keep_playing, keep_playing ? 'Plays on' : 'Stopped');
        return { alarm: this.#entry(alarm_id).item };
      },
      'alarm:test': ({ alarm_id }, caller) => {
        if (this.#rings.has(alarm_id)) throw new AppError('ERR_CONFLICT', 'It rings already');
        this.#ring(this.#entry(alarm_id).item, rightsOf(caller), { test: true });
        return { alarm: this.#entry(alarm_id).item };
      },
      'alarm:dismiss': ({ alarm_id }) => {
        const { item, own } = this.#entry(alarm_id);
        const { notice, ...alarm } = item;
        if (notice) this.#put(alarm, own);
        return { alarm };
      },
    };
  }

  /** Nothing rings before. */
  start(run: RunCommand, fades: Fades): void {
    this.#run = run;
    this.#fades = fades;
    for (const { item, own } of this.#kept.all()) {
      this.#looked.set(item.alarm_id, own.looked_ms);
      if (own.ring?.before !== undefined) fades.adopt(item.room_id, own.ring.before);
    }
    this.#unturn = this.#parts.clock.onTurn(({ by_ms }) => {
      for (const ring of this.#rings.values()) if (by_ms !== 0) ring.clockSet(by_ms);
      this.#look();
    });
    this.#look();
  }

  /** Of how many alarms it is known until when they were looked after. */
  get lookedAfter(): number {
    return this.#looked.size;
  }

  /** Whether the quiet hours of a room do not hold now. */
  excuses(roomId: string): boolean {
    return [...this.#rings.values()].some((ring) => ring.roomId === roomId && ring.excuses);
  }

  /** Whether a room is as loud as an alarm says, also while it is not known whether it rings on after a restart. */
  fades(roomId: string): boolean {
    return this.#kept.all().some(({ item, own }) => {
      const ring = this.#rings.get(item.alarm_id);
      if (ring) return ring.fades && ring.roomId === roomId;
      return own.ring?.state === 'ringing' && item.room_id === roomId;
    });
  }

  /** What rings plays on, and is an alarm again after a restart. */
  close(): void {
    this.#timer?.cancel();
    this.#unturn?.();
    this.#hush.close();
    for (const ring of this.#rings.values()) ring.close();
  }

  #entry(alarmId: string): { readonly item: Alarm; readonly own: AlarmOwn } {
    const entry = this.#kept.get(alarmId);
    if (!entry) throw new AppError('ERR_NOT_FOUND', 'No alarm has this id');
    return entry;
  }

  #ringing(alarmId: string): Ring {
    this.#entry(alarmId);
    const ring = this.#rings.get(alarmId);
    if (!ring) throw new AppError('ERR_CONFLICT', 'It does not ring');
    return ring;
  }

  #set({ alarm_id, ...given }: CommandRequest<'alarm:set'>, caller: Caller): One {
    const { clock, store } = this.#parts;
    const before = alarm_id === undefined ? undefined : this.#entry(alarm_id);
    const { room_id, time } = { ...before?.item, ...given };
    if (room_id === undefined || time === undefined)
      throw new AppError('ERR_INVALID', 'A new alarm needs a room and a time');
    if (!store.state.rooms.has(room_id)) throw new AppError('ERR_ROOM_NOT_FOUND', 'no room has this id');
    if (!before && this.#kept.all().length >= MAX_ALARMS)
      throw new AppError('ERR_CONFLICT', `There are ${MAX_ALARMS} alarms already`);
    const chosen = { ...DEFAULTS, ...before?.item, ...given, room_id, time };
    const days = WEEKDAYS.filter((day) => (chosen.days ?? []).some((one) => one === day));
    const { skip_date, notice: _notice, ...rest } = chosen as Alarm;
    // A name of another source must not stay.
    if (given.source && given.source_title === undefined) delete rest.source_title;
    const sameTimes = before?.item.time === time && before.item.days.join() === days.join();
    const skips = sameTimes && skip_date !== undefined ? { skip_date } : {};
    const item: Alarm = { ...rest, ...skips, alarm_id: alarm_id ?? randomId(8), days: [...days] };
    const now = clock.wallMs();
    this.#looked.set(item.alarm_id, now);
    const { missed_ms: _missed, unsure: _unsure, ...kept } = before?.own ?? {};
    const own: AlarmOwn = {
      ...kept,
      by: rightsOf(caller),
      looked_ms: now,
      done: before && sameTimes ? before.own.done : [],
      ...(!clock.trusted() && { unsure: true }),
    };
    this.#put(item, own);
    this.#look();
    return { alarm: this.#entry(item.alarm_id).item };
  }

  #skip(alarmId: string, skip: boolean): One {
    const { item, own } = this.#entry(alarmId);
    const { skip_date: _before, ...rest } = item;
    const next = nextRing(item, this.#past(item, own), undefined, this.#parts.local.offsetAt);
    if (skip && (!item.enabled || !next))
      throw new AppError('ERR_CONFLICT', 'It does not ring next time anyway');
    this.#put({ ...rest, ...(skip && next && { skip_date: next.date }) }, own);
    this.#look();
    return { alarm: this.#entry(alarmId).item };
  }

  #past({ alarm_id }: Alarm, own: AlarmOwn): Past {
    return { done: own.done, looked_ms: this.#looked.get(alarm_id) ?? own.looked_ms };
  }

  /** What is due rings; then it waits for the next one, and looks at the clock in between: it may be set at any time. */
  #look(): void {
    const { clock } = this.#parts;
    if (!this.#run) return;
    this.#timer?.cancel();
    let next = clock.wallMs() + LOOK_MS;
    if (clock.trusted()) {
      for (const { item, own } of this.#kept.all())
        if (own.ring && !this.#rings.has(item.alarm_id)) this.#goOn(item, own, own.ring);
      for (const { item } of this.#kept.all()) next = Math.min(next, this.#lookAt(item.alarm_id) ?? next);
    }
    const ms = Math.min(LOOK_MS, Math.max(1, next - clock.wallMs()));
    this.#timer = clock.after(ms, () => this.#look());
  }

  /** When it rings next. */
  #lookAt(alarmId: string): number | undefined {
    const { clock, local } = this.#parts;
    const now = clock.wallMs();
    this.#takeBackMissed(alarmId, now);
    this.#makeSure(alarmId, now);
    const { item, own } = this.#entry(alarmId);
    if (item.enabled) {
      const options = {
        graceMs: item.grace_minutes * 60_000,
        skipDate: item.skip_date,
        offsetAt: local.offsetAt,
      };
      const verdict = judge(item, this.#past(item, own), now, options);
      this.#looked.set(alarmId, verdict.looked_ms);
      if (verdict.rings || verdict.skipped || verdict.missed.length > 0) this.#settle(item, own, verdict);
    } else this.#looked.set(alarmId, now);
    return this.#showNext(alarmId);
  }

  /** The clock was wrongly ahead when an alarm that is for once was left out. */
  #takeBackMissed(alarmId: string, now: number): void {
    const { item, own } = this.#entry(alarmId);
    if (own.missed_ms === undefined || now >= own.missed_ms) return;
    const { missed_ms: _missed, ...mine } = own;
    const { last_at: _at, last_result: _result, last_message: _message, notice: _notice, ...rest } = item;
    this.#looked.set(alarmId, now);
    this.#put({ ...rest, enabled: true }, { ...mine, looked_ms: now });
  }

  #makeSure(alarmId: string, now: number): void {
    const { item, own } = this.#entry(alarmId);
    if (own.unsure !== true) return;
    const { unsure: _unsure, ...mine } = own;
    this.#looked.set(alarmId, now);
    this.#put(item, { ...mine, looked_ms: now });
  }

  #showNext(alarmId: string): number | undefined {
    const { item, own } = this.#entry(alarmId);
    const past = this.#past(item, own);
    const next = item.enabled ? nextRing(item, past, item.skip_date, this.#parts.local.offsetAt) : undefined;
    const next_at = next && new Date(next.at_ms).toISOString();
    if (next_at !== item.next_at) {
      const { next_at: _before, ...rest } = item;
      this.#kept.show({ ...rest, ...(next_at !== undefined && { next_at }) }, own);
    }
    return next?.at_ms;
  }

  #settle(before: Alarm, own: AlarmOwn, { rings, missed, skipped, looked_ms }: Verdict): void {
    const dates = [skipped, rings].flatMap((one) => one?.date ?? []);
    const last = rings ?? missed.at(-1) ?? skipped;
    const { skip_date, last_message: _message, notice, ...rest } = before;
    const outcome = outcomeOf({ rings, missed, looked_ms });
    const after: Alarm = {
      ...rest,
      ...(skip_date !== undefined && !dates.includes(skip_date) && { skip_date }),
      ...(before.days.length === 0 && { enabled: false }),
      ...(last && { last_at: new Date(last.at_ms).toISOString() }),
      ...outcome,
    };
    const isMissed = outcome.last_result === 'missed';
    const isOver = before.days.length === 0 && isMissed;
    const trouble = isMissed
      ? troubleWith(
          after,
          { what: 'missed', reason: tooLate(missed, looked_ms), times: missed.length },
          this.#parts,
        )
      : notice;
    const missed_ms = isOver ? missed.at(-1)?.at_ms : undefined;
    const item = { ...after, ...(trouble && !rings && { notice: trouble }) };
    this.#put(item, {
      ...own,
      looked_ms,
      done: [...own.done, ...dates].slice(-MAX_DONE),
      ...(missed_ms !== undefined && { missed_ms }),
    });
    if (missed.length > 0) this.#say(item, 'warning', leftOut(missed, looked_ms));
    if (rings) this.#ring(item, own.by, { test: false });
  }

  /** After a restart, as soon as it is known what time it is. Longer ago than it would have rung it is over. */
  #goOn(item: Alarm, own: AlarmOwn, kept: RingKept): void {
    const now = this.#parts.clock.wallMs();
    const ends =
      kept.state === 'snoozed'
        ? (kept.until_ms ?? 0) + Math.max(1, item.grace_minutes) * 60_000
        : (kept.rang_ms ?? kept.since_ms) + item.stop_minutes * 60_000;
    if (!kept.test && now < ends) return this.#ring(item, own.by, { test: false, kept });
    this.#letGo(item.alarm_id, 'The server was off while it rang', !kept.test);
  }

  /** Whether it rang in the last life of the server and waited to ring on; now it does not any more. */
  #letGo(alarmId: string, last_message: string, cutShort = false): boolean {
    const { item, own } = this.#entry(alarmId);
    if (!own.ring || this.#rings.has(alarmId)) return false;
    const { ring: _ring, ...rest } = item;
    const { ring: _kept, ...mine } = own;
    const notice = cutShort
      ? troubleWith(item, { what: 'cut-short', reason: last_message }, this.#parts)
      : undefined;
    this.#put({ ...rest, last_message, ...(notice && { notice }) }, mine);
    this.#fades?.giveBack(item.room_id);
    return true;
  }

  #ring(
    alarm: Alarm,
    by: AlarmOwn['by'],
    options: { readonly test: boolean; readonly kept?: RingKept },
  ): void {
    const { clock, log, store, awake } = this.#parts;
    const { alarm_id, room_id } = alarm;
    if (!this.#run || !this.#fades)
      throw new AppError('ERR_BUSY', 'The server is not ready yet', { retryable: true });
    const others = [...this.#rings].filter(([id, ring]) => ring.roomId === room_id || id === alarm_id);
    const ring: Ring = new Ring({
      clock,
      log,
      alarm,
      state: () => store.state,
      ask: asking(this.#run, { connection_id: 'alarm', name: 'Alarm', ...by }),
      fades: this.#fades,
      hush: this.#hush,
      role: by.role,
      test: options.test,
      kept: options.kept,
      awake: () => awake(room_id),
      changed: (keep) => this.#showRing(alarm_id, ring, keep),
      over: (end) => this.#over(alarm_id, ring, end),
      say: (level, message) => this.#say(alarm, level, message),
    });
    this.#rings.set(alarm_id, ring);
    this.#showRing(alarm_id, ring, true);
    if (options.kept?.state !== 'snoozed') awake(room_id);
    log.info({ alarm_id, room_id, test: options.test }, 'an alarm rings');
    void Promise.all(others.map(([, other]) => other.stop(true, 'Another one rang in its room'))).then(() =>
      ring.begin(),
    );
  }

  #showRing(alarmId: string, ring: Ring, keep: boolean): void {
    const entry = this.#kept.get(alarmId);
    if (!entry || this.#rings.get(alarmId) !== ring) return;
    const [item, own] = [
      { ...entry.item, ring: ring.view },
      { ...entry.own, ring: ring.kept },
    ];
    if (keep) this.#put(item, own);
    else this.#kept.show(item, own);
  }

  #over(alarmId: string, ring: Ring, { failed, message }: RingEnd): void {
    if (this.#rings.get(alarmId) !== ring) return;
    this.#rings.delete(alarmId);
    const entry = this.#kept.get(alarmId);
    if (!entry) return;
    const { ring: view, ...item } = entry.item;
    const { ring: _kept, ...own } = entry.own;
    const notice =
      failed && view?.test !== true
        ? troubleWith(item, { what: 'failed', reason: message }, this.#parts)
        : undefined;
    this.#put(
      {
        ...item,
        last_message: message,
        ...(failed && { last_result: 'failed' }),
        ...(notice && { notice }),
      },
      own,
    );
    if (failed) this.#say(item, 'error', message);
  }

  #say({ name, time }: Alarm, level: 'info' | 'warning' | 'error', message: string): void {
    const title = name === '' ? `Alarm of ${time}` : `${name}, ${time}`;
    this.#parts.store.tell({
      type: 'notification',
      topic: 'toasts',
      data: { level, title, message },
      audience: { access: TOPIC_ACCESS.alarms },
    });
  }

  /** A disk that refuses must not keep anybody asleep. */
  #put(item: Alarm, own: AlarmOwn): void {
    try {
      this.#kept.put(item, own);
    } catch (err) {
      this.#parts.log.error({ err, alarm_id: item.alarm_id }, 'an alarm could not be kept');
      this.#kept.show(item, own);
    }
  }
}

function rightsOf({ role, scopes }: Caller): AlarmOwn['by'] {
  return { role, ...(scopes && { scopes: [...scopes] }) };
}
