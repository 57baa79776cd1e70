export { commandRunner, type CommandResult, type RunCommand } from './commands.js';
export { openDoor } from './open-door.js';
export {
  DEFAULT_LIMITS,
  type ArtworkFile,
  type MediaFile,
  type RunningServer,
  type ServerConfig,
  type ServerLimits,
  type ServerParts,
} from './parts.js';
export { startServer } from './start-server.js';
