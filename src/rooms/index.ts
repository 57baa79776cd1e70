export type { RoomLibrary, RoomParts } from './parts.js';
export { LimitsOfRoles } from './levels-roles.js';
export * from './rooms.js';
export type { Wish, Wishes } from './wishes.js';
export type { Measurements } from './truth-measurements.js';
export { guarded, Parties } from './party/index.js';
