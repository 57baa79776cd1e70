import type { CommandReply, CommandRequest, CommandType } from './commands.js';
import type { Permission } from './access.js';

/** Who sent a command. */
export interface Caller extends Permission {
  readonly connection_id: string;
  /** The user, token or guest; absent while auth is open. */
  readonly subject_id?: string | undefined;
  /** The session, API token or guest pass that is used. */
  readonly session_id?: string | undefined;
  /** What people call them. */
  readonly name?: string | undefined;
}

/** Handlers for a part of the command table; they throw AppError. A part `satisfies Handlers<...>`, and the parts together cover the table. */
export type Handlers<T extends CommandType = CommandType> = {
  readonly [K in T]: (
    request: CommandRequest<K>,
    caller: Caller,
  ) => Promise<CommandReply<K>> | CommandReply<K>;
};
