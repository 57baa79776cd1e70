export type * from './contract.js';
export * from './kept-list.js';
