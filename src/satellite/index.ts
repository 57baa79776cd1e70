export * from './satellite.js';
export * from './token.js';
