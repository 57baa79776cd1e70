export type { CommandResult, RunCommand } from './deeds.js';
export { wordBytesOf } from './event-stream.js';
export type { GpioSettings } from './gpio.js';
export type { InputCommand } from './inputs.js';
export { openHardware, type Hardware, type HardwareParts } from './open-hardware.js';
export type { InputPlaces } from './plugs.js';
