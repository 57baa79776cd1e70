import { AppError } from '../base/index.js';
import type { Caller, CommandInput, CommandType, ErrorCode, WireError } from '../protocol/index.js';

/** As commands of everybody are run, also while the disk takes nothing. */
export type RunCommand = (
  type: string,
  request: unknown,
  caller: Caller,
) => Promise<
  { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: WireError }
>;

/** Sends a command as somebody; rejects with what the answer says. */
export type Ask = <T extends CommandType>(type: T, request: CommandInput<T>) => Promise<void>;

const AWAY: readonly ErrorCode[] = ['ERR_PLAYER_OFFLINE', 'ERR_PLAYER_TIMEOUT'];

/** Nothing is wrong but that players are away. */
export function isAway(error: unknown): boolean {
  return error instanceof AppError && AWAY.includes(error.code);
}

/** Who asks is named after what asks. What was done and only could not be kept counts as done: a full disk keeps nobody asleep. */
export function asking(run: RunCommand, caller: Caller): Ask {
  return async <T extends CommandType>(type: T, request: CommandInput<T>): Promise<void> => {
    const answer = await run(type, request, caller);
    if (answer.ok || answer.error.code === 'ERR_DISK') return;
    const { code, message, params, retryable } = answer.error;
    throw new AppError(code, message, { params, retryable });
  };
}
