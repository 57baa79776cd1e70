export * from './clock-filter.js';
export * from './timeline.js';
