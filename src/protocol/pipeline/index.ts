export * from './candidate.js';
export * from './download.js';
export * from './events.js';
export * from './upkeep.js';
export { MAX_UPLOAD_FILES } from './download-commands.js';
export { Verdict } from './import-commands.js';
