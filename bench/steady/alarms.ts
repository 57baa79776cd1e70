import * as z from 'zod';
import { isCommandType } from '../../src/protocol/index.js';
import type { Row } from '../result.js';
import { row } from '../sync/stage.js';

const MINUTE_MS = 60_000;
/** An alarm for a minute that begins sooner may be set too late. */
const AHEAD_MS = 5000;
/** Whoever has not rung by then has missed it. */
const MISSED_MS = 60_000;

const Answer = z.looseObject({
  alarm: z.looseObject({ alarm_id: z.string() }),
});
const List = z.looseObject({
  clock_trusted: z.boolean(),
  utc_offset_minutes: z.number(),
  alarms: z.array(
    z.looseObject({
      alarm_id: z.string(),
      ring: z.looseObject({ state: z.string() }).optional(),
      last_result: z.string().optional(),
    }),
  ),
});
type List = z.infer<typeof List>;

/** One alarm after the other, each for the next full minute, in a room of its own: whether it rings, and how late. */
export class Alarms {
  /** Seconds after its minute at which each was seen to ring. */
  readonly late: number[] = [];
  set = 0;
  missed = 0;
  #clockTrusted = true;
  #due: { readonly id: string; readonly atMs: number } | undefined;

  constructor(
    readonly port: number,
    readonly room: string,
  ) {}

  /** Whether this build has alarms. */
  static get known(): boolean {
    return isCommandType('alarm:set');
  }

  get pending(): boolean {
    return this.#due !== undefined;
  }

  async setNext(): Promise<void> {
    if (!Alarms.known || this.pending) return;
    const { utc_offset_minutes, clock_trusted } = await this.#list();
    this.#clockTrusted = clock_trusted;
    const atMs = Math.ceil((Date.now() + AHEAD_MS) / MINUTE_MS) * MINUTE_MS;
    const time = new Date(atMs + utc_offset_minutes * MINUTE_MS).toISOString().slice(11, 16);
    const wanted = {
      room_id: this.room,
      name: 'Soak',
      time,
      days: [],
      source: { tone: true },
      stop_minutes: 1,
    };
    const { alarm } = Answer.parse(await this.#ask('POST', 'alarms', wanted));
    this.#due = { id: alarm.alarm_id, atMs };
    this.set += 1;
  }

  /** Stops the one that rings, and gives up the one that does not. */
  async look(): Promise<void> {
    if (!this.#due || Date.now() < this.#due.atMs) return;
    const { id, atMs } = this.#due;
    const alarm = (await this.#list()).alarms.find(({ alarm_id }) => alarm_id === id);
    const rings = alarm?.ring?.state === 'ringing' || alarm?.last_result === 'rang';
    if (!rings && Date.now() < atMs + MISSED_MS) return;
    if (rings) this.late.push((Date.now() - atMs) / 1000);
    else this.missed += 1;
    this.#due = undefined;
    if (alarm?.ring) await this.#ask('POST', `alarms/${id}/stop`, {});
    await this.#ask('DELETE', `alarms/${id}`);
  }

  rows(): Row[] {
    if (!Alarms.known) return [];
    return [
      row('alarms that were due', '', this.set),
      row('of them missed', '', this.missed, 0),
      row(
        'seen to ring after their minute began, most',
        's',
        this.late.length > 0 ? Math.max(...this.late) : undefined,
      ),
    ];
  }

  notes(): string[] {
    if (!Alarms.known) return ['This build has no alarms.'];
    return this.#clockTrusted
      ? []
      : ['The server does not believe the clock of this machine: nothing may ring.'];
  }

  async #list(): Promise<List> {
    return List.parse(await this.#ask('GET', 'alarms'));
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const origin = `http://127.0.0.1:${this.port}`;
    const answer = await fetch(`${origin}/api/v1/${path}`, {
      method,
      headers: { origin, connection: 'close', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} /${path}: ${text}`);
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  }
}
