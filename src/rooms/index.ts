export type { RoomLibrary, RoomParts } from './parts.js';
export * from './rooms.js';
