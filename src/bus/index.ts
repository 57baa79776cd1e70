export { type Bus, type BusCounts, MAX_MESSAGE_BYTES } from './bus.js';
export { LocalBus } from './local-bus.js';
export { openBus, type BusParts } from './open-bus.js';
