export * from './open-activity.js';
