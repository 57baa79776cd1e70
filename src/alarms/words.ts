import { AppError, toError } from '../base/index.js';
import type { Alarm, ErrorCode } from '../protocol/index.js';
import { PUNCTUAL_MS, type Occurrence, type Verdict } from './due.js';

/** `12 minutes`, `3 hours`, `2 days`. */
function lasting(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const [count, unit] =
    minutes < 60
      ? [minutes, 'minute']
      : minutes < 48 * 60
        ? [Math.round(minutes / 60), 'hour']
        : [Math.round(minutes / 1440), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function lateBy(ms: number): string {
  return `${lasting(ms)} late: the server was off, or its clock was set`;
}

/** What did not ring, for people. */
export function leftOut(missed: readonly Occurrence[], nowMs: number): string {
  const times = missed.length === 1 ? 'It did not ring' : `It did not ring ${missed.length} times`;
  return `${times}: ${tooLate(missed, nowMs)}`;
}

/** Why it did not ring. */
export function tooLate(missed: readonly Occurrence[], nowMs: number): string {
  const last = missed.at(-1);
  return `the server was off, or its clock was set, and ${lasting(nowMs - (last?.at_ms ?? nowMs))} is too late`;
}

/** What came of an alarm that was due, for people. */
export function outcomeOf({
  rings,
  missed,
  looked_ms,
}: Omit<Verdict, 'skipped'>): Pick<Alarm, 'last_result' | 'last_message'> {
  const late = rings ? looked_ms - rings.at_ms : 0;
  if (late > PUNCTUAL_MS) return { last_result: 'made_up', last_message: lateBy(late) };
  if (rings) return { last_result: 'rang' };
  if (missed.length > 0) return { last_result: 'missed', last_message: leftOut(missed, looked_ms) };
  return { last_result: 'skipped', last_message: 'Left out, as somebody wanted' };
}

const GONE: readonly ErrorCode[] = [
  'ERR_NOT_FOUND',
  'ERR_TRACK_NOT_FOUND',
  'ERR_ALBUM_NOT_FOUND',
  'ERR_PLAYLIST_NOT_FOUND',
];

/** Why what was chosen is not heard, for who is woken by the tone instead. */
export function troubleOf(thrown: unknown): string {
  const error = toError(thrown);
  if (error instanceof AppError && GONE.includes(error.code))
    return 'what it should play is not in the library any more';
  return error.message;
}
