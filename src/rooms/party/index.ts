export { takeTurns } from './fair-queue.js';
export { guarded } from './guard.js';
export { Parties, type PartyCommand } from './parties.js';
export type { People } from './people.js';
