export * from './kept-id.js';
export * from './satellite.js';
export * from './token.js';
