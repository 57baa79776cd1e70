export * from './backoff.js';
export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './log.js';
export * from './waiting.js';
export * from './wall.js';
