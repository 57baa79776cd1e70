import { AppError, type Timer } from '../base/index.js';
import type { Alarm, CommandReply, Handlers } from '../protocol/index.js';
import { asking, type RunCommand } from './ask.js';
import { Calendar, rightsOf, type CalendarParts } from './calendar.js';
import { LOOK_MS } from './due.js';
import type { Fades } from './fade.js';
import { Hush } from './hush.js';
import type { AlarmOwn, RingKept } from './kept.js';
import { Ring, type RingEnd } from './ring.js';
import { troubleWith } from './trouble.js';

type AlarmCommand = `alarm:${'list' | 'set' | 'remove' | 'skip' | 'snooze' | 'stop' | 'test' | 'dismiss'}`;

export interface AlarmParts extends CalendarParts {
  /** An alarm rings in a room: it is not to fall silent by itself. */
  awake(this: void, roomId: string): void;
}

/**
 * What wakes people. Each alarm rings once on each of its days, by the clocks on the walls of the house, and only while the clock of the
 * server is to be believed. It acts by commands, with the rights of who set it. [AL1]
 */
export class Alarms {
  readonly handlers: Handlers<AlarmCommand>;
  readonly #parts: AlarmParts;
  readonly #calendar: Calendar;
  readonly #rings = new Map<string, Ring>();
  readonly #hush: Hush;
  #run: RunCommand | undefined;
  #fades: Fades | undefined;
  #timer: Timer | undefined;
  #unturn: (() => void) | undefined;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
    this.#hush = new Hush({ ...parts, state: () => parts.store.state });
    this.#calendar = new Calendar(parts);
    this.handlers = {
      'alarm:list': () => ({
        alarms: this.#calendar.all().map(({ item }) => item),
        clock_trusted: parts.clock.trusted(),
        utc_offset_minutes: parts.local.offsetAt(parts.clock.wallMs()),
        time_zone: parts.local.name,
      }),
      'alarm:set': async (request, caller) => {
        const alarmId = this.#calendar.set(request, caller);
        this.#look();
        if (request.enabled === false) {
          await this.#rings.get(alarmId)?.stop(false, 'Turned off');
          this.#letGo(alarmId, 'Turned off');
        }
        return this.#one(alarmId);
      },
      'alarm:remove': async ({ alarm_id }) => {
        this.#calendar.entry(alarm_id);
        await this.#rings.get(alarm_id)?.stop(false, 'Removed');
        this.#letGo(alarm_id, 'Removed');
        this.#calendar.remove(alarm_id);
        return {};
      },
      'alarm:skip': ({ alarm_id, skip }) => {
        this.#calendar.skip(alarm_id, skip);
        this.#look();
        return this.#one(alarm_id);
      },
      'alarm:snooze': async ({ alarm_id, minutes }) => {
        await this.#ringing(alarm_id).snooze(minutes);
        return this.#one(alarm_id);
      },
      'alarm:stop': async ({ alarm_id, keep_playing }) => {
        if (!this.#letGo(alarm_id, 'Stopped'))
          await this.#ringing(alarm_id).stop(keep_playing, keep_playing ? 'Plays on' : 'Stopped');
        return this.#one(alarm_id);
      },
      'alarm:test': ({ alarm_id }, caller) => {
        if (this.#rings.has(alarm_id)) throw new AppError('ERR_CONFLICT', 'It rings already');
        this.#ring(this.#calendar.entry(alarm_id).item, rightsOf(caller), { test: true });
        return this.#one(alarm_id);
      },
      'alarm:dismiss': ({ alarm_id }) => {
        const { item, own } = this.#calendar.entry(alarm_id);
        const { notice, ...alarm } = item;
        if (notice) this.#calendar.put(alarm, own);
        return { alarm };
      },
    };
  }

  /** Nothing rings before. */
  start(run: RunCommand, fades: Fades): void {
    this.#run = run;
    this.#fades = fades;
    for (const { item, own } of this.#calendar.all())
      if (own.ring?.before !== undefined) fades.adopt(item.room_id, own.ring.before);
    this.#unturn = this.#parts.clock.onTurn(({ by_ms }) => {
      for (const ring of this.#rings.values()) if (by_ms !== 0) ring.clockSet(by_ms);
      this.#look();
    });
    this.#look();
  }

  /** Of how many alarms it is known until when they were looked after. */
  get lookedAfter(): number {
    return this.#calendar.lookedAfter;
  }

  /** Whether the quiet hours of a room do not hold now. */
  excuses(roomId: string): boolean {
    return [...this.#rings.values()].some((ring) => ring.roomId === roomId && ring.excuses);
  }

  /** Whether a room is as loud as an alarm says, also while it is not known whether it rings on after a restart. */
  fades(roomId: string): boolean {
    return this.#calendar.all().some(({ item, own }) => {
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

  #one(alarmId: string): CommandReply<'alarm:set'> {
    return { alarm: this.#calendar.entry(alarmId).item };
  }

  #ringing(alarmId: string): Ring {
    this.#calendar.entry(alarmId);
    const ring = this.#rings.get(alarmId);
    if (!ring) throw new AppError('ERR_CONFLICT', 'It does not ring');
    return ring;
  }

  /** What is due rings; then it waits for the next one, and looks at the clock in between: it may be set at any time. */
  #look(): void {
    const { clock } = this.#parts;
    if (!this.#run) return;
    this.#timer?.cancel();
    let next = clock.wallMs() + LOOK_MS;
    if (clock.trusted()) {
      for (const { item, own } of this.#calendar.all())
        if (own.ring && !this.#rings.has(item.alarm_id)) this.#goOn(item, own, own.ring);
      for (const { item } of this.#calendar.all()) {
        const rings = this.#calendar.lookAt(item.alarm_id, (alarm, { by }) =>
          this.#ring(alarm, by, { test: false }),
        );
        next = Math.min(next, rings ?? next);
      }
    }
    const ms = Math.min(LOOK_MS, Math.max(1, next - clock.wallMs()));
    this.#timer = clock.after(ms, () => this.#look());
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
    const { item, own } = this.#calendar.entry(alarmId);
    if (!own.ring || this.#rings.has(alarmId)) return false;
    const { ring: _ring, ...rest } = item;
    const { ring: _kept, ...mine } = own;
    const notice = cutShort
      ? troubleWith(item, { what: 'cut-short', reason: last_message }, this.#parts)
      : undefined;
    this.#calendar.put({ ...rest, last_message, ...(notice && { notice }) }, mine);
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
      say: (level, message) => this.#calendar.say(alarm, level, message),
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
    const entry = this.#calendar.find(alarmId);
    if (!entry || this.#rings.get(alarmId) !== ring) return;
    const [item, own] = [
      { ...entry.item, ring: ring.view },
      { ...entry.own, ring: ring.kept },
    ];
    if (keep) this.#calendar.put(item, own);
    else this.#calendar.show(item, own);
  }

  #over(alarmId: string, ring: Ring, { failed, message }: RingEnd): void {
    if (this.#rings.get(alarmId) !== ring) return;
    this.#rings.delete(alarmId);
    const entry = this.#calendar.find(alarmId);
    if (!entry) return;
    const { ring: view, ...item } = entry.item;
    const { ring: _kept, ...own } = entry.own;
    const notice =
      failed && view?.test !== true
        ? troubleWith(item, { what: 'failed', reason: message }, this.#parts)
        : undefined;
    this.#calendar.put(
      {
        ...item,
        last_message: message,
        ...(failed && { last_result: 'failed' }),
        ...(notice && { notice }),
      },
      own,
    );
    if (failed) this.#calendar.say(item, 'error', message);
  }
}
