export type { CommandResult, Picture, RunCommand } from './house.js';
export { openMpdDoor, type MpdDoor, type MpdDoorOptions, type MpdLimits } from './mpd-door.js';
