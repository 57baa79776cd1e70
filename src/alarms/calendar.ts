import { AppError, randomId, type HouseTime, type Logger, type WallClock } from '../base/index.js';
import { TOPIC_ACCESS, WEEKDAYS, type Alarm, type Caller, type CommandRequest } from '../protocol/index.js';
import { KeptList, type KeptEntry, type Store } from '../state/index.js';
import type { Db } from '../storage/index.js';
import { judge, MAX_DONE, nextRing, type Past, type Verdict } from './due.js';
import { AlarmOwn, DEFAULTS } from './kept.js';
import { troubleWith } from './trouble.js';
import { leftOut, outcomeOf, tooLate } from './words.js';

export interface CalendarParts {
  readonly db: Db;
  readonly store: Store;
  readonly clock: WallClock;
  readonly log: Logger;
  readonly local: Pick<HouseTime, 'name' | 'offsetAt'>;
}

export type Entry = KeptEntry<'alarms', AlarmOwn>;

const MAX_ALARMS = 100;

/** The alarms there are, and when each of them is due. */
export class Calendar {
  readonly #parts: CalendarParts;
  readonly #kept: KeptList<'alarms', AlarmOwn>;
  /** Until when each has been looked after; on disk only when something came of it. */
  readonly #looked = new Map<string, number>();

  constructor(parts: CalendarParts) {
    this.#parts = parts;
    this.#kept = new KeptList({ db: parts.db, store: parts.store, list: 'alarms', own: AlarmOwn });
    for (const { item, own } of this.#kept.all()) this.#looked.set(item.alarm_id, own.looked_ms);
  }

  /** The oldest first. */
  all(): Entry[] {
    return this.#kept.all();
  }

  find(alarmId: string): Entry | undefined {
    return this.#kept.get(alarmId);
  }

  /** Of how many alarms it is known until when they were looked after. */
  get lookedAfter(): number {
    return this.#looked.size;
  }

  /** Throws ERR_NOT_FOUND. */
  entry(alarmId: string): Entry {
    const entry = this.#kept.get(alarmId);
    if (!entry) throw new AppError('ERR_NOT_FOUND', 'No alarm has this id');
    return entry;
  }

  /** A disk that refuses must not keep anybody asleep. */
  put(item: Alarm, own: AlarmOwn): void {
    try {
      this.#kept.put(item, own);
    } catch (err) {
      this.#parts.log.error({ err, alarm_id: item.alarm_id }, 'an alarm could not be kept');
      this.#kept.show(item, own);
    }
  }

  /** In memory and on the wire alone. */
  show(item: Alarm, own: AlarmOwn): void {
    this.#kept.show(item, own);
  }

  remove(alarmId: string): void {
    this.#kept.remove([alarmId]);
    this.#looked.delete(alarmId);
  }

  /** A new one, or a change of one that is there. */
  set({ alarm_id, ...given }: CommandRequest<'alarm:set'>, caller: Caller): string {
    const { clock, store } = this.#parts;
    const before = alarm_id === undefined ? undefined : this.entry(alarm_id);
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
    this.put(item, own);
    return item.alarm_id;
  }

  /** Leaves out its next day, or does not. */
  skip(alarmId: string, skip: boolean): void {
    const { item, own } = this.entry(alarmId);
    const { skip_date: _before, ...rest } = item;
    const next = nextRing(item, this.#past(item, own), undefined, this.#parts.local.offsetAt);
    if (skip && (!item.enabled || !next))
      throw new AppError('ERR_CONFLICT', 'It does not ring next time anyway');
    this.put({ ...rest, ...(skip && next && { skip_date: next.date }) }, own);
  }

  #past({ alarm_id }: Alarm, own: AlarmOwn): Past {
    return { done: own.done, looked_ms: this.#looked.get(alarm_id) ?? own.looked_ms };
  }

  /** Settles what is due of an alarm; `rings` is told when it is to ring now. Answers with when it rings next. */
  lookAt(alarmId: string, rings: (alarm: Alarm, own: AlarmOwn) => void): number | undefined {
    const { clock, local } = this.#parts;
    const now = clock.wallMs();
    this.#takeBackMissed(alarmId, now);
    this.#makeSure(alarmId, now);
    const { item, own } = this.entry(alarmId);
    if (item.enabled) {
      const options = {
        graceMs: item.grace_minutes * 60_000,
        skipDate: item.skip_date,
        offsetAt: local.offsetAt,
      };
      const verdict = judge(item, this.#past(item, own), now, options);
      this.#looked.set(alarmId, verdict.looked_ms);
      if (verdict.rings || verdict.skipped || verdict.missed.length > 0) {
        const settled = this.#settle(item, own, verdict);
        if (verdict.rings) rings(settled, own);
      }
    } else this.#looked.set(alarmId, now);
    return this.#showNext(alarmId);
  }

  /** The clock was wrongly ahead when an alarm that is for once was left out. */
  #takeBackMissed(alarmId: string, now: number): void {
    const { item, own } = this.entry(alarmId);
    if (own.missed_ms === undefined || now >= own.missed_ms) return;
    const { missed_ms: _missed, ...mine } = own;
    const { last_at: _at, last_result: _result, last_message: _message, notice: _notice, ...rest } = item;
    this.#looked.set(alarmId, now);
    this.put({ ...rest, enabled: true }, { ...mine, looked_ms: now });
  }

  #makeSure(alarmId: string, now: number): void {
    const { item, own } = this.entry(alarmId);
    if (own.unsure !== true) return;
    const { unsure: _unsure, ...mine } = own;
    this.#looked.set(alarmId, now);
    this.put(item, { ...mine, looked_ms: now });
  }

  #showNext(alarmId: string): number | undefined {
    const { item, own } = this.entry(alarmId);
    const past = this.#past(item, own);
    const next = item.enabled ? nextRing(item, past, item.skip_date, this.#parts.local.offsetAt) : undefined;
    const next_at = next && new Date(next.at_ms).toISOString();
    if (next_at !== item.next_at) {
      const { next_at: _before, ...rest } = item;
      this.#kept.show({ ...rest, ...(next_at !== undefined && { next_at }) }, own);
    }
    return next?.at_ms;
  }

  #settle(before: Alarm, own: AlarmOwn, { rings, missed, skipped, looked_ms }: Verdict): Alarm {
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
    this.put(item, {
      ...own,
      looked_ms,
      done: [...own.done, ...dates].slice(-MAX_DONE),
      ...(missed_ms !== undefined && { missed_ms }),
    });
    if (missed.length > 0) this.say(item, 'warning', leftOut(missed, looked_ms));
    return item;
  }

  /** On every phone of the house. */
  say({ name, time }: Alarm, level: 'info' | 'warning' | 'error', message: string): void {
    const title = name === '' ? `Alarm of ${time}` : `${name}, ${time}`;
    this.#parts.store.tell({
      type: 'notification',
      topic: 'toasts',
      data: { level, title, message },
      audience: { access: TOPIC_ACCESS.alarms },
    });
  }
}

/** What somebody may do. */
export function rightsOf({ role, scopes }: Caller): AlarmOwn['by'] {
  return { role, ...(scopes && { scopes: [...scopes] }) };
}
