export * from './claim.js';
export * from './db.js';
export * from './disk-watch.js';
export * from './folders.js';
export * from './migrate.js';
export * from './secrets.js';
export * from './settings.js';
export * from './socket-folder.js';
