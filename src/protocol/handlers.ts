import type { CommandReply, CommandRequest, CommandType } from './commands.js';
import type { Role } from './command-spec.js';

/** Who sent a command. */
export interface Caller {
  readonly connection_id: string;
  readonly role: Role;
}

/** Handlers for a part of the command table; they throw AppError. A part `satisfies Handlers<...>`, and the parts together cover the table. */
export type Handlers<T extends CommandType = CommandType> = {
  readonly [K in T]: (
    request: CommandRequest<K>,
    caller: Caller,
  ) => Promise<CommandReply<K>> | CommandReply<K>;
};
