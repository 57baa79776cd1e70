export { busAddress } from './address.js';
export { MAX_MESSAGE_BYTES, type Bus, type BusCounts } from './bus.js';
export { Gateway } from './gateway.js';
export { House, type HouseParts } from './house.js';
export type { HouseLineParts as GatewayParts } from './house-line.js';
export { LocalBus } from './local-bus.js';
export type { BusMeasurements } from './measurements.js';
export { Recall, type Asked, type BusResult, type BusRun } from './recall.js';
export { openBus, type BusParts } from './open-bus.js';
