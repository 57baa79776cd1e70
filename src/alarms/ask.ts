import { AppError } from '../base/index.js';
import {
  type Caller,
  type CommandInput,
  type CommandReply,
  type CommandType,
  type WireError,
} from '../protocol/index.js';

/** As commands of everybody are run. */
export type RunCommand = (
  type: string,
  request: unknown,
  caller: Caller,
) => Promise<
  { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: WireError }
>;

/** Sends a command as somebody; rejects with what the answer says. */
export type Ask = <T extends CommandType>(type: T, request: CommandInput<T>) => Promise<CommandReply<T>>;

/** Who asks is named after what asks. */
export function asking(run: RunCommand, caller: Caller): Ask {
  return async <T extends CommandType>(type: T, request: CommandInput<T>): Promise<CommandReply<T>> => {
    const answer = await run(type, request, caller);
    if (answer.ok) return answer.data as CommandReply<T>;
    const { code, message, params, retryable } = answer.error;
    throw new AppError(code, message, { params, retryable });
  };
}
