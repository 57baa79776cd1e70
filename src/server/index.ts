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
