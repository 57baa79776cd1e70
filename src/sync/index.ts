export * from './clock-filter.js';
export * from './steering.js';
export * from './timeline.js';
