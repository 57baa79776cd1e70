import { COMMANDS, COMMAND_TYPES, type CommandType, type Handlers } from '../protocol/index.js';
import type { AppError } from '../base/index.js';

/** What nobody was promised to find again, what makes room, and what takes rights away. Everything that only reads goes on anyway. */
const GO_ON: ReadonlySet<CommandType> = new Set<CommandType>([
  'room:play',
  'room:pause',
  'room:stop',
  'room:next',
  'room:previous',
  'room:seek',
  'room:volume',
  'room:mute',
  'room:repeat',
  'room:take-over',
  'room:announce',
  'room:listen',
  'player:volume',
  'player:mute',
  'player:output',
  'satellite:offer',
  'satellite:report',
  'alarm:test',
  'alarm:snooze',
  'alarm:stop',
  'alarm:dismiss',
  'sleep:set',
  'sleep:cancel',
  'job:cancel',
  'download:pause',
  'download:cancel',
  'download:remove',
  'export:cancel',
  'export:remove',
  'trash:remove',
  'backup:remove',
  'people:sign-out',
  'session:revoke',
  'token:revoke',
  'invitation:revoke',
]);

/** Commands that a disk which takes nothing cannot keep are refused before they have changed anything. [BK4] */
export function whileDiskTakes(handlers: Handlers, fault: () => AppError | undefined): Handlers {
  const gated: Record<string, unknown> = { ...handlers };
  for (const type of COMMAND_TYPES) {
    if (GO_ON.has(type) || COMMANDS[type].http.startsWith('GET ')) continue;
    const handler = handlers[type] as (...all: never[]) => unknown;
    gated[type] = (...all: never[]) => {
      const refused = fault();
      if (refused) throw refused;
      return handler(...all);
    };
  }
  return gated as unknown as Handlers;
}
