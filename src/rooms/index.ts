export type { RoomLibrary, RoomParts } from './parts.js';
export * from './rooms.js';
export type { Measurements } from './truth-measurements.js';
