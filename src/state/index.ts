export type * from './changes.js';
export type { Draft } from './events.js';
export * from './feed.js';
export * from './model.js';
export * from './persistence.js';
export type { PlayerReport } from './player-report.js';
export * from './playhead.js';
export * from './store.js';
export * from './views.js';
