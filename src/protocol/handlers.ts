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

/** Where nobody signs in, all are one. */
export const HOUSEHOLD = 'household';

/** Whose hearts, exports and wishes these are. */
export function personOf({ subject_id, name }: Caller): {
  readonly user_id: string;
  readonly username: string;
} {
  return { user_id: subject_id ?? HOUSEHOLD, username: name ?? HOUSEHOLD };
}

/** Handlers for a part of the command table; they throw AppError. A part `satisfies Handlers<...>`, and the parts together cover the table. */
export type Handlers<T extends CommandType = CommandType> = {
  readonly [K in T]: (
    request: CommandRequest<K>,
    caller: Caller,
  ) => Promise<CommandReply<K>> | CommandReply<K>;
};
