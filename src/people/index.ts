export type * from './door.js';
export type * from './entrance.js';
