import { AppError, toError } from '../base/index.js';
import type { ErrorCode } from '../protocol/index.js';
import type { Occurrence } from './due.js';

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

export function lateBy(ms: number): string {
  return `${lasting(ms)} late: the server was off, or its clock was set`;
}

/** What did not ring, for people. */
export function leftOut(missed: readonly Occurrence[], nowMs: number): string {
  const last = missed.at(-1);
  const times = missed.length === 1 ? 'It did not ring' : `It did not ring ${missed.length} times`;
  return `${times}: the server was off, or its clock was set, and ${lasting(nowMs - (last?.at_ms ?? nowMs))} is too late`;
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
