import { AppError, type Logger } from '../base/index.js';
import type { Asked } from '../bus/index.js';
import {
  allows,
  COMMANDS,
  isCommandType,
  type Caller,
  type CommandSpec,
  type CommandType,
  type Handlers,
  type WireError,
} from '../protocol/index.js';
import { invalid, wireError } from './wire-errors.js';

export type CommandResult =
  { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly error: WireError };

/** Runs one command: known, allowed, well-formed, then its handler. Never throws. */
export type RunCommand = (
  type: string,
  request: unknown,
  caller: Caller,
  asked?: Asked,
) => Promise<CommandResult>;

/** The one way from a request on any transport to a handler. */
export function commandRunner(handlers: Handlers, log: Logger): RunCommand {
  return async (type, request, caller) => {
    try {
      return { ok: true, data: await dispatch(handlers, type, request, caller) };
    } catch (thrown) {
      return { ok: false, error: wireError(thrown, log, type.slice(0, 64)) };
    }
  };
}

/** For handlers in another process, which checks again: what would be refused there does not go there. */
export function checkedRunner(run: RunCommand, log: Logger): RunCommand {
  return async (type, request, caller, asked) => {
    try {
      checked(type, request, caller);
    } catch (thrown) {
      return { ok: false, error: wireError(thrown, log, type.slice(0, 64)) };
    }
    return run(type, request, caller, asked);
  };
}

function dispatch(handlers: Handlers, type: string, request: unknown, caller: Caller): unknown {
  const command = checked(type, request, caller);
  const handler: (request: never, caller: Caller) => unknown = handlers[command.type];
  return handler(command.request as never, caller);
}

function checked(
  type: string,
  request: unknown,
  caller: Caller,
): { readonly type: CommandType; readonly request: unknown } {
  if (!isCommandType(type)) throw new AppError('ERR_UNKNOWN_COMMAND', 'No command has this type');
  const spec: CommandSpec = COMMANDS[type];
  if (!allows(spec.access, caller, roomOf(request)))
    throw new AppError('ERR_NOT_ALLOWED', 'You may not do this', { params: { access: spec.access } });
  const parsed = spec.request.safeParse(request);
  if (!parsed.success) throw invalid(parsed.error);
  return { type, request: parsed.data };
}

/** The room a request is about. Looked at before the request is checked: who may not ask learns nothing of what is wrong with it. */
function roomOf(request: unknown): string | undefined {
  if (typeof request !== 'object' || request === null || !Object.hasOwn(request, 'room_id')) return undefined;
  const { room_id } = request as { room_id: unknown };
  return typeof room_id === 'string' ? room_id : undefined;
}
