export * from './clock-filter.js';
export * from './steady-clock.js';
export * from './steering.js';
export * from './timeline.js';
