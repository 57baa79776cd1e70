import type { Asking, MpdCommands } from './asking.js';
import { artCommands } from './art-commands.js';
import { libraryCommands } from './library-commands.js';
import { playerCommands } from './player-commands.js';
import { playlistCommands } from './playlist-commands.js';
import { queueCommands } from './queue-commands.js';
import { sessionCommands } from './session-commands.js';
import { statusCommands } from './status-commands.js';

const may = (asking: Asking, name: string): boolean => {
  const access = COMMANDS[name]?.access;
  return access !== undefined && (access === 'anybody' || asking.may(access));
};

function names(asking: Asking, allowed: boolean): void {
  for (const name of Object.keys(COMMANDS).sort())
    if (may(asking, name) === allowed) asking.out.pair('command', name);
}

/** Every command of the MPD protocol that Tutti knows. */
export const COMMANDS: MpdCommands = {
  ...sessionCommands,
  ...statusCommands,
  ...playerCommands,
  ...queueCommands,
  ...libraryCommands,
  ...playlistCommands,
  ...artCommands,
  commands: { min: 0, max: 0, access: 'anybody', handle: (asking) => names(asking, true) },
  notcommands: { min: 0, max: 0, access: 'anybody', handle: (asking) => names(asking, false) },
};
