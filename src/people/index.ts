export * from './desk.js';
export type * from './door.js';
export type * from './entrance.js';
export * from './open-people.js';
export { scryptPasswords, type Passwords } from './passwords.js';
