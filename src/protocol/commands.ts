import * as z from 'zod';
import { backupCommands } from './backup-commands.js';
import { ClockUs } from './common.js';
import { alarmCommands } from './alarm-commands.js';
import { doctorCommands } from './doctor-commands.js';
import { inputCommands } from './input-commands.js';
import { jobCommands } from './job-commands.js';
import { libraryCommands, playerCommands } from './library-commands.js';
import { partyCommands } from './party-commands.js';
import { peopleCommands } from './people-commands.js';
import { satelliteCommands } from './satellite-commands.js';
import { downloadCommands } from './pipeline/download-commands.js';
import { importCommands } from './pipeline/import-commands.js';
import { upkeepCommands } from './pipeline/upkeep-commands.js';
import { queueCommands, roomCommands } from './room-commands.js';
import { settingsCommands } from './settings-commands.js';

/** The one table of commands: type -> request, reply, role, REST twin. Handlers `satisfies` it; SPEC, schema, OpenAPI and CLI come from it. */
export const COMMANDS = {
  ...roomCommands,
  ...queueCommands,
  ...playerCommands,
  ...libraryCommands,
  ...jobCommands,
  ...partyCommands,
  ...peopleCommands,
  ...satelliteCommands,
  ...downloadCommands,
  ...importCommands,
  ...upkeepCommands,
  ...backupCommands,
  ...settingsCommands,
  ...inputCommands,
  ...doctorCommands,
  ...alarmCommands,
};

export type CommandType = keyof typeof COMMANDS;
/** What a handler gets: defaults filled in. */
export type CommandRequest<T extends CommandType> = z.output<(typeof COMMANDS)[T]['request']>;
/** What a client sends: fields with defaults may be absent. */
export type CommandInput<T extends CommandType> = z.input<(typeof COMMANDS)[T]['request']>;
export type CommandReply<T extends CommandType> = z.output<(typeof COMMANDS)[T]['reply']>;

export const COMMAND_TYPES = Object.keys(COMMANDS) as CommandType[];
export function isCommandType(type: string): type is CommandType {
  return Object.hasOwn(COMMANDS, type);
}

/** Messages about the connection itself, answered by the hub. */
export const SESSION_COMMANDS = {
  auth: z.strictObject({ token: z.string().max(4096) }),
  /** Goes on with another token of the same person; without one the answer has a new access token. [AU5] */
  'auth:refresh': z.strictObject({ token: z.string().max(4096).optional() }),
  /** Who this client is across its connections: 16-64 characters that it made up by chance and tells nobody else. [RE1] */
  resume: z.strictObject({ client_id: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/) }),
  subscribe: z.strictObject({
    topics: z.array(z.string().min(1).max(140)).min(1).max(64),
    /** Where the client was: answered with the missed events, or with a snapshot and `resumed:false`. */
    resume: z
      .strictObject({ epoch: z.string().max(64), revisions: z.record(z.string().max(140), z.int().min(0)) })
      .optional(),
  }),
  unsubscribe: z.strictObject({ topics: z.array(z.string().min(1).max(140)).min(1).max(64) }),
  ping: z.strictObject({}),
  clock: z.strictObject({ t0_us: ClockUs }),
} as const;
export type SessionCommandType = keyof typeof SESSION_COMMANDS;
