export { openUrls } from './addresses.js';
export { checkedRunner, commandRunner, type CommandResult, type RunCommand } from './commands.js';
export { openDoor } from './open-door.js';
export { DEFAULT_LIMITS, type ServerLimits } from './limits.js';
export type {
  ArtworkFile,
  DownloadedFile,
  MediaFile,
  RunningServer,
  ServerConfig,
  ServerParts,
} from './parts.js';
export { Proxies } from './proxies.js';
export { withSatellites } from './satellite-door.js';
export { liveRules, SERVER_KEYS, serverConfig, serverLimits } from './settings.js';
export { startServer } from './start-server.js';
