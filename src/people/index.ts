export type * from './door.js';
